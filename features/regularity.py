"""Regularity: how even the visits are, over the tile of customer days."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from features.declaring import feature
from features.expressions import DAYS, order_days_ago, ratio


@feature(
    over=DAYS,
    type="double",
    unit="days",
    words="usually {value} between orders",
    null="no second day with an order{window}",
)
def days_between_orders(within: Column) -> Column:
    """Mean days from one order day to the next; null with fewer than two order days."""
    spread, gaps = (
        F.max(order_days_ago(within)) - F.min(order_days_ago(within)),
        F.count(order_days_ago(within)) - 1,
    )
    return ratio(spread, gaps)


@feature(
    over=DAYS,
    type="double",
    unit="ratio",
    words="silent for {value} the usual gap between orders",
    null="no second day with an order{window}",
)
def silence_ratio(within: Column) -> Column:
    """Days since the last order over the mean gap between order days; null with fewer than two
    order days.
    """
    spread, gaps = (
        F.max(order_days_ago(within)) - F.min(order_days_ago(within)),
        F.count(order_days_ago(within)) - 1,
    )
    return ratio(F.min(order_days_ago(within)) * gaps, spread)


@feature(
    over=DAYS,
    type="double",
    unit="days",
    words="order days of the last 91 days vary by {value} around their middle",
    null="no order in the last 91 days",
)
def order_day_spread(within: Column) -> Column:
    """Standard deviation of the order days' distance to the as-of date over the last 91 days: how
    regular the visits are.
    """
    return F.stddev_pop(order_days_ago(within & (F.col("days_ago") <= 91)).cast("double"))
