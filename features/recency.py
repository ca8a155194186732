"""Recency: how long ago, over the tile of customer days."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from features.declaring import feature
from features.expressions import DAYS, order_days_ago


@feature(
    over=DAYS, type="int", unit="days", words="last order {value} ago", null="no order{window}"
)
def days_since_last_order(within: Column) -> Column:
    """Whole days from the customer's last order to the as-of date; null before the first order."""
    return F.min(order_days_ago(within))


@feature(
    over=DAYS, type="int", unit="days", words="first order {value} ago", null="no order{window}"
)
def days_since_first_order(within: Column) -> Column:
    """Whole days from the customer's first order to the as-of date; null before it."""
    return F.max(order_days_ago(within))
