from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

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


def test_a_date_without_history_is_an_error_that_lists_what_there_is(shop: Shop, quick: ChurnSettings) -> None:
    with pytest.raises(ValueError, match=r"cannot evaluate as of 2017-10-06: it needs .* there are 2017-09-08, 2017-10-06"):
        evaluate_churn(*shop, [date(2017, 10, 6)], quick)
