"""Monetary value: how much was spent, over the tile of customer days."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from features.declaring import ALL_TIME, WINDOWS, feature
from features.expressions import DAYS, total


@feature(
    over=DAYS,
    type="decimal(18,4)",
    unit="currency",
    windows=(ALL_TIME, *WINDOWS),
    words="spent {value}{window}",
    null="nothing spent{window}",
    empty=0,
)
def amount_sum(within: Column) -> Column:
    """Sum of what the customer's order lines brought in."""
    return F.coalesce(total("amount_sum", within), F.lit(0))
