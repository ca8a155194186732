"""Recency, frequency, monetary value, basket, discount use and trend, over the tile of customer days."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from features.registry import ALL_TIME, WINDOWS, feature

DAYS = "silver_customer_days"
EACH = (ALL_TIME, *WINDOWS)


def _sum(column: str, within: Column) -> Column:
    return F.sum(F.when(within, F.col(column)))


@feature(over=DAYS, type="int", unit="days", words="last order {value} days ago")
def days_since_last_order(within: Column) -> Column:
    """Whole days from the customer's last order to the as-of date; null before the first order."""
    return F.min(F.when(within, F.col("days_ago")))


@feature(over=DAYS, type="int", unit="days", words="first order {value} days ago")
def days_since_first_order(within: Column) -> Column:
    """Whole days from the customer's first order to the as-of date."""
    return F.max(F.when(within, F.col("days_ago")))


@feature(over=DAYS, type="bigint", unit="orders", windows=EACH, words="{value} orders{window}", empty=0)
def order_count(within: Column) -> Column:
    """Distinct orders."""
    return F.coalesce(_sum("order_count", within), F.lit(0))


@feature(over=DAYS, type="int", unit="days", windows=WINDOWS, words="orders on {value} days{window}", empty=0)
def order_days(within: Column) -> Column:
    """Days with at least one order."""
    return F.count(F.when(within, F.lit(1)))


@feature(over=DAYS, type="decimal(18,4)", unit="currency", windows=EACH, words="{value} spent{window}", empty=0)
def amount_sum(within: Column) -> Column:
    """Sum of what the customer's order lines brought in."""
    return F.coalesce(_sum("amount_sum", within), F.lit(0))


@feature(over=DAYS, type="double", unit="currency", windows=(ALL_TIME, 91), words="{value} per order{window}")
def amount_per_order(within: Column) -> Column:
    """Mean amount of an order; null without one."""
    return _ratio(_sum("amount_sum", within), _sum("order_count", within))


@feature(over=DAYS, type="double", unit="lines", windows=(ALL_TIME, 91), words="{value} lines per order{window}")
def lines_per_order(within: Column) -> Column:
    """Mean number of lines of an order; null without one."""
    return _ratio(_sum("line_count", within), _sum("order_count", within))


@feature(over=DAYS, type="double", unit="share", windows=(ALL_TIME, 91), words="{value} of the spending saved by discounts{window}")
def discount_share(within: Column) -> Column:
    """Shop discounts as a share of what the lines would have cost without them."""
    return _ratio(_sum("discount_sum", within), _sum("discount_sum", within) + _sum("amount_sum", within))


@feature(over=DAYS, type="double", unit="share", windows=(ALL_TIME, 91), words="{value} of the spending paid by coupons{window}")
def coupon_share(within: Column) -> Column:
    """Coupon discounts as a share of what the lines would have cost without them."""
    return _ratio(_sum("coupon_discount_sum", within), _sum("coupon_discount_sum", within) + _sum("amount_sum", within))


@feature(over=DAYS, type="double", unit="ratio", words="orders of the last 28 days are {value} times the quarter's pace")
def order_trend(within: Column) -> Column:
    """Orders of the last 28 days over the pace of the last 91 (1 = as usual); null without an order in them."""
    return _ratio(_sum("order_count", F.col("days_ago") <= 28) * F.lit(91.0 / 28), _sum("order_count", within & (F.col("days_ago") <= 91)))


@feature(over=DAYS, type="double", unit="ratio", words="spending of the last 28 days is {value} times the quarter's pace")
def amount_trend(within: Column) -> Column:
    """Spending of the last 28 days over the pace of the last 91 (1 = as usual); null without spending in them."""
    return _ratio(_sum("amount_sum", F.col("days_ago") <= 28) * F.lit(91.0 / 28), _sum("amount_sum", within & (F.col("days_ago") <= 91)))


@feature(over=DAYS, type="double", unit="days", words="usually {value} days between orders")
def days_between_orders(within: Column) -> Column:
    """Mean days from one order day to the next; null with fewer than two order days."""
    spread, gaps = F.max("days_ago") - F.min("days_ago"), F.count(F.when(within, F.lit(1))) - 1
    return _ratio(spread, gaps)


@feature(over=DAYS, type="double", unit="ratio", words="silent for {value} times the usual gap between orders")
def silence_ratio(within: Column) -> Column:
    """Days since the last order over the mean gap between order days; null with fewer than two order days."""
    spread, gaps = F.max("days_ago") - F.min("days_ago"), F.count(F.when(within, F.lit(1))) - 1
    return _ratio(F.min("days_ago") * gaps, spread)


@feature(over=DAYS, type="double", unit="days", words="order days spread over {value} days around their middle")
def order_day_spread(within: Column) -> Column:
    """Standard deviation of the order days' distance to the as-of date over the last 91 days: how regular the visits are."""
    return F.stddev_pop(F.when(within & (F.col("days_ago") <= 91), F.col("days_ago").cast("double")))


@feature(over=DAYS, type="double", unit="share", windows=(ALL_TIME, 91), words="{value} of the orders at weekends{window}")
def weekend_share(within: Column) -> Column:
    """Share of the order days that are Saturdays or Sundays."""
    return F.avg(F.when(within, F.dayofweek("order_date").isin(1, 7).cast("double")))


def _ratio(part: Column, whole: Column) -> Column:
    return F.when(whole != 0, part.cast("double") / whole.cast("double"))
