"""Events: order lines and redemptions, each on its business day, and the mergeable daily tiles."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.contract import WARN, Touched, at_least, complete, holds, joins, not_after, present, table


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
    columns="customer_id order_date order_count line_count product_count amount_sum discount_sum coupon_discount_sum",
    slice_by="order_date",
    checks=[holds("order_count >= 1"), holds("amount_sum >= 0")],
)
def silver_customer_days(silver_order_lines: Touched) -> DataFrame:
    """One row per customer and day with an order: the tile that customer features sum."""
    # size(collect_set) instead of countDistinct: no second expansion of the rows
    return silver_order_lines.groupBy("customer_id", "order_date").agg(
        F.size(F.collect_set("order_id")).cast("bigint").alias("order_count"),
        F.count(F.lit(1)).alias("line_count"),
        F.size(F.collect_set("product_id")).cast("bigint").alias("product_count"),
        *_sums(),
    )


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


def _sums() -> list[Column]:
    pairs = {"amount": "amount_sum", "discount": "discount_sum", "coupon_discount": "coupon_discount_sum"}
    return [F.sum(F.coalesce(column, F.lit(0))).cast("decimal(18,4)").alias(name) for column, name in pairs.items()]
