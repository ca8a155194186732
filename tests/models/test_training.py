from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest

from models import churn, clusters, training
from models.churn import ChurnModel, ChurnSettings
from models.clusters import ClusterModel, ClusterSettings, cluster_metrics
from models.inputs import MissingFeatureError
from models.training import Candidate, GateRules

Shop = tuple[pd.DataFrame, pd.DataFrame]
EASY = GateRules(ece_max=0.5)


@pytest.fixture(scope="module")
def candidate(shop: Shop, as_of: date, quick: ChurnSettings) -> Candidate:
    return training.train_churn(*shop, as_of, quick)


def test_the_judged_model_never_saw_the_holdout(candidate: Candidate, as_of: date) -> None:
    model = candidate.model
    assert isinstance(model, ChurnModel)
    assert candidate.holdout == as_of - timedelta(days=28)
    assert set(candidate.rows["as_of"]) == {candidate.holdout}
    assert model.seen_until <= candidate.holdout
    assert candidate.train_as_ofs == (date(2017, 9, 8), date(2017, 10, 6), date(2017, 11, 3))


def test_wanted_as_ofs_are_the_holdout_and_its_windows(as_of: date) -> None:
    assert training.wanted_as_ofs(as_of, ChurnSettings(windows=2)) == [
        date(2017, 12, 1),
        date(2017, 11, 3),
        date(2017, 10, 6),
    ]
    assert training.wanted_as_ofs(as_of) == [as_of - timedelta(days=28 * n) for n in range(1, 8)], (
        "the holdout and six windows unless told"
    )


def test_a_candidate_says_what_it_was_made_of(
    candidate: Candidate, as_of: date, quick: ChurnSettings
) -> None:
    model = candidate.model
    assert isinstance(model, ChurnModel)
    assert (candidate.kind, candidate.as_of, candidate.reason, candidate.train_as_ofs) == (
        "churn",
        as_of,
        "",
        model.train_as_ofs,
    )
    assert candidate.parameters == {
        **quick.learning,
        "rounds": model.rounds,
        "ensemble": 2,
        "seed": 0,
    }
    assert candidate.metrics == training.churn_metrics(model, candidate.rows)
    assert len(candidate.rows) == 120


