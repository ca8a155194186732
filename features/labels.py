"""Labels: what customers did in the days from the as-of date on. For training only."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from features.declaring import label
from features.expressions import DAYS


@label(
    over=DAYS, days=(28, 91), type="boolean", empty=True, known_until={28: "known_until"}
)  # the name from the time when there was one label
def is_churned(within: Column) -> Column:
    """Whether the customer places no order; a day on which goods were only taken back has none."""
    return ~F.bool_or(within & (F.col("order_count") > 0))


@label(over="silver_redemptions", days=(28,), type="array<string>", empty=[])
def redeemed_campaigns(within: Column) -> Column:
    """The campaigns of which the customer redeems a coupon, in order."""
    return F.array_sort(F.collect_set(F.when(within, F.col("campaign_id"))))
