from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pyarrow as pa
import pytest

from models.judging.candidates import FEATURES, LABELS, Candidate, judge, rows_of, trained
from models.kind import Kind, Population, Tables
from models.kinds import churn
from models.learning import boosted_trees, clusters
from models.learning.boosted_trees import TreeSettings, TreesModel
from models.learning.clusters import ClusterModel, ClusterSettings, cluster_metrics
from models.learning.inputs import MissingFeatureError, typed_frame
from tests.models.fixed import (
    CHURN,
    LABEL,
    OF_CHURN,
    OF_SEGMENTS,
    QUICK,
    SEGMENTS,
    of_clusters,
    of_trees,
    tables_of,
    with_labels,
    with_limits,
)


def test_the_judged_model_never_saw_the_holdout(candidate: Candidate, as_of: date) -> None:
    model = candidate.model
    assert model is not None
    assert candidate.holdout == as_of - timedelta(days=28)
    assert set(candidate.rows["as_of"]) == {candidate.holdout}
    assert model.seen_until <= candidate.holdout
    assert candidate.train_as_ofs == (date(2017, 9, 8), date(2017, 10, 6), date(2017, 11, 3))


def test_a_candidate_says_what_it_was_made_of(candidate: Candidate, as_of: date) -> None:
    model = candidate.model
    assert isinstance(model, TreesModel)
    assert (candidate.kind, candidate.as_of, candidate.reason, candidate.train_as_ofs) == (
        "churn",
        as_of,
        "",
        model.train_as_ofs,
    )
    assert candidate.parameters == {
        **QUICK.learning,
        "rounds": model.rounds,
        "ensemble": 2,
        "seed": 0,
    }
    assert candidate.metrics == CHURN.measured_by.metrics(model, candidate.rows)
    assert len(candidate.rows) == 120


