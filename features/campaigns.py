"""Campaign response: how often a customer was reached and how often they redeemed a coupon."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from features.declaring import ALL_TIME, feature


@feature(
    over="silver_campaign_customers",
    type="bigint",
    unit="campaigns",
    windows=(ALL_TIME, 91),
    words="reached by {value}{window}",
    null="reached by no campaign{window}",
    empty=0,
)
def campaign_count(within: Column) -> Column:
    """Campaigns that reached the customer."""
    return F.size(F.collect_set(F.when(within, F.col("campaign_id"))))


@feature(
    over="silver_redemptions",
    type="bigint",
    unit="coupons",
    windows=(ALL_TIME, 91),
    words="{value} redeemed{window}",
    null="no coupon redeemed{window}",
    empty=0,
)
def redemption_count(within: Column) -> Column:
    """Coupons redeemed."""
    return F.count_if(within)


@feature(
    over="silver_redemptions",
    type="int",
    unit="days",
    words="last coupon redeemed {value} ago",
    null="no coupon redeemed{window}",
)
def days_since_last_redemption(within: Column) -> Column:
    """Whole days from the last coupon redeemed to the as-of date; null without one."""
    return F.min(F.when(within, F.col("days_ago")))