def test_the_newest_window_stops_the_rounds_and_the_older_ones_teach(
    shop: Shop, as_of: date, quick: ChurnSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []

    def spied(
        train: pd.DataFrame, early: pd.DataFrame, settings: ChurnSettings, words: object
    ) -> ChurnModel:
        seen.extend([set(train["as_of"]), set(early["as_of"]), settings, words])
        return fit(
            train, early, settings, {"order_count": ("frequency", "{value}", "orders", "no order")}
        )

    fit = churn.fit
    monkeypatch.setattr(churn, "fit", spied)
    words = {"order_count": ("orders", "{value}", "orders", "no order")}
    training.train_churn(*shop, as_of, quick, words=words)
    assert seen == [{date(2017, 9, 8), date(2017, 10, 6)}, {date(2017, 11, 3)}, quick, words]


def test_two_windows_before_the_holdout_are_enough_and_one_is_not(
    shop: Shop, as_of: date, quick: ChurnSettings
) -> None:
    features, labels = shop
    two, one = (labels[labels["as_of"] > day] for day in (date(2017, 9, 8), date(2017, 10, 6)))
    assert training.train_churn(features, two, as_of, quick).train_as_ofs == (
        date(2017, 10, 6),
        date(2017, 11, 3),
    )
    found = training.train_churn(features, one, as_of, quick)
    assert (found.kind, found.as_of, found.holdout, found.model, found.train_as_ofs) == (
        "churn",
        as_of,
        date(2017, 12, 1),
        None,
        (),
    )
    assert len(found.rows) == 120, "the rows of the holdout, which the gate may still look at"
    assert found.reason == (
        "not enough history: a churn model needs the window as of 2017-12-01 and two of the 6 before it that lie "
        "28 days or more apart, each with at least 100 labelled customers of both outcomes; "
        "not usable: 2017-10-06 (0 labelled customers), 2017-09-08 (0 labelled customers), "
        "2017-08-11 (0 labelled customers), 2017-07-14 (0 labelled customers), 2017-06-16 (0 labelled customers). "
        "Train again when more days have arrived."
    )


def test_no_model_without_a_usable_holdout(shop: Shop, as_of: date, quick: ChurnSettings) -> None:
    features, labels = shop
    held = labels["as_of"] == date(2017, 12, 1)
    one_outcome = labels.assign(is_churned_28d=labels["is_churned_28d"] & ~held)
    found = training.train_churn(features, one_outcome, as_of, quick)
    assert found.model is None
    assert "not usable: 2017-12-01 (120 labelled customers), 2017-08-11 (0" in found.reason


def test_a_window_is_usable_from_a_hundred_labelled_customers_on(
    shop: Shop, as_of: date, quick: ChurnSettings
) -> None:
    # Every window loses labels at the end of its rows; both outcomes stay.
    features, labels = shop
    hundred, fewer = (labels.groupby("as_of").head(count) for count in (100, 99))
    assert training.train_churn(features, hundred, as_of, quick).model is not None
    assert training.train_churn(features, fewer, as_of, quick).model is None
    assert training.train_churn(features, fewer, as_of, quick, rows_min=99).model is not None
    assert training.train_churn(features, labels, as_of, quick, rows_min=120).model is not None


def test_labels_of_the_holdout_do_not_change_the_model(
    candidate: Candidate, shop: Shop, as_of: date, quick: ChurnSettings
) -> None:
    features, labels = shop
    flipped = labels.assign(
        is_churned_28d=labels["is_churned_28d"] ^ (labels["as_of"] == candidate.holdout)
    )
    again = training.train_churn(features, flipped, as_of, quick)
    assert again.model == candidate.model
    assert again.metrics["auc"] == pytest.approx(1 - candidate.metrics["auc"])


# only one window is left before the holdout; nothing at all
@pytest.mark.parametrize("days", [28 * 3, 28 * 12])
def test_too_little_history_is_a_result_not_an_exception(
    shop: Shop, as_of: date, quick: ChurnSettings, days: int
) -> None:
    found = training.train_churn(*shop, as_of - timedelta(days=days), quick)
    assert found.model is None
    assert found.reason.startswith("not enough history: a churn model needs the window as of")
    assert not training.judge(found, None).passed


def test_windows_with_few_customers_or_one_outcome_are_left_out(
    shop: Shop, as_of: date, quick: ChurnSettings
) -> None:
    features, labels = shop
    one_outcome = labels.assign(
        is_churned_28d=labels["is_churned_28d"] & (labels["as_of"] != date(2017, 10, 6))
    )
    assert training.train_churn(features, one_outcome, as_of, quick).train_as_ofs == (
        date(2017, 9, 8),
        date(2017, 11, 3),
    )
    assert (
        "(120 labelled customers)"
        in training.train_churn(features, labels, as_of, quick, rows_min=121).reason
    )


def test_the_window_that_is_not_over_is_said_to_be_too_young(
    shop: Shop, as_of: date, quick: ChurnSettings
) -> None:
    features, labels = shop
    young = labels["as_of"] == date(2017, 12, 1)
    nulled = labels.assign(
        is_churned_28d=labels["is_churned_28d"].astype(object).mask(young, None),
        known_until=date(2017, 12, 28),
    )
    found = training.train_churn(features, nulled, as_of, quick)
    assert found.model is None
    assert (
        "Too young for a label of 28 days: 2017-12-01 (needs orders until 2017-12-29, known until 2017-12-28)"
        in found.reason
    )
    # a null label of another date leaves the model as it is: the same rows, the same identity
    later = pd.concat([labels, labels.head(3).assign(as_of=date(2018, 1, 1), is_churned_28d=None)])
    assert (
        training.train_churn(features, later, as_of, quick).model
        == training.train_churn(features, labels, as_of, quick).model
    )


def test_windows_closer_than_a_label_are_no_history(
    shop: Shop, as_of: date, quick: ChurnSettings
) -> None:
    found = training.train_churn(*shop, as_of, replace(quick, windows=3, step_days=7))
    assert found.model is None
    assert "that lie 28 days or more apart" in found.reason


def test_a_candidate_that_has_learned_from_the_days_it_is_judged_on_is_refused(
    candidate: Candidate,
) -> None:
    # 11-10 + 28 days is 12-08: a week of the labels of 12-01 was learned
    model = candidate.model
    assert isinstance(model, ChurnModel)
    found = training.judge(
        replace(candidate, model=replace(model, train_as_ofs=(date(2017, 11, 10),))), None, EASY
    )
    assert not found.passed
    assert found.sentences[0].startswith(
        "failed: the training labels go on until 2017-12-08, exclusive, and the labels it is judged on begin on 2017-12-01"
    )
    assert (
        training.judge(candidate, None, EASY)
        .sentences[0]
        .startswith("passed: the training labels end before 2017-12-01")
    )


def test_a_first_good_candidate_passes(candidate: Candidate) -> None:
    assert training.judge(candidate, None, EASY).passed


def test_a_candidate_as_good_as_recency_fails(candidate: Candidate) -> None:
    found = training.judge(candidate, None, replace(EASY, recency_margin=0.5))
    assert not found.passed
    assert any(
        line.startswith("failed: AUC is") and "recency alone" in line for line in found.sentences
    )


def test_a_champion_that_is_better_on_the_same_rows_stays(
    candidate: Candidate, shop: Shop, as_of: date
) -> None:
    # The challenger takes one step and is worse than the champion.
    hasty = ChurnSettings(
        rounds_max=1, patience=1, ensemble=1, learning={"max_depth": 1, "eta": 0.3}
    )
    weak = training.train_churn(*shop, as_of, hasty)
    assert candidate.model is not None
    assert weak.metrics["auc"] < candidate.metrics["auc"] - EASY.auc_tolerance
    found = training.judge(weak, candidate.model, EASY)
    assert "the champion's" in found.sentences[-1]
    assert found.sentences[-1].startswith("failed")


def test_a_champion_that_has_seen_the_rows_is_not_replaced(candidate: Candidate) -> None:
    model = candidate.model
    assert isinstance(model, ChurnModel)
    newer = replace(model, train_as_ofs=(candidate.holdout,), identity="newer")
    found = training.judge(candidate, newer, EASY)
    assert not found.passed
    assert "the champion has learned from days up to 2017-12-29" in found.sentences[-1]


def test_a_champion_that_cannot_read_the_rows_does_not_stand_in_the_way(
    candidate: Candidate,
) -> None:
    model = candidate.model
    assert isinstance(model, ChurnModel)
    stale = replace(model, features=replace(model.features, numeric=("gone",)), identity="stale")
    found = training.judge(candidate, stale, EASY)
    assert found.passed
    assert "the champion cannot read these rows" in found.sentences[-1]


def test_a_missing_label_column_is_named(shop: Shop, as_of: date) -> None:
    with pytest.raises(MissingFeatureError, match="is_churned_28d"):
        training.train_churn(shop[0], shop[1].drop(columns="is_churned_28d"), as_of)


def test_segments_are_found_and_judged(shop: Shop) -> None:
    found = training.train_segments(shop[0], date(2017, 12, 1), ClusterSettings(k_max=4))
    assert found.model is not None
    assert training.judge(found, None).passed
    assert training.judge(found, found.model).passed
    assert not training.judge(found, None, GateRules(silhouette_min=0.99)).passed
    newer = training.train_segments(
        shop[0].assign(as_of=date(2017, 12, 29)).head(120),
        date(2017, 12, 29),
        ClusterSettings(k_max=4),
    )
    assert "an older one does not replace it" in training.judge(found, newer.model).sentences[-1]


def test_a_candidate_of_segments_says_what_was_tried(shop: Shop) -> None:
    day, settings = date(2017, 12, 1), ClusterSettings(k_max=4, seed=3)
    found = training.train_segments(shop[0], day, settings)
    assert isinstance(found.model, ClusterModel)
    assert (found.kind, found.as_of, found.holdout, found.reason, found.train_as_ofs) == (
        "segments",
        day,
        day,
        "",
        (day,),
    )
    assert set(found.rows["as_of"]) == {day}
    assert found.parameters == {
        "k": len(found.model.names),
        "seed": 3,
        "names": " | ".join(found.model.names),
    }
    model, trials = clusters.fit(found.rows, settings)
    assert (found.model.identity, found.model.names) == (model.identity, model.names)
    assert found.metrics == {
        **cluster_metrics(model, found.rows),
        **{f"silhouette_k{trial.k}": trial.silhouette for trial in trials},
    }
    assert {"silhouette_k3", "silhouette_k4"} <= {*found.metrics}


def test_segments_without_customers_are_a_result(shop: Shop) -> None:
    found = training.train_segments(shop[0], date(2016, 1, 1))
    assert (found.kind, found.as_of, found.holdout, found.model) == (
        "segments",
        date(2016, 1, 1),
        date(2016, 1, 1),
        None,
    )
    assert found.reason.startswith("not enough history as of 2016-01-01: 0 customers with orders")
    assert found.rows.empty
