"""The expressions that features share, over the tile of customer days."""

from pyspark.sql import Column
from pyspark.sql import functions as F

DAYS = "silver_customer_days"


def total(column: str, within: Column) -> Column:
    """Sum of a column over the rows of the window; null without any."""
    return F.sum(F.when(within, F.col(column)))


def ratio(part: Column, whole: Column) -> Column:
    """The part over the whole as a double; null when the whole is null or 0."""
    return F.when(whole != 0, part.cast("double") / whole.cast("double"))


def order_days_ago(within: Column) -> Column:
    """Days from an order day of the window to the as-of date; null for days on which goods were only taken back."""
    return F.when(within & (F.col("order_count") > 0), F.col("days_ago"))
