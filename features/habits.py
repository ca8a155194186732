"""When a customer shops: hours of the day, over the order lines."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from features.registry import ALL_TIME, feature


@feature(over="order_hours", type="double", unit="hour", words="usually shops around {value} o'clock")
def hour_mean(within: Column) -> Column:
    """Mean hour of the orders in the tenant's zone."""
    return F.avg(F.when(within, F.col("hour").cast("double")))


@feature(over="order_hours", type="double", unit="share", windows=(ALL_TIME, 91), words="{value} of the orders after 17 o'clock{window}")
def evening_share(within: Column) -> Column:
    """Share of the orders placed from 17 o'clock on in the tenant's zone."""
    return F.avg(F.when(within, (F.col("hour") >= 17).cast("double")))
