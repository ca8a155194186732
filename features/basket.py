"""Basket: how large an order is, over the tile of customer days."""

from pyspark.sql import Column

from features.declaring import ALL_TIME, feature
from features.expressions import DAYS, ratio, total


@feature(
    over=DAYS,
    type="double",
    unit="currency",
    windows=(ALL_TIME, 91),
    words="{value} per order{window}",
    null="no order{window}",
)
def amount_per_order(within: Column) -> Column:
    """Mean amount of an order; null without one."""
    return ratio(total("amount_sum", within), total("order_count", within))


@feature(
    over=DAYS,
    type="double",
    unit="lines",
    windows=(ALL_TIME, 91),
    words="{value} per order{window}",
    null="no order{window}",
)
def lines_per_order(within: Column) -> Column:
    """Mean number of lines of an order; null without one."""
    return ratio(total("line_count", within), total("order_count", within))
