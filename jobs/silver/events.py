"""Events: order lines and redemptions, each on its business day, and the mergeable daily tiles."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.contract import WARN, Conf, Touched, at_least, complete, holds, joins, not_after, present, table

AMOUNTS = ("amount", "discount", "coupon_discount")
EVENING = 17  # the hour from which an order counts as placed in the evening, in the tenant's zone


@table(
    key="order_id line_id",
    columns="order_id line_id customer_id product_id store_id ordered_at order_date quantity amount discount coupon_discount arrived_on",
    slice_by="order_date",
    rules=[
        present("customer_id"), present("order_id"), present("line_id"), present("order_date"), present("amount"),
        at_least("amount", 0), at_least("quantity", 0), not_after("order_date", "arrived_on"),
    ],
    checks=[complete("product_id", 0.99), joins("product_id", "silver_products", share=0.99, level=WARN)],
)  # fmt: skip
def silver_order_lines(bronze_orders: Touched) -> DataFrame:
    """One row per order line, the latest version received, amounts in the tenant's currency."""
    return bronze_orders.drop("source_file", "source_line")


@table(
    key="customer_id coupon_id campaign_id redemption_date",
    columns="customer_id coupon_id campaign_id redemption_date arrived_on",
    slice_by="redemption_date",
    rules=[present("customer_id"), present("coupon_id"), present("redemption_date"), not_after("redemption_date", "arrived_on")],
    checks=[complete("campaign_id", 0.9, WARN)],
)
def silver_redemptions(bronze_redemptions: Touched) -> DataFrame:
    """One row per coupon a customer redeemed on a day."""
    return bronze_redemptions.drop("source_file", "source_line")


@table(
    key="customer_id order_date",
    columns="customer_id order_date order_count line_count amount_sum discount_sum coupon_discount_sum order_hour_sum evening_order_count",
    slice_by="order_date",
    checks=[holds("order_count >= 1"), holds("amount_sum >= 0")],
)
def silver_customer_days(silver_order_lines: Touched, conf: Conf) -> DataFrame:
    """One row per customer and day with an order: the tile that customer features sum."""
    hour = F.hour(F.from_utc_timestamp("ordered_at", conf.tenant.zone))
    # first per order, then per day: cheaper than counting distinct orders, and the hour is the order's, not its lines'
    orders = silver_order_lines.groupBy("customer_id", "order_date", "order_id").agg(
        F.count(F.lit(1)).alias("line_count"), F.min(hour).alias("hour"), *(_money(F.coalesce(a, F.lit(0)), f"{a}_sum") for a in AMOUNTS)
    )
    return orders.groupBy("customer_id", "order_date").agg(
        F.count(F.lit(1)).alias("order_count"),
        F.sum("line_count").alias("line_count"),
        *(_money(F.col(f"{a}_sum"), f"{a}_sum") for a in AMOUNTS),
        F.sum("hour").alias("order_hour_sum"),
        F.count(F.when(F.col("hour") >= EVENING, F.lit(1))).alias("evening_order_count"),
    )


def _money(amount: Column, name: str) -> Column:
    return F.sum(amount).cast("decimal(18,4)").alias(name)


@table(
    key="customer_id product_id order_date",
    columns="customer_id product_id order_date order_count quantity amount_sum",
    slice_by="order_date",
    checks=[holds("order_count >= 1")],
)
def silver_customer_product_days(silver_order_lines: Touched) -> DataFrame:
    """One row per customer, product and day it was bought on: the tile that recommendations and category features sum."""
    lines = silver_order_lines.where(F.col("product_id").isNotNull())
    return lines.groupBy("customer_id", "product_id", "order_date").agg(
        F.size(F.collect_set("order_id")).cast("bigint").alias("order_count"),
        F.sum("quantity").cast("decimal(18,4)").alias("quantity"),
        F.sum("amount").cast("decimal(18,4)").alias("amount_sum"),
    )
