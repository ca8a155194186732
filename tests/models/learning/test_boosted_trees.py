from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from models.judging.candidates import rows_of
from models.judging.measures import auc
from models.kind import Tables
from models.learning import boosted_trees
from models.learning.boosted_trees import TreesModel
from models.learning.inputs import MissingFeatureError
from models.registry.store import from_files
from tests.models.fixed import CHURN, LABEL, QUICK

WORDS = {"days_since_last_order": ("recency", "last order {value} ago", "days", "no order yet")}


@pytest.fixture(scope="module")
def rows(shop: Tables) -> pd.DataFrame:
    return rows_of(CHURN, shop, LABEL)


@pytest.fixture(scope="module")
def model(rows: pd.DataFrame) -> TreesModel:
    return fit(*_windows(rows)).with_words(WORDS, ("raises risk", "lowers risk"))


def fit(train: pd.DataFrame, early: pd.DataFrame) -> TreesModel:
    return boosted_trees.fit(train, early, QUICK, "churn", 28)


def _windows(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Older windows (10-06, 09-08) and the early-stopping one (11-03); 12-01 is held out."""
    early = date(2017, 11, 3)
    return rows[rows["as_of"] < early], rows[rows["as_of"] == early]


def _held(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["as_of"] == date(2017, 12, 1)]


def test_rounds_do_not_depend_on_windows_that_reach_into_the_early_one(rows: pd.DataFrame) -> None:
    train, early = _windows(rows)
    # the early rows themselves, two weeks before
    between = early.assign(as_of=date(2017, 10, 20), customer_id="x" + early["customer_id"])
    alone, both = (
        fit(train, early),
        fit(pd.concat([train, between]), early),
    )
    assert both.rounds == alone.rounds
    assert both.train_as_ofs == (
        date(2017, 9, 8),
        date(2017, 10, 6),
        date(2017, 10, 20),
        date(2017, 11, 3),
    ), "it learns from all in the end"
    with pytest.raises(ValueError, match="those of `train` 28 days before those of `early`"):
        fit(between, early)


def test_a_model_has_seen_the_days_until_its_newest_label_ends(model: TreesModel) -> None:
    assert model.train_as_ofs[-1] == date(2017, 11, 3)
    assert model.seen_until == date(2017, 12, 1)
    assert replace(model, label_days=91).seen_until == date(2018, 2, 2)


def test_it_ranks_unseen_rows(model: TreesModel, rows: pd.DataFrame) -> None:
    held = _held(rows)
    assert auc(held["outcome"].to_numpy(), model.predict(held)["value"].to_numpy()) > 0.85


def test_shap_values_add_up_to_the_probability(model: TreesModel, rows: pd.DataFrame) -> None:
    held = _held(rows).head(4)
    log_odds = model.explain(held).drop(columns=["customer_id", "as_of"]).sum(axis=1)
    assert np.allclose(1 / (1 + np.exp(-log_odds)), model.predict(held)["value"])


def test_reasons_speak_in_registered_words_and_only_on_demand(
    model: TreesModel, rows: pd.DataFrame
) -> None:
    plain, scored = model.predict(_held(rows)), model.predict(_held(rows), reasons=True)
    assert list(plain.columns) == ["customer_id", "as_of", "value"]
    assert list(scored.columns) == [*plain.columns, "reason_1", "reason_2", "reason_3"]
    assert np.allclose(scored["value"], plain["value"], rtol=0, atol=1e-6)
    sentences = scored[["reason_1", "reason_2", "reason_3"]].stack()
    assert sentences.str.match(r"last order (1 day|\d+ days) ago \((raises|lowers) risk\)").any()


def test_rows_of_targets_keep_them(rows: pd.DataFrame) -> None:
    two = [frame.assign(target=frame["order_count"].mod(2).astype(str)) for frame in _windows(rows)]
    model, held = fit(*two), _held(rows).assign(target="1")
    assert "target" not in model.features.names
    scored = model.predict(held, reasons=True)
    assert list(scored.columns)[:4] == ["customer_id", "as_of", "target", "value"]
    assert model.explain(held)["target"].tolist() == ["1"] * 120
    assert model.identity != fit(*_windows(rows)).identity


def test_shuffled_rows_make_the_same_model(model: TreesModel, rows: pd.DataFrame) -> None:
    train, early = (frame.sample(frac=1, random_state=1) for frame in _windows(rows))
    again = fit(train, early)
    assert again.identity == model.identity
    assert again.boosters == model.boosters


def test_another_parameter_is_another_identity(model: TreesModel, rows: pd.DataFrame) -> None:
    small = replace(QUICK, rounds_max=3, ensemble=1)
    train, early = _windows(rows)
    others = (
        boosted_trees.fit(train, early, small, "churn", 28),
        boosted_trees.fit(train, early, replace(small, seed=1), "churn", 28),
        boosted_trees.fit(train, early, small, "churn", 27),
    )
    assert len({model.identity, *(other.identity for other in others)}) == 4


def test_other_words_are_the_same_model(model: TreesModel) -> None:
    words = {"order_count": ("frequency", "{value}", "orders", "no order")}
    spoken = model.with_words(words, ("up", "down"))
    assert (spoken.words, spoken.direction) == (words, ("up", "down"))
    assert (spoken.boosters, spoken.identity) == (model.boosters, model.identity)


def test_it_survives_files_and_pickle(model: TreesModel, rows: pd.DataFrame) -> None:
    held = _held(rows).head(3)
    for copy in (from_files(model.to_files()), pickle.loads(pickle.dumps(model))):
        assert copy == model
        pd.testing.assert_frame_equal(copy.predict(held), model.predict(held))


def test_one_row_scores_as_it_does_among_others(model: TreesModel, rows: pd.DataFrame) -> None:
    # Spark cuts frames into batches: a batch must not change a score.
    whole = model.predict(_held(rows))
    pd.testing.assert_frame_equal(model.predict(_held(rows).iloc[[5]]), whole.iloc[[5]])


def test_a_missing_feature_is_a_clear_error(model: TreesModel, rows: pd.DataFrame) -> None:
    with pytest.raises(
        MissingFeatureError, match="no column order_count; the model was trained with it"
    ):
        model.predict(_held(rows).drop(columns="order_count"))


def test_an_empty_frame_scores_to_no_rows(model: TreesModel, rows: pd.DataFrame) -> None:
    assert model.predict(rows.head(0)).empty


def test_a_text_without_any_value_is_learned_and_scored_like_any_other(rows: pd.DataFrame) -> None:
    # The month of the training had no value; when one comes, it is a word that the model never met.
    silent = rows.assign(city=pd.Series(None, index=rows.index, dtype="string"))
    model = fit(*_windows(silent))
    assert model.features.categories["city"] == ()
    held = _held(silent).head(3)
    pd.testing.assert_frame_equal(
        model.predict(held.assign(city="Ulm")), model.predict(held.assign(city=None))
    )


def test_importance_is_largest_first(model: TreesModel) -> None:
    importance = model.importance()
    # churn follows recency and orders; the amount is twenty times the orders, so it may stand for
    # them
    assert set(importance.index[:2]) <= {"days_since_last_order", "order_count", "amount_sum"}
    assert importance.is_monotonic_decreasing
    assert set(importance.index) == set(model.features.names)


def test_training_refuses_one_outcome_and_no_rows(rows: pd.DataFrame) -> None:
    train, early = _windows(rows)
    with pytest.raises(ValueError, match="needs both outcomes"):
        fit(train.assign(outcome=False), early)
    with pytest.raises(ValueError, match="`early` for the churn model is empty"):
        fit(train, early.head(0))