def test_the_newest_window_stops_the_rounds_and_the_older_ones_teach(
    shop: Tables, as_of: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    fit = boosted_trees.fit

    def spied(
        train: pd.DataFrame, early: pd.DataFrame, settings: TreeSettings, kind: str, label_days: int
    ) -> TreesModel:
        seen.extend([set(train["as_of"]), set(early["as_of"]), settings, kind, label_days])
        return fit(train, early, settings, kind, label_days)

    monkeypatch.setattr(boosted_trees, "fit", spied)
    words = {"order_count": ("orders", "{value}", "orders", "no order")}
    model = trained(CHURN, shop, as_of, replace(OF_CHURN, words=words, seed=5, threads=2)).model
    assert seen == [
        {date(2017, 9, 8), date(2017, 10, 6)},
        {date(2017, 11, 3)},
        replace(QUICK, seed=5, threads=2),
        "churn",
        28,
    ]
    assert isinstance(model, TreesModel)
    assert (model.words, model.direction) == (words, ("raises risk", "lowers risk"))


def test_two_windows_before_the_holdout_are_enough_and_one_is_not(
    shop: Tables, as_of: date
) -> None:
    labels = shop[LABELS]
    two, one = (
        with_labels(shop, labels[labels["as_of"] > day])
        for day in (date(2017, 9, 8), date(2017, 10, 6))
    )
    assert trained(CHURN, two, as_of, OF_CHURN).train_as_ofs == (
        date(2017, 10, 6),
        date(2017, 11, 3),
    )
    candidate = trained(CHURN, one, as_of, OF_CHURN)
    assert (
        candidate.kind,
        candidate.as_of,
        candidate.holdout,
        candidate.model,
        candidate.train_as_ofs,
    ) == (
        "churn",
        as_of,
        date(2017, 12, 1),
        None,
        (),
    )
    assert len(candidate.rows) == 120, "the rows of the holdout, which the gate may still look at"
    assert candidate.reason == (
        "not enough history: a churn model needs the window as of 2017-12-01 and two of the 6"
        " before it that lie 28 days or more apart, each with at least 100 labelled rows of both"
        " outcomes; not usable: 2017-10-06 (0 labelled rows), 2017-09-08 (0 labelled rows),"
        " 2017-08-11 (0 labelled rows), 2017-07-14 (0 labelled rows), 2017-06-16 (0 labelled"
        " rows). Train again when more days are there."
    )


def test_no_model_without_a_usable_holdout(shop: Tables, as_of: date) -> None:
    labels = shop[LABELS]
    held = labels["as_of"] == date(2017, 12, 1)
    one_outcome = labels.assign(is_churned_28d=labels[LABEL.name] & ~held)
    candidate = trained(CHURN, with_labels(shop, one_outcome), as_of, OF_CHURN)
    assert candidate.model is None
    assert "not usable: 2017-12-01 (120 labelled rows), 2017-08-11 (0" in candidate.reason


def test_a_window_is_usable_from_a_hundred_labelled_rows_on(shop: Tables, as_of: date) -> None:
    # Every window loses labels at the end of its rows; both outcomes stay.
    hundred, fewer = (
        with_labels(shop, shop[LABELS].groupby("as_of").head(count)) for count in (100, 99)
    )
    assert trained(CHURN, hundred, as_of, OF_CHURN).model is not None
    assert trained(CHURN, fewer, as_of, OF_CHURN).model is None
    assert trained(CHURN, fewer, as_of, replace(OF_CHURN, rows_min=99)).model is not None
    assert trained(CHURN, shop, as_of, replace(OF_CHURN, rows_min=120)).model is not None
    assert "(120 labelled rows)" in (
        trained(CHURN, shop, as_of, replace(OF_CHURN, rows_min=121)).reason
    )


def test_labels_of_the_holdout_do_not_change_the_model(
    candidate: Candidate, shop: Tables, as_of: date
) -> None:
    labels = shop[LABELS]
    flipped = labels.assign(
        is_churned_28d=labels[LABEL.name] ^ (labels["as_of"] == candidate.holdout)
    )
    again = trained(CHURN, with_labels(shop, flipped), as_of, OF_CHURN)
    assert again.model == candidate.model
    assert again.metrics["auc"] == pytest.approx(1 - candidate.metrics["auc"])


# only one window is left before the holdout; nothing at all
@pytest.mark.parametrize("days", [28 * 3, 28 * 12])
def test_too_little_history_is_a_result_not_an_exception(
    shop: Tables, as_of: date, days: int
) -> None:
    candidate = trained(CHURN, shop, as_of - timedelta(days=days), OF_CHURN)
    assert candidate.model is None
    assert candidate.reason.startswith("not enough history: a churn model needs the window as of")
    assert not judge(CHURN, candidate).passed


def test_windows_with_one_outcome_are_left_out(shop: Tables, as_of: date) -> None:
    labels = shop[LABELS]
    one_outcome = labels.assign(
        is_churned_28d=labels[LABEL.name] & (labels["as_of"] != date(2017, 10, 6))
    )
    candidate = trained(CHURN, with_labels(shop, one_outcome), as_of, OF_CHURN)
    assert candidate.train_as_ofs == (date(2017, 9, 8), date(2017, 11, 3))


def test_the_window_that_is_not_over_is_said_to_be_too_young(
    candidate: Candidate, shop: Tables, as_of: date
) -> None:
    labels = shop[LABELS]
    young = labels["as_of"] == date(2017, 12, 1)
    nulled = labels.assign(
        is_churned_28d=labels[LABEL.name].astype(object).mask(young, None),
        known_until=date(2017, 12, 28),
    )
    untrained = trained(CHURN, with_labels(shop, nulled), as_of, OF_CHURN)
    assert untrained.model is None
    assert untrained.reason.endswith(
        ". Too young for a label of 28 days: 2017-12-01 (needs deliveries until 2017-12-29, known"
        " until 2017-12-28); run the stages features and labels again when they have arrived."
    )
    # a null label of another date leaves the model as it is: the same rows, the same identity
    later = pd.concat([labels, labels.head(3).assign(as_of=date(2018, 1, 1), is_churned_28d=None)])
    again = trained(CHURN, with_labels(shop, later), as_of, OF_CHURN)
    assert again.model == candidate.model


def test_windows_closer_than_a_label_are_no_history(shop: Tables, as_of: date) -> None:
    candidate = trained(CHURN, shop, as_of, replace(OF_CHURN, windows=3, window_days=7))
    assert candidate.model is None
    assert "that lie 28 days or more apart" in candidate.reason


def test_a_candidate_that_has_learned_from_the_days_it_is_judged_on_is_refused(
    candidate: Candidate,
) -> None:
    # 11-10 + 28 days is 12-08: a week of the labels of 12-01 was learned
    model = candidate.model
    assert isinstance(model, TreesModel)
    leaking = replace(candidate, model=replace(model, train_as_ofs=(date(2017, 11, 10),)))
    verdict = judge(CHURN, leaking)
    assert not verdict.passed
    assert verdict.sentences[0] == (
        "failed: the training labels go on until 2017-12-08, exclusive, and the labels it is judged"
        " on begin on 2017-12-01: it has learned from days that it is judged on. Train on windows"
        " whose labels end by 2017-12-01"
    )
    assert (
        judge(CHURN, candidate)
        .sentences[0]
        .startswith("passed: the training labels end before 2017-12-01")
    )


def test_a_first_good_candidate_passes(candidate: Candidate) -> None:
    assert judge(CHURN, candidate).passed


def test_a_candidate_as_good_as_recency_fails(candidate: Candidate) -> None:
    verdict = judge(with_limits(CHURN, above_baseline_auc=0.5), candidate)
    assert not verdict.passed
    assert any(
        line.startswith("failed: AUC is") and "recency alone" in line for line in verdict.sentences
    )


def test_a_champion_that_is_better_on_the_same_rows_stays(
    candidate: Candidate, shop: Tables, as_of: date
) -> None:
    # The challenger takes one step and is worse than the champion.
    hasty = TreeSettings(
        rounds_max=1, patience=1, ensemble=1, learning={"max_depth": 1, "eta": 0.3}
    )
    weak = trained(of_trees(churn.KIND, hasty), shop, as_of, OF_CHURN)
    assert weak.metrics["auc"] < candidate.metrics["auc"] - 0.005
    verdict = judge(CHURN, weak, candidate.model)
    assert "the champion's" in verdict.sentences[-1]
    assert verdict.sentences[-1].startswith("failed")


def test_a_champion_that_has_seen_the_rows_is_not_replaced(candidate: Candidate) -> None:
    model = candidate.model
    assert isinstance(model, TreesModel)
    newer = replace(model, train_as_ofs=(candidate.holdout,), identity="newer")
    verdict = judge(CHURN, candidate, newer)
    assert not verdict.passed
    assert "the champion has learned from days up to 2017-12-29" in verdict.sentences[-1]


def test_a_champion_that_cannot_read_the_rows_does_not_stand_in_the_way(
    candidate: Candidate,
) -> None:
    model = candidate.model
    assert isinstance(model, TreesModel)
    stale = replace(model, features=replace(model.features, numeric=("gone",)), identity="stale")
    verdict = judge(CHURN, candidate, stale)
    assert verdict.passed
    assert "the champion cannot read these rows" in verdict.sentences[-1]


@pytest.mark.parametrize(
    ("table", "column"), [(LABELS, LABEL.name), (FEATURES, "days_since_last_order")]
)
def test_a_missing_label_and_a_missing_feature_of_the_simple_rule_are_named(
    shop: Tables, as_of: date, table: str, column: str
) -> None:
    without = {**shop, table: shop[table].drop(columns=column)}
    with pytest.raises(MissingFeatureError, match=column):
        trained(CHURN, without, as_of, OF_CHURN)


def test_segments_are_found_and_judged(shop: Tables) -> None:
    day, late = date(2017, 12, 1), date(2017, 12, 29)
    candidate = trained(SEGMENTS, shop, day, OF_SEGMENTS)
    assert candidate.model is not None
    assert judge(SEGMENTS, candidate).passed
    assert judge(SEGMENTS, candidate, candidate.model).passed
    assert not judge(with_limits(SEGMENTS, at_least_silhouette=0.99), candidate).passed
    moved = {**shop, FEATURES: shop[FEATURES].assign(as_of=late).head(120)}
    newer = trained(SEGMENTS, moved, late, OF_SEGMENTS)
    assert (
        "an older model does not replace a newer one"
        in judge(SEGMENTS, candidate, newer.model).sentences[-1]
    )


def test_a_candidate_of_segments_says_what_was_tried(shop: Tables) -> None:
    day, settings = date(2017, 12, 1), ClusterSettings(k_max=4, seed=3, currency="EUR")
    kind = of_clusters(SEGMENTS, replace(settings, currency="GBP"))
    candidate = trained(kind, shop, day, replace(OF_SEGMENTS, currency="EUR"))
    assert isinstance(candidate.model, ClusterModel)
    assert (
        candidate.kind,
        candidate.as_of,
        candidate.holdout,
        candidate.reason,
        candidate.train_as_ofs,
    ) == (
        "segments",
        day,
        day,
        "",
        (day,),
    )
    assert set(candidate.rows["as_of"]) == {day}
    assert candidate.parameters == {
        "k": len(candidate.model.names),
        "seed": 3,
        "names": " | ".join(candidate.model.names),
    }
    model, trials = clusters.fit(candidate.rows, settings, "segments")
    assert (candidate.model.identity, candidate.model.names) == (model.identity, model.names)
    assert candidate.metrics == {
        **cluster_metrics(model, candidate.rows),
        **{f"silhouette_k{trial.k}": trial.silhouette for trial in trials},
    }
    assert {"silhouette_k3", "silhouette_k4"} <= {*candidate.metrics}


def test_segments_without_customers_are_a_result(shop: Tables) -> None:
    day = date(2016, 1, 1)
    candidate = trained(SEGMENTS, shop, day, OF_SEGMENTS)
    assert (candidate.kind, candidate.as_of, candidate.holdout, candidate.model) == (
        "segments",
        day,
        day,
        None,
    )
    assert candidate.reason.startswith(
        "not enough history as of 2016-01-01: 0 customers with orders"
    )
    assert candidate.reason.endswith(". Train again when more days are there.")
    assert candidate.rows.empty


DAY, OTHER = date(2017, 12, 1), date(2017, 11, 3)
CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["1", "2", "3", "1"],
        "as_of": [DAY, DAY, DAY, OTHER],
        "order_count": 5,
        "days_since_last_order": [1, 2, 3, 4],
        "is_churned_28d": [None] * 4,  # not what is known before the as-of date: left out
    }
)
OUTCOMES = pd.DataFrame(
    {
        "customer_id": ["2", "1", "1", "3", "4"],
        "as_of": pd.to_datetime([DAY, DAY, OTHER, DAY, DAY]),  # as Arrow hands them over
        "is_churned_28d": [True, False, True, None, True],  # 3 has none yet; 4 has no features
        "order_count_after": [9] * 5,
    }
)


