"""Habits: which days and hours of the week a customer shops, over the tile of customer days."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from features.declaring import ALL_TIME, feature
from features.expressions import DAYS, ratio, total

# The hour from which an order counts as placed in the evening, in the tenant's zone: our choice,
# the end of most working days.
EVENING_HOUR = 17


@feature(
    over=DAYS,
    type="double",
    unit="share",
    windows=(ALL_TIME, 91),
    words="{value} of the order days at weekends{window}",
    null="no order{window}",
)
def weekend_share(within: Column) -> Column:
    """Share of the order days that are Saturdays or Sundays."""
    return F.avg(
        F.when(
            within & (F.col("order_count") > 0), F.dayofweek("order_date").isin(1, 7).cast("double")
        )
    )


@feature(
    over=DAYS,
    type="double",
    unit="hour",
    words="usually shops around {value}",
    null="no order at a known hour{window}",
)
def hour_mean(within: Column) -> Column:
    """Mean hour of the orders in the tenant's zone, over the days on which the hour of an order is
    known.
    """
    return ratio(total("order_hour_sum", within), total("order_count", _hour_known(within)))


@feature(
    over=DAYS,
    type="double",
    unit="share",
    windows=(ALL_TIME, 91),
    words=f"{{value}} of the orders from {EVENING_HOUR} o'clock on{{window}}",
    null="no order at a known hour{window}",
)
def evening_share(within: Column) -> Column:
    """Share of the orders placed from 17 o'clock on in the tenant's zone, over the days on which
    the hour of an order is known.
    """
    return ratio(total("evening_order_count", within), total("order_count", _hour_known(within)))


def _hour_known(within: Column) -> Column:
    """Days without a known hour count neither as early nor as late: a shop may tell the time of
    some orders only.
    """
    return within & F.col("order_hour_sum").isNotNull()
