"""Frequency: how many orders, over the tile of customer days."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from features.declaring import ALL_TIME, WINDOWS, feature
from features.expressions import DAYS, order_days_ago, total


@feature(
    over=DAYS,
    type="bigint",
    unit="orders",
    windows=(ALL_TIME, *WINDOWS),
    words="{value}{window}",
    null="no order{window}",
    empty=0,
)
def order_count(within: Column) -> Column:
    """Distinct orders."""
    return F.coalesce(total("order_count", within), F.lit(0))


@feature(
    over=DAYS,
    type="int",
    unit="days",
    windows=WINDOWS,
    words="orders on {value}{window}",
    null="no order{window}",
    empty=0,
)
def order_days(within: Column) -> Column:
    """Days with at least one order."""
    return F.count(order_days_ago(within))