def test_labels_meet_the_features_of_their_customer_and_day() -> None:
    rows = rows_of(CHURN, tables_of(CUSTOMERS, OUTCOMES), LABEL)
    assert rows.to_dict("list") == {
        "customer_id": ["1", "2", "1"],
        "as_of": [DAY, DAY, OTHER],
        "order_count": [5] * 3,
        "days_since_last_order": [1, 2, 4],
        "outcome": [False, True, True],
    }
    assert rows["outcome"].dtype == bool


def test_a_kind_learns_of_its_population_alone() -> None:
    """Customer 1 on both days; 2 has ordered on the day itself, and of 3 nobody knows."""
    of_silent = replace(CHURN, population=Population(where="days_since_last_order <> 2"))
    silent = CUSTOMERS.assign(days_since_last_order=[1, 2, float("nan"), 4])
    tables = tables_of(silent, OUTCOMES.assign(is_churned_28d=[True, False, True, True, True]))
    for label in (LABEL, None):
        rows = rows_of(of_silent, tables, label)
        assert list(zip(rows["customer_id"], rows["as_of"], strict=True)) == [
            ("1", DAY),
            ("1", OTHER),
        ]
    with pytest.raises(MissingFeatureError, match="no column days_since_last_order"):
        rows_of(of_silent, tables_of(silent[["customer_id", "as_of"]], OUTCOMES), LABEL)


