"""Discount use: what the shop and its coupons took off, over the tile of customer days."""

from pyspark.sql import Column

from features.declaring import ALL_TIME, feature
from features.expressions import DAYS, ratio, total


@feature(
    over=DAYS,
    type="double",
    unit="share",
    windows=(ALL_TIME, 91),
    words="{value} of the price saved by discounts{window}",
    null="no spending{window}",
)
def discount_share(within: Column) -> Column:
    """Shop discounts as a share of what the lines would have cost without them."""
    return ratio(
        total("discount_sum", within), total("discount_sum", within) + total("amount_sum", within)
    )


@feature(
    over=DAYS,
    type="double",
    unit="share",
    windows=(ALL_TIME, 91),
    words="{value} of the price paid by coupons{window}",
    null="no spending{window}",
)
def coupon_share(within: Column) -> Column:
    """Coupon discounts as a share of what the lines would have cost without them."""
    return ratio(
        total("coupon_discount_sum", within),
        total("coupon_discount_sum", within) + total("amount_sum", within),
    )
