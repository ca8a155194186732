from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.judging import evaluation
from models.judging import measures as measure
from models.judging.candidates import FEATURES, LABELS
from models.judging.evaluation import evaluated, missed_goals
from models.kind import Kind, Limit, Tables
from models.kinds import churn
from models.learning import boosted_trees
from models.learning.boosted_trees import TreeSettings
from models.learning.clusters import cluster_metrics
from tests.models.fixed import (
    CHURN,
    LABEL,
    OF_CHURN,
    OF_SEGMENTS,
    SEGMENTS,
    churn_model,
    tables_of,
    with_labels,
)


def with_goals(kind: Kind, auc: float, gain: float, ece: float) -> Kind:
    """The kind with other values of its goals, which it names in this order."""
    values = zip(kind.goals, (auc, gain, ece), strict=True)
    return replace(kind, goals=tuple(replace(goal, value=value) for goal, value in values))


@pytest.fixture(scope="module")
def table(shop: Tables) -> pd.DataFrame:
    """Two dates; the earlier has just the two windows before it that it needs."""
    kind = with_goals(CHURN, 0.8, 0.9, 0.03)
    return evaluated(kind, shop, [date(2017, 12, 1), date(2017, 11, 3)], OF_CHURN, times=50)


def test_dates_come_in_order_and_the_mean_last(table: pd.DataFrame) -> None:
    assert table["as_of"].tolist() == ["2017-11-03", "2017-12-01", "mean"]
    assert table["auc"].iloc[2] == pytest.approx(table["auc"].iloc[:2].mean())


def test_intervals_hold_their_value_and_the_mean_is_surer(table: pd.DataFrame) -> None:
    assert (table["auc_low"] < table["auc"]).all()
    assert (table["auc"] < table["auc_high"]).all()
    width = table["auc_high"] - table["auc_low"]
    assert width.iloc[2] < width.iloc[:2].max()


def test_gain_is_measured_against_recency_alone(table: pd.DataFrame) -> None:
    assert table["gain"].tolist() == pytest.approx((table["auc"] - table["recency_auc"]).tolist())


def test_a_miss_is_reported_as_a_miss(table: pd.DataFrame) -> None:
    mean = table.iloc[2]
    assert (mean["auc_result"], mean["gain_result"]) == ("hit", "miss")
    assert any(
        "mean gain over recency is" in sentence and "at least 0.9" in sentence
        for sentence in missed_goals(table, with_goals(CHURN, 0.8, 0.9, 0.03).goals)
    )


def test_a_window_that_is_not_over_is_refused_and_not_measured(shop: Tables) -> None:
    labels = shop[LABELS]
    young = labels["as_of"] == date(2017, 12, 1)
    nulled = labels.assign(
        is_churned_28d=labels[LABEL.name].astype(object).mask(young, None),
        known_until=date(2017, 12, 3),
    )
    message = r"cannot evaluate: too young for a label of 28 days: 2017-12-01 \(needs deliveries until 2017-12-29, known until 2017-12-03\)"
    with pytest.raises(ValueError, match=message):
        evaluated(
            CHURN, with_labels(shop, nulled), [date(2017, 11, 3), date(2017, 12, 1)], OF_CHURN
        )


