"""The expressions that features share, over the tile of customer days."""

from pyspark.sql import Column
from pyspark.sql import functions as F

DAYS = "silver_customer_days"


def total(column: str, within: Column) -> Column:
    """Sum of a column over the rows of the window; null without any."""
    return F.sum(F.when(within, F.col(column)))


def part(column: str, chosen: Column, within: Column) -> Column:
    """Sum of a column over the chosen rows of the window: 0 where it has rows but none is chosen,
    null where it has none.
    """
    return F.sum(F.when(within, F.when(chosen, F.col(column)).otherwise(F.lit(0))))


def ratio(numerator: Column, denominator: Column) -> Column:
    """Numerator over denominator as a double; null when either is null or the denominator is 0."""
    return F.when(denominator != 0, numerator.cast("double") / denominator.cast("double"))


def order_days_ago(within: Column) -> Column:
    """Days from an order day of the window to the as-of date; null for days on which goods were
    only taken back.
    """
    return F.when(within & (F.col("order_count") > 0), F.col("days_ago"))
