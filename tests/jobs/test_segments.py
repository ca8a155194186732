"""The RFM map and its scores."""

from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from pyspark.sql import SparkSession

from jobs.gold.segments import SEGMENTS, segment_of, with_quintiles

CODES = list(product(range(1, 6), repeat=3))


def test_every_code_has_a_name_and_every_name_a_code() -> None:
    named = {segment_of(*code) for code in CODES}
    assert len(CODES) == 125
    assert named == {name for name, *_ in SEGMENTS}


def test_a_most_recent_most_frequent_customer_is_never_lost() -> None:
    assert {segment_of(5, 5, m) for m in range(1, 6)} == {"champions", "loyal"}
    assert all(segment_of(r, f, m) not in {"lost", "hibernating", "at_risk"} for r, f, m in CODES if r >= 4)


def test_a_score_outside_one_to_five_is_refused() -> None:
    with pytest.raises(ValueError, match="no segment for the scores 6, 1, 1"):
        segment_of(6, 1, 1)


def test_equal_values_get_equal_scores_and_no_orders_none(spark: SparkSession) -> None:
    day = date(2017, 2, 1)
    rows = [
        ("a", day, 1, 9, Decimal(90)),
        ("b", day, 2, 9, Decimal(50)),
        ("c", day, 2, 9, Decimal(50)),
        ("d", day, 30, 9, Decimal(10)),
        ("e", day, 90, 1, Decimal(5)),
        ("f", day, None, 0, Decimal(0)),
    ]
    frame = spark.createDataFrame(
        rows, "customer_id string, as_of date, days_since_last_order int, order_count bigint, amount_sum decimal(18,4)"
    )
    scores = {r["customer_id"]: (r["recency_score"], r["frequency_score"], r["monetary_score"]) for r in with_quintiles(frame).collect()}
    # five customers with orders: each is one fifth; b and c are equal in all, a to d in frequency
    assert scores == {"a": (5, 5, 5), "b": (4, 5, 4), "c": (4, 5, 4), "d": (2, 5, 2), "e": (1, 1, 1), "f": (None, None, None)}
