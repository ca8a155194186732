from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from models import churn
from models.churn import ChurnSettings
from models.evaluation import Goals, evaluate_churn, missed_goals

Shop = tuple[pd.DataFrame, pd.DataFrame]


@pytest.fixture(scope="module")
def table(shop: Shop, quick: ChurnSettings) -> pd.DataFrame:
    """Two dates; the earlier has just the two windows before it that it needs."""
    return evaluate_churn(*shop, [date(2017, 12, 1), date(2017, 11, 3)], quick, goals=Goals(auc=0.8, gain_over_recency=0.9), times=50)


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
    assert any("mean gain over recency is" in sentence and "at least 0.9" in sentence for sentence in missed_goals(table))


def test_a_window_that_is_not_over_is_refused_and_not_measured(shop: Shop, quick: ChurnSettings) -> None:
    features, labels = shop
    young = labels["as_of"] == date(2017, 12, 1)
    nulled = labels.assign(is_churned_28d=labels["is_churned_28d"].astype(object).mask(young, None), known_until=date(2017, 12, 3))
    said = r"cannot evaluate: too young for a label of 28 days: 2017-12-01 \(needs orders until 2017-12-29, known until 2017-12-03\)"
    with pytest.raises(ValueError, match=said):
        evaluate_churn(features, nulled, [date(2017, 11, 3), date(2017, 12, 1)], quick)


def test_a_model_is_not_measured_on_days_it_has_learned_from(shop: Shop, quick: ChurnSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    days = [date(2017, 11, 3), date(2017, 10, 6), date(2017, 9, 8)]
    monkeypatch.setattr(churn, "training_as_ofs", lambda *_: days)  # as of 11-20 they reach into the window
    features, labels = (frame.assign(as_of=frame["as_of"].replace(date(2017, 12, 1), date(2017, 11, 20))) for frame in shop)
    with pytest.raises(ValueError, match="the training labels go on until 2017-12-01, exclusive"):
        evaluate_churn(features, labels, [date(2017, 11, 20)], quick)


def test_a_date_without_history_is_an_error_that_lists_what_there_is(shop: Shop, quick: ChurnSettings) -> None:
    with pytest.raises(ValueError, match=r"cannot evaluate as of 2017-10-06: it needs .* there are 2017-09-08, 2017-10-06"):
        evaluate_churn(*shop, [date(2017, 10, 6)], quick)
