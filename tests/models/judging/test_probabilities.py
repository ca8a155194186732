"""Metrics of probabilities beside a simple rule, counted by hand on five customers."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from models.judging.probabilities import Probabilities
from models.kind import Draws
from models.learning.inputs import MissingFeatureError
from tests.models.fixed import churn_model

# Two with the outcome, three without; of the six pairs the score has five right, the rule four.
ROWS = pd.DataFrame(
    {
        "customer_id": list("abcde"),
        "as_of": date(2017, 12, 1),
        "outcome": [False, False, True, False, True],
        "days_since_last_order": [1.0, 2, 3, 9, 4],
        "score": [0.1, 0.3, 0.35, 0.4, 0.9],
    }
)
BY_RECENCY = Probabilities("recency", "days_since_last_order")


def test_metrics_are_counted_on_the_rows_beside_the_simple_rule_alone() -> None:
    metrics = BY_RECENCY.metrics(churn_model(), ROWS)
    assert metrics["auc"] == pytest.approx(5 / 6)
    assert metrics["recency_auc"] == pytest.approx(4 / 6)
    assert set(metrics) == {"auc", "average_precision", "brier", "ece", "log_loss", "recency_auc"}


def test_a_customer_of_whom_the_rule_knows_nothing_comes_last() -> None:
    # d, who has no outcome, is the only one wrong: without him the rule has all six pairs right
    unknown = ROWS.assign(days_since_last_order=[1, 0, 3, np.nan, 4])
    assert BY_RECENCY.metrics(churn_model(), unknown)["recency_auc"] == 1
    churner = ROWS.assign(days_since_last_order=[1, 0, np.nan, 9, 4])
    assert BY_RECENCY.metrics(churn_model(), churner)["recency_auc"] == pytest.approx(2 / 6)


def test_the_rule_is_named_and_needs_its_feature() -> None:
    by_orders = Probabilities("orders", "order_count")
    metrics = by_orders.metrics(churn_model(), ROWS.assign(order_count=[5, 4, 3, 2, 1]))
    assert metrics["orders_auc"] == pytest.approx(1 / 6)
    assert "orders_auc" in by_orders.shown
    with pytest.raises(MissingFeatureError, match="no column order_count"):
        by_orders.metrics(churn_model(), ROWS)


def test_an_evaluation_adds_sizes_and_the_gain_over_the_rule() -> None:
    # two rows of one customer are one customer
    metrics = BY_RECENCY.evaluated(churn_model(), ROWS.assign(customer_id=list("aacde")))
    assert metrics.items() >= BY_RECENCY.metrics(churn_model(), ROWS).items()
    assert [metrics[name] for name in ("customers", "outcome_share", "gain")] == pytest.approx(
        [4, 0.4, 1 / 6]
    )
    assert {*BY_RECENCY.shown} == {"as_of", *metrics} - {"log_loss"}


def test_draws_of_the_gain_are_those_of_the_auc_less_those_of_the_rule() -> None:
    count, same = Draws(5, 30, 0), ROWS.assign(score=ROWS["days_since_last_order"] / 10)
    drawn, of_rule = (
        BY_RECENCY.draws(churn_model(), rows, np.arange(5), count) for rows in (ROWS, same)
    )
    assert {*drawn} == {"auc", "average_precision", "ece", "gain"}
    assert {len(draws) for draws in drawn.values()} == {30}
    np.testing.assert_allclose(drawn["gain"], drawn["auc"] - of_rule["auc"])
