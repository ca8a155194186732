"""What holds of every kind that is declared, on a small seeded shop with two campaigns.

The frames hold what the declared kinds name: the label, the feature of the simple rule and the
target. A new kind of boosted trees or of clusters needs nothing here.
"""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb

from models.judging.candidates import FEATURES, LABELS, Candidate, judge, rows_of, trained
from models.judging.probabilities import Probabilities
from models.kind import PROBABILITY, Kind, Tables
from models.kinds import declared, kind_of
from models.learning.boosted_trees import BoostedTrees, TreesModel
from models.learning.clusters import RFM, Clusters, ClusterSettings
from models.learning.inputs import KEY, OUTCOME, VALUE, MissingFeatureError, keys_of
from models.learning.learner import LabelWindow, Setup, TrainedModel
from models.learning.reasons import REASONS
from models.learning.windows import wanted_as_ofs
from models.registry.store import read_model, write_model
from tests.models.fixed import AS_OF, QUICK

CUSTOMERS, CAMPAIGNS = 60, ("8", "13")
TINY = replace(QUICK, rounds_max=10, ensemble=1)
KINDS = declared()


def cheap(kind: Kind) -> Kind:
    """The kind with a learner that is quick, whatever its limits say of it."""
    if isinstance(kind.learner, BoostedTrees):
        return replace(kind, learner=replace(kind.learner, settings=TINY))
    assert isinstance(kind.learner, Clusters), "a new learner needs quick settings here"
    return replace(kind, learner=Clusters(ClusterSettings(k_max=3, restarts=1)))


def setup_for(kind: Kind) -> Setup:
    """As a run says it of the label, whose name tells its days."""
    if not kind.label:
        return Setup()
    days = int(kind.label.rpartition("_")[2].removesuffix("d"))
    label = LabelWindow(kind.label, days, "known_until")
    return Setup(label, windows=2, window_days=28, rows_min=CUSTOMERS)


def tables_for(kind: Kind) -> Tables:
    """Features, labels and population of every date that the kind wants; an outcome follows the
    days since the last order.
    """
    setup = setup_for(kind)
    windows = [
        _window(day, seed) for seed, day in enumerate(wanted_as_ofs(AS_OF, kind.windows, setup))
    ]
    rows = pd.concat(windows, ignore_index=True)
    measured = kind.measured_by
    if isinstance(measured, Probabilities) and measured.column not in rows.columns:
        rows[measured.column] = rows["order_count"] % 7
    keys = rows[["customer_id", "as_of"]]
    labels = keys
    if kind.label:
        values: Any = rows["is_lost"]
        if kind.population.target:
            values = [[*CAMPAIGNS] if lost else [] for lost in values]
        labels = keys.assign(**{kind.label: values, "known_until": AS_OF})
    tables = {FEATURES: rows.drop(columns="is_lost"), LABELS: labels}
    if kind.population.table != FEATURES:
        asked = [keys.assign(**{kind.population.target: one}) for one in CAMPAIGNS]
        tables[kind.population.table] = pd.concat(asked, ignore_index=True)
    return tables


def _window(as_of: date, seed: int) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    orders, days = generator.integers(1, 30, CUSTOMERS), generator.integers(1, 60, CUSTOMERS)
    return pd.DataFrame(
        {
            "customer_id": [f"{number:03d}" for number in range(CUSTOMERS)],
            "as_of": as_of,
            "days_since_last_order": days,
            "order_count": orders,
            "amount_sum": orders * 20.0 + days,
            "demographic_income": generator.choice(["low", "high"], CUSTOMERS),
            "is_lost": generator.random(CUSTOMERS) < days / 60,
        }
    )


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return cheap(KINDS[request.param])


@pytest.fixture(scope="module")
def tables(kind: Kind) -> Tables:
    return tables_for(kind)


@pytest.fixture(scope="module")
def candidate(kind: Kind, tables: Tables) -> Candidate:
    return trained(kind, tables, AS_OF, setup_for(kind))


@pytest.fixture(scope="module")
def model(candidate: Candidate) -> TrainedModel:
    assert candidate.model is not None, candidate.reason
    return candidate.model


def test_it_is_found_by_its_name(kind: Kind) -> None:
    assert kind_of(kind.name).name == kind.name == kind.module.removeprefix("models.kinds.")
    assert kind.meaning.endswith(".")
    assert all(kind.learner.direction) is (kind.columns == PROBABILITY)


def test_it_scores_every_row_it_is_asked_about(
    kind: Kind, candidate: Candidate, model: TrainedModel
) -> None:
    scored = model.predict(candidate.rows)
    columns = [part.split()[0] for part in kind.columns.split(",")]
    assert list(scored.columns) == [*keys_of(candidate.rows), *columns]
    assert len(scored) == CUSTOMERS * (len(CAMPAIGNS) if kind.population.target else 1)
    assert scored.notna().all(axis=None)
    assert model.kind == kind.name
    pd.testing.assert_frame_equal(model.predict(candidate.rows.iloc[[5]]), scored.iloc[[5]])