def test_a_model_is_not_measured_on_days_it_has_learned_from(
    shop: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = [date(2017, 11, 3), date(2017, 10, 6), date(2017, 9, 8)]
    # as of 11-20 they reach into the window
    monkeypatch.setattr(evaluation, "training_as_ofs", lambda *_: days)
    moved = {
        name: frame.assign(as_of=frame["as_of"].replace(date(2017, 12, 1), date(2017, 11, 20)))
        for name, frame in shop.items()
    }
    message = (
        "cannot evaluate as of 2017-11-20: the training labels go on until 2017-12-01, exclusive"
    )
    with pytest.raises(ValueError, match=message):
        evaluated(CHURN, moved, [date(2017, 11, 20)], OF_CHURN)


def test_a_date_without_history_is_an_error_that_lists_what_is_not_there(shop: Tables) -> None:
    message = (
        "cannot evaluate as of 2017-10-06: not enough history: a churn model needs the window as of"
        r" 2017-10-06 and .*; not usable: 2017-08-11 \(0 labelled rows\), .*\(0 labelled rows\)\.$"
    )
    with pytest.raises(ValueError, match=message):
        evaluated(CHURN, shop, [date(2017, 10, 6)], OF_CHURN)


def test_segments_are_evaluated_without_intervals_and_goals(shop: Tables) -> None:
    days = [date(2017, 12, 1), date(2017, 11, 3)]
    evaluation = evaluated(SEGMENTS, shop, days, OF_SEGMENTS)
    assert list(evaluation.columns) == [
        "as_of",
        "customers",
        "silhouette",
        "smallest_share",
        "clusters",
    ]
    assert evaluation["as_of"].tolist() == ["2017-11-03", "2017-12-01", "mean"]
    assert evaluation["customers"].tolist() == [120] * 3
    held = shop[FEATURES][shop[FEATURES]["as_of"] == days[0]]
    learned = SEGMENTS.learner.learn("segments", held, days[:1], OF_SEGMENTS)
    assert learned.model is not None
    assert evaluation.iloc[1, 2:].to_dict() == pytest.approx(cluster_metrics(learned.model, held))
    assert missed_goals(evaluation, SEGMENTS.goals) == []


SEEN: list[tuple[list[date], list[date]]] = []


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """Two dates of five customers whose scores stand in the rows, one evaluated like the other, and
    the windows before them.
    """

    def fit(train: pd.DataFrame, early: pd.DataFrame, settings: TreeSettings, *_: object) -> object:
        SEEN.append((sorted(set(train["as_of"])), sorted(set(early["as_of"]))))
        return churn_model(learned=tuple(train["as_of"]) + tuple(early["as_of"]))

    SEEN.clear()
    monkeypatch.setattr(boosted_trees, "fit", fit)
    days = [date(2017, 12, 1) - timedelta(days=28 * n) for n in range(4)]
    one = pd.DataFrame(
        {
            "customer_id": list("edcba"),
            "order_count": 5,
            "days_since_last_order": [4, 9, 3, 2, 1],
            "score": [0.9, 0.4, 0.5, 0.3, 0.1],
        }
    )
    rows = pd.concat(
        [one.assign(as_of=day, is_churned_28d=[True, False, True, False, False]) for day in days],
        ignore_index=True,
    )
    # 2 of 6 pairs are wrong on the earlier date
    rows.loc[(rows["as_of"] == days[1]) & (rows["customer_id"] == "c"), "score"] = 0.2
    return rows


def rows_of(counted: pd.DataFrame, kind: Kind = churn.KIND) -> list[dict[str, object]]:
    """The rows of an evaluation of the two dates: the earlier, the later, their mean."""
    tables = tables_of(
        counted.drop(columns=LABEL.name), counted[["customer_id", "as_of", LABEL.name]]
    )
    dates = [date(2017, 12, 1), date(2017, 11, 3)]
    evaluation = evaluated(kind, tables, dates, replace(OF_CHURN, windows=2, rows_min=5), times=40)
    return [
        {str(name): value for name, value in row.items()} for row in evaluation.to_dict("records")
    ]


def test_measures_of_each_date_and_their_mean_are_those_counted_by_hand(
    counted: pd.DataFrame,
) -> None:
    early, late, mean = rows_of(counted)
    windows = [
        ([date(2017, 9, 8)], [date(2017, 10, 6)]),
        ([date(2017, 10, 6)], [date(2017, 11, 3)]),
    ]
    assert windows == SEEN, "the two windows before each"
    assert [
        early[name] for name in ("customers", "outcome_share", "auc", "recency_auc", "gain")
    ] == pytest.approx([5, 0.4, 4 / 6, 4 / 6, 0])
    assert [late[name] for name in ("auc", "recency_auc", "gain", "ece")] == pytest.approx(
        [1, 4 / 6, 2 / 6, 0.28]
    )
    for name in (
        "customers",
        "outcome_share",
        "auc",
        "average_precision",
        "brier",
        "ece",
        "log_loss",
        "recency_auc",
        "gain",
    ):
        assert mean[name] == pytest.approx((float(str(early[name])) + float(str(late[name]))) / 2)


def test_intervals_are_of_the_same_customers_in_every_window(counted: pd.DataFrame) -> None:
    _, late, mean = rows_of(counted)
    held = counted[counted["as_of"] == date(2017, 12, 1)].sort_values("customer_id")
    truth, units = held["is_churned_28d"].to_numpy(float), np.arange(5)
    same: dict[str, Any] = {"units": units, "unit_count": 5, "seed": 0, "times": 40}
    auc, ece, precision = (
        measure.bootstrap_draws(metric, truth, held["score"], **same)
        for metric in (measure.auc, measure.ece, measure.average_precision)
    )
    recency = measure.bootstrap_draws(measure.auc, truth, held["days_since_last_order"], **same)
    drawn = {"auc": auc, "ece": ece, "average_precision": precision, "gain": auc - recency}
    assert {name: (late[f"{name}_low"], late[f"{name}_high"]) for name in drawn} == {
        name: pytest.approx(measure.interval(draws)) for name, draws in drawn.items()
    }
    assert not {f"{name}_low" for name in ("brier", "log_loss", "recency_auc", "customers")} & {
        *late
    }
    earlier = held.assign(score=held["score"].where(held["customer_id"] != "c", 0.2))
    both = (auc + measure.bootstrap_draws(measure.auc, truth, earlier["score"], **same)) / 2
    assert (mean["auc_low"], mean["auc_high"]) == pytest.approx(measure.interval(both))


def test_goals_are_hit_at_their_value_and_missed_beyond(counted: pd.DataFrame) -> None:
    hit = rows_of(counted, with_goals(churn.KIND, 1.0, 2 / 6 - 1e-9, 0.28 + 1e-9))[1]
    assert [hit[f"{name}_result"] for name in ("auc", "gain", "ece")] == ["hit"] * 3
    assert (hit["auc_goal"], hit["gain_goal"], hit["ece_goal"]) == pytest.approx((1, 2 / 6, 0.28))
    missed = rows_of(counted, with_goals(churn.KIND, 1.01, 0.34, 0.27))[1]
    assert [missed[f"{name}_result"] for name in ("auc", "gain", "ece")] == ["miss"] * 3
    assert churn.KIND.goals == (
        Limit("at_least", "AUC", "auc", 0.87),
        Limit("at_least", "gain over recency", "gain", 0.04),
        Limit("at_most", "ECE", "ece", 0.03),
    )


def test_a_goal_of_another_rule_is_refused_where_it_is_declared() -> None:
    goals = (Limit("at_most", "ECE", "ece", 0.03), Limit("above_baseline", "AUC", "auc", 0.1))
    with pytest.raises(ValueError, match="goals above_baseline of auc; a goal is one of at_least,"):
        replace(churn.KIND, goals=goals)


def test_each_missed_goal_of_the_mean_is_a_sentence(counted: pd.DataFrame) -> None:
    # Means of the two dates: AUC .6667 and 1, gain 0 and .3333, ECE .34 and .28.
    auc, gain, ece = (
        "mean AUC is 0.8333; the goal is at least 0.9",
        "mean gain over recency is 0.1667; the goal is at least 0.2",
        "mean ECE is 0.3100; the goal is at most 0.3",
    )
    for values, missed in (
        ((0.9, 0.2, 0.3), [auc, gain, ece]),
        ((0.9, 0.1, 0.4), [auc]),
        ((0.8, 0.2, 0.4), [gain]),
        ((0.8, 0.1, 0.3), [ece]),
        ((0.8, 0.1, 0.4), []),
    ):
        kind = with_goals(churn.KIND, *values)
        assert missed_goals(pd.DataFrame(rows_of(counted, kind)), kind.goals) == missed