def test_doubled_labels_and_missing_keys_are_refused() -> None:
    with pytest.raises(ValueError, match="one-to-one"):
        rows_of(CHURN, tables_of(CUSTOMERS, pd.concat([OUTCOMES, OUTCOMES])), LABEL)
    with pytest.raises(MissingFeatureError, match="customer_id"):
        rows_of(CHURN, tables_of(CUSTOMERS.drop(columns="customer_id"), OUTCOMES), LABEL)
    for missing in ("customer_id", "is_churned_28d"):
        with pytest.raises(MissingFeatureError, match=missing):
            rows_of(CHURN, tables_of(CUSTOMERS, OUTCOMES.drop(columns=missing)), LABEL)


@pytest.fixture
def of_offers() -> Kind:
    """Asks of each customer about every offer."""
    return replace(CHURN, population=Population("features_offers", target="offer"))


def test_a_target_has_the_outcome_that_the_list_of_its_customer_holds(of_offers: Kind) -> None:
    tables = {
        FEATURES: pd.DataFrame(
            {"customer_id": ["1", "2", "3"], "as_of": DAY, "order_count": [4, 5, 6]}
        ),
        "features_offers": pd.DataFrame(
            {"customer_id": ["1", "1", "2", "9"], "as_of": DAY, "offer": ["8", "13", "8", "8"]}
        ),  # 3 is asked about nothing, 9 has no features
        LABELS: pd.DataFrame(
            {"customer_id": ["1", "2", "3"], "as_of": DAY, "taken_28d": [["13", "21"], [], ["8"]]}
        ),
    }
    label = replace(LABEL, name="taken_28d")
    rows = rows_of(of_offers, tables, label)
    assert rows.to_dict("list") == {
        "customer_id": ["1", "1", "2"],
        "as_of": [DAY] * 3,
        "target": ["8", "13", "8"],
        "order_count": [4, 4, 5],
        "outcome": [False, True, False],
    }
    assert "outcome" not in rows_of(of_offers, tables, None)
    typed = pa.table({**tables[LABELS], "taken_28d": pa.array([["13", "21"], [], ["8"]])})
    assert rows_of(of_offers, {**tables, LABELS: typed_frame(typed)}, label).equals(rows)
    untold = {**tables, "features_offers": tables["features_offers"].drop(columns="offer")}
    with pytest.raises(MissingFeatureError, match="offer"):
        rows_of(of_offers, untold, label)
