"""Trend: the last four weeks against the quarter, over the tile of customer days."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from features.expressions import DAYS, ratio, total
from features.registry import feature


@feature(over=DAYS, type="double", unit="ratio", words="orders of the last 28 days are {value} times the quarter's pace")
def order_trend(within: Column) -> Column:
    """Orders of the last 28 days over the pace of the last 91 (1 = as usual); null without an order in them."""
    return ratio(total("order_count", F.col("days_ago") <= 28) * F.lit(91.0 / 28), total("order_count", within & (F.col("days_ago") <= 91)))


@feature(over=DAYS, type="double", unit="ratio", words="spending of the last 28 days is {value} times the quarter's pace")
def amount_trend(within: Column) -> Column:
    """Spending of the last 28 days over the pace of the last 91 (1 = as usual); null without spending in them."""
    return ratio(total("amount_sum", F.col("days_ago") <= 28) * F.lit(91.0 / 28), total("amount_sum", within & (F.col("days_ago") <= 91)))