def test_it_learns_of_no_day_that_it_is_judged_on(
    kind: Kind, candidate: Candidate, model: TrainedModel
) -> None:
    assert model.seen_until <= candidate.holdout
    assert candidate.train_as_ofs == model.train_as_ofs
    assert (candidate.holdout < AS_OF) is bool(kind.label)


def test_it_comes_back_from_files_and_pickle(
    candidate: Candidate, model: TrainedModel, tmp_path: Any
) -> None:
    scored = model.predict(candidate.rows)
    for copy in (read_model(write_model(model, tmp_path)), pickle.loads(pickle.dumps(model))):
        assert copy == model
        pd.testing.assert_frame_equal(copy.predict(candidate.rows), scored)


def test_permuted_rows_give_the_same_identity_and_scores(
    kind: Kind, tables: Tables, candidate: Candidate, model: TrainedModel
) -> None:
    shuffled = {name: frame.sample(frac=1, random_state=7) for name, frame in tables.items()}
    again = trained(kind, shuffled, AS_OF, setup_for(kind))
    assert again.model is not None
    assert again.model.identity == model.identity
    pd.testing.assert_frame_equal(
        again.model.predict(again.rows), model.predict(candidate.rows), check_exact=True
    )


def test_a_missing_feature_is_refused_by_its_name(
    candidate: Candidate, model: TrainedModel
) -> None:
    for name in (*KEY, *model.features.names):
        with pytest.raises(MissingFeatureError, match=f"the frame has no column {name}"):
            model.predict(candidate.rows.drop(columns=name))


def test_one_outcome_only_is_a_reason_and_no_error(kind: Kind, tables: Tables) -> None:
    if kind.label:
        one: Any = [[]] * len(tables[LABELS]) if kind.population.target else True
        same = {**tables, LABELS: tables[LABELS].assign(**{kind.label: one})}
    else:  # all alike: no groups
        alike = tables[FEATURES].assign(**dict.fromkeys(RFM, 1))
        same = {**tables, FEATURES: alike}
    candidate = trained(kind, same, AS_OF, setup_for(kind))
    assert candidate.model is None
    assert candidate.reason.startswith("not enough history")
    assert not judge(kind, candidate).passed


def test_no_history_is_a_reason_and_no_error(kind: Kind, tables: Tables) -> None:
    for none in (
        trained(kind, tables, AS_OF - timedelta(days=3650), setup_for(kind)),
        trained(
            kind, {name: frame.head(0) for name, frame in tables.items()}, AS_OF, setup_for(kind)
        ),
    ):
        assert none.model is None
        assert none.reason.startswith("not enough history")
        assert none.reason.endswith(".")


def test_scores_without_reasons_compute_none(
    candidate: Candidate, model: TrainedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict = xgb.Booster.predict

    def spied(*given: Any, **options: Any) -> Any:
        assert not options.get("pred_contribs"), "SHAP values were computed, and nobody asked"
        return predict(*given, **options)

    monkeypatch.setattr(xgb.Booster, "predict", spied)
    model.predict(candidate.rows)
    if isinstance(model, TreesModel):
        with pytest.raises(AssertionError, match="SHAP"):
            model.predict(candidate.rows, reasons=True)


def test_reasons_are_told_in_the_words_of_the_kind(
    kind: Kind, candidate: Candidate, model: TrainedModel
) -> None:
    plain = model.predict(candidate.rows)
    words = {"days_since_last_order": ("recency", "came {value} ago", "days", "never came")}
    spoken = model.with_words(words, kind.learner.direction).predict(candidate.rows, reasons=True)
    if kind.columns != PROBABILITY:
        pd.testing.assert_frame_equal(spoken, plain)
        return
    assert np.allclose(spoken[VALUE], plain[VALUE], rtol=0, atol=1e-6)
    sentences = spoken[list(REASONS)].stack()
    up, down = kind.learner.direction
    assert sentences.str.endswith((f"({up})", f"({down})")).all()
    assert sentences.str.match(r"came \d+ days? ago \(").any()


def test_limits_and_goals_name_metrics_that_are_measured(
    kind: Kind, tables: Tables, candidate: Candidate, model: TrainedModel
) -> None:
    metrics = kind.measured_by.metrics(model, candidate.rows)
    for limit in kind.limits:
        assert limit.rule == "unseen" or limit.metric in metrics
        assert not limit.baseline or f"{limit.baseline}_{limit.metric}" in metrics
    evaluated = kind.measured_by.evaluated(model, candidate.rows)
    assert {goal.metric for goal in kind.goals} <= {*evaluated}
    assert {*kind.measured_by.shown} <= {"as_of", *evaluated}
    assert len(judge(kind, candidate).findings) == len(kind.limits)
    rows = rows_of(kind, tables, setup_for(kind).label)
    assert (OUTCOME in rows.columns) is bool(kind.label)


def test_it_is_judged_beside_its_champion_and_on_days_that_it_has_not_learned(kind: Kind) -> None:
    rules = [limit.rule for limit in kind.limits]
    assert "as_champion" in rules
    assert ("unseen" in rules) is bool(kind.label)
