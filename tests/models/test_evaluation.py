from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models import churn, measure
from models.churn import ChurnSettings
from models.evaluation import Goals, evaluate_churn, missed_goals
from tests.models.fixed import churn_model

Shop = tuple[pd.DataFrame, pd.DataFrame]


@pytest.fixture(scope="module")
def table(shop: Shop, quick: ChurnSettings) -> pd.DataFrame:
    """Two dates; the earlier has just the two windows before it that it needs."""
    return evaluate_churn(
        *shop,
        [date(2017, 12, 1), date(2017, 11, 3)],
        quick,
        goals=Goals(auc=0.8, gain_over_recency=0.9),
        times=50,
    )


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
        for sentence in missed_goals(table)
    )


def test_a_window_that_is_not_over_is_refused_and_not_measured(
    shop: Shop, quick: ChurnSettings
) -> None:
    features, labels = shop
    young = labels["as_of"] == date(2017, 12, 1)
    nulled = labels.assign(
        is_churned_28d=labels["is_churned_28d"].astype(object).mask(young, None),
        known_until=date(2017, 12, 3),
    )
    said = r"cannot evaluate: too young for a label of 28 days: 2017-12-01 \(needs orders until 2017-12-29, known until 2017-12-03\)"
    with pytest.raises(ValueError, match=said):
        evaluate_churn(features, nulled, [date(2017, 11, 3), date(2017, 12, 1)], quick)


def test_a_model_is_not_measured_on_days_it_has_learned_from(
    shop: Shop, quick: ChurnSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = [date(2017, 11, 3), date(2017, 10, 6), date(2017, 9, 8)]
    # as of 11-20 they reach into the window
    monkeypatch.setattr(churn, "training_as_ofs", lambda *_: days)
    features, labels = (
        frame.assign(as_of=frame["as_of"].replace(date(2017, 12, 1), date(2017, 11, 20)))
        for frame in shop
    )
    with pytest.raises(ValueError, match="the training labels go on until 2017-12-01, exclusive"):
        evaluate_churn(features, labels, [date(2017, 11, 20)], quick)


def test_a_date_without_history_is_an_error_that_lists_what_there_is(
    shop: Shop, quick: ChurnSettings
) -> None:
    with pytest.raises(
        ValueError,
        match=r"cannot evaluate as of 2017-10-06: it needs .* there are 2017-09-08, 2017-10-06",
    ):
        evaluate_churn(*shop, [date(2017, 10, 6)], quick)


SEEN: list[tuple[list[date], list[date]]] = []


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """Two dates of five customers whose scores stand in the rows, one evaluated like the other, and
    the windows before them.
    """

    def fit(train: pd.DataFrame, early: pd.DataFrame, settings: ChurnSettings) -> object:
        SEEN.append((sorted(set(train["as_of"])), sorted(set(early["as_of"]))))
        return replace(
            churn_model(learned=tuple(train["as_of"]) + tuple(early["as_of"])), rounds=len(SEEN)
        )

    SEEN.clear()
    monkeypatch.setattr(churn, "fit", fit)
    days = [date(2017, 12, 1) - timedelta(days=28 * n) for n in range(4)]
    one = pd.DataFrame(
        {
            "customer_id": list("edcba"),
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


def evaluated(rows: pd.DataFrame, goals: Goals) -> list[dict[str, object]]:
    labels = ["customer_id", "as_of", "is_churned_28d"]
    dates = [date(2017, 12, 1), date(2017, 11, 3)]
    found = evaluate_churn(
        rows.drop(columns="is_churned_28d"),
        rows[labels],
        dates,
        ChurnSettings(windows=2),
        goals=goals,
        times=40,
    )
    return [{str(name): value for name, value in row.items()} for row in found.to_dict("records")]


def test_measures_of_each_date_and_their_mean_are_those_counted_by_hand(
    counted: pd.DataFrame,
) -> None:
    early, late, mean = evaluated(counted, Goals())
    windows = [
        ([date(2017, 9, 8)], [date(2017, 10, 6)]),
        ([date(2017, 10, 6)], [date(2017, 11, 3)]),
    ]
    assert windows == SEEN, "the two windows before each"
    assert [
        early[name] for name in ("customers", "churn_share", "auc", "recency_auc", "gain", "rounds")
    ] == pytest.approx([5, 0.4, 4 / 6, 4 / 6, 0, 1])
    assert [
        late[name] for name in ("auc", "recency_auc", "gain", "ece", "rounds")
    ] == pytest.approx([1, 4 / 6, 2 / 6, 0.28, 2])
    for name in (
        "customers",
        "churn_share",
        "auc",
        "average_precision",
        "brier",
        "ece",
        "log_loss",
        "recency_auc",
        "gain",
        "rounds",
    ):
        assert mean[name] == pytest.approx((float(str(early[name])) + float(str(late[name]))) / 2)


def test_intervals_are_of_the_same_customers_in_every_window(counted: pd.DataFrame) -> None:
    _, late, mean = evaluated(counted, Goals())
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
    hit = evaluated(counted, Goals(auc=1.0, gain_over_recency=2 / 6 - 1e-9, ece=0.28 + 1e-9))[1]
    assert [hit[f"{name}_result"] for name in ("auc", "gain", "ece")] == ["hit"] * 3
    assert (hit["auc_goal"], hit["gain_goal"], hit["ece_goal"]) == pytest.approx((1, 2 / 6, 0.28))
    missed = evaluated(counted, Goals(auc=1.01, gain_over_recency=0.34, ece=0.27))[1]
    assert [missed[f"{name}_result"] for name in ("auc", "gain", "ece")] == ["miss"] * 3
    assert Goals() == Goals(auc=0.87, gain_over_recency=0.04, ece=0.03)


def test_each_missed_goal_of_the_mean_is_a_sentence(counted: pd.DataFrame) -> None:
    # Means of the two dates: AUC .6667 and 1, gain 0 and .3333, ECE .34 and .28.
    auc, gain, ece = (
        "mean AUC is 0.8333; the goal is at least 0.9",
        "mean gain over recency is 0.1667; the goal is at least 0.2",
        "mean ECE is 0.3100; the goal is at most 0.3",
    )
    for goals, missed in (
        (Goals(auc=0.9, gain_over_recency=0.2, ece=0.3), [auc, gain, ece]),
        (Goals(auc=0.9, gain_over_recency=0.1, ece=0.4), [auc]),
        (Goals(auc=0.8, gain_over_recency=0.2, ece=0.4), [gain]),
        (Goals(auc=0.8, gain_over_recency=0.1, ece=0.3), [ece]),
        (Goals(auc=0.8, gain_over_recency=0.1, ece=0.4), []),
    ):
        assert missed_goals(pd.DataFrame(evaluated(counted, goals))) == missed
