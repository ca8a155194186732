"""Trend: the last four weeks against the quarter, over the tile of customer days."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from features.declaring import feature
from features.expressions import DAYS, part, ratio, total


@feature(
    over=DAYS,
    type="double",
    unit="ratio",
    words="orders of the last 28 days are {value} the quarter's pace",
    null="no order in the last 91 days",
)
def order_trend(within: Column) -> Column:
    """Orders of the last 28 days over the pace of the last 91 (1 = as usual); null without an order
    in the 91.
    """
    return _pace("order_count", within)


@feature(
    over=DAYS,
    type="double",
    unit="ratio",
    words="spending of the last 28 days is {value} the quarter's pace",
    null="no spending in the last 91 days",
)
def amount_trend(within: Column) -> Column:
    """Spending of the last 28 days over the pace of the last 91 (1 = as usual); null without
    spending in the 91.
    """
    return _pace("amount_sum", within)


def _pace(column: str, within: Column) -> Column:
    """The sum per day over the last 28 days, over the same of the last 91."""
    quarter = within & (F.col("days_ago") <= 91)
    return ratio(
        part(column, F.col("days_ago") <= 28, quarter) * F.lit(91.0 / 28), total(column, quarter)
    )
