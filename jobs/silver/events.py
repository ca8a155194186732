"""Events: order lines and redemptions, each on its business day, and the mergeable daily tiles."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from features.habits import EVENING_HOUR
from lakehouse.contract.checks import WARN, complete, holds, joins
from lakehouse.contract.reads import Conf, Reference, Touched
from lakehouse.contract.rules import RuleOf, at_least, below_in_size, not_after, present
from lakehouse.contract.table import table
from settings.model import Settings

AMOUNTS = ("amount", "discount", "coupon_discount")


def with_rate() -> RuleOf:
    """Reject rows in a currency for which no rate held on the day."""
    return RuleOf(
        "with_rate()",
        "a rate of the currency holds on the day",
        lambda: (
            F.col("currency").isNotNull() & F.col("exchange_rate").isNull(),
            F.concat(
                F.lit("no exchange rate of "),
                F.col("currency"),
                F.lit(" holds on "),
                F.col("order_date").cast("string"),
            ),
        ),
        ("currency",),
    )


@table(
    source="exchange_rates",
    row="currency and day from which its rate holds",
    key="currency rate_date",
    columns="currency rate_date exchange_rate arrived_on",
    required="exchange_rate",
    slice_by="rate_date",
    rules=[
        present("currency"),
        present("rate_date"),
        present("exchange_rate"),
        at_least("exchange_rate", 0),
    ],
    checks=[complete("exchange_rate")],
)
def silver_exchange_rates(bronze_exchange_rates: Touched) -> DataFrame:
    """One row per currency and day from which a rate holds, until the next one: what a unit is
    worth in the tenant's currency.
    """
    return bronze_exchange_rates


@table(
    source="orders",
    row="order line",
    key="order_id line_id",
    columns=(
        "order_id line_id customer_id product_id store_id ordered_at order_date quantity amount"
        " discount coupon_discount is_return currency exchange_rate arrived_on"
    ),
    required="customer_id order_date amount",
    slice_by="order_date",
    rules=[
        present("customer_id"),
        present("order_id"),
        present("line_id"),
        present("order_date"),
        present("amount"),
        at_least("amount", 0, unless="is_return"),
        at_least("quantity", 0, unless="is_return"),
        not_after("order_date", "arrived_on"),
        with_rate(),
        *(below_in_size(name) for name in ("quantity", *AMOUNTS)),
    ],
    checks=[
        complete("product_id", 0.99),
        joins("product_id", "silver_products", share=0.99, level=WARN),
    ],
)
def silver_order_lines(
    bronze_orders: Touched, silver_exchange_rates: Reference, conf: Conf
) -> DataFrame:
    """One row per order line, the latest version received, amounts in the tenant's currency;
    returns are negative.
    """
    lines = bronze_orders.withColumn("is_return", F.coalesce("is_return", F.lit(False)))
    return (
        in_tenant_currency(lines, silver_exchange_rates, conf) if _has_currencies(conf) else lines
    )


def in_tenant_currency(lines: DataFrame, rates: DataFrame, conf: Settings) -> DataFrame:
    """Amounts times the rate that holds on the business day, the last one at or before it; a
    currency of its own has the rate 1.

    A product is wide enough for every amount and rate; one that is too large for a line is for a
    rule to reject.
    """
    own, currency = conf.tenant.currency, F.coalesce("currency", F.lit(conf.tenant.currency))
    until = F.lead("rate_date").over(Window.partitionBy("currency").orderBy("rate_date"))
    spans = rates.select(
        F.col("currency").alias("rate_currency"),
        F.col("rate_date").alias("since"),
        until.alias("until"),
        F.col("exchange_rate").alias("rate"),
    )
    day, same = F.col("order_date"), currency == F.col("rate_currency")
    holds_then = same & (day >= F.col("since")) & (F.col("until").isNull() | (day < F.col("until")))
    with_rates = lines.join(F.broadcast(spans), holds_then, "left").withColumn("currency", currency)
    rate = F.when(F.col("currency") == own, F.lit(1)).otherwise(F.col("rate")).cast("decimal(18,8)")
    converted = {
        a: (F.col(a) * F.coalesce("exchange_rate", F.lit(1))).cast("decimal(38,4)") for a in AMOUNTS
    }
    return (
        with_rates.withColumn("exchange_rate", rate)
        .withColumns(converted)
        .drop("rate_currency", "since", "until", "rate")
    )


def _has_currencies(conf: Settings) -> bool:
    return "currency" in conf.tenant.sources["orders"].mapping


@table(
    source="redemptions",
    row="coupon redemption",
    key="customer_id coupon_id campaign_id redemption_date",
    columns="customer_id coupon_id campaign_id redemption_date arrived_on",
    slice_by="redemption_date",
    rules=[
        present("customer_id"),
        present("coupon_id"),
        present("redemption_date"),
        not_after("redemption_date", "arrived_on"),
    ],
    checks=[complete("campaign_id", 0.9, WARN)],
)
def silver_redemptions(bronze_redemptions: Touched) -> DataFrame:
    """One row per coupon a customer redeemed on a day."""
    return bronze_redemptions


@table(
    source="promotions",
    row="promotion of a product in a store",
    key="product_id store_id promotion_week display_location mailer_location",
    columns="product_id store_id promotion_week display_location mailer_location arrived_on",
    slice_by="promotion_week",
    rules=[present("product_id"), present("store_id"), present("promotion_week")],
    checks=[
        complete("display_location"),
        complete("mailer_location"),
        joins("product_id", "silver_products", share=0.9, level=WARN),
    ],
)
def silver_promotions(bronze_promotions: Touched) -> DataFrame:
    """One row per product, store, week and place in which it was displayed or advertised."""
    return bronze_promotions


@table(
    key="customer_id order_date",
    columns=(
        "customer_id order_date order_count line_count amount_sum discount_sum coupon_discount_sum"
        " order_hour_sum evening_order_count"
    ),
    slice_by="order_date",
    checks=[
        holds("order_count >= 0"),
        holds("line_count >= 1"),
        *(complete(f"{name}_sum") for name in AMOUNTS),
    ],
)
def silver_customer_days(silver_order_lines: Touched, conf: Conf) -> DataFrame:
    """One row per customer and day with an order or a return: the tile that features sum; returns
    lower the sums.
    """
    hour = F.hour(F.from_utc_timestamp("ordered_at", conf.tenant.zone))
    lines = silver_order_lines.withColumn("is_return", F.coalesce("is_return", F.lit(False)))
    # first per order, then per day: cheaper than counting distinct orders, and the hour is the
    # order's, not its lines'
    orders = lines.groupBy("customer_id", "order_date", "order_id").agg(
        F.count(F.lit(1)).alias("line_count"),
        F.max((~F.col("is_return")).cast("int")).alias("is_order"),
        F.min(F.when(~F.col("is_return"), hour)).alias("hour"),
        *(_money(F.coalesce(a, F.lit(0)), f"{a}_sum") for a in AMOUNTS),
    )
    return orders.groupBy("customer_id", "order_date").agg(
        F.sum("is_order").alias("order_count"),
        F.sum("line_count").alias("line_count"),
        *(_money(F.col(f"{a}_sum"), f"{a}_sum") for a in AMOUNTS),
        F.sum("hour").alias("order_hour_sum"),
        F.when(F.count("hour") > 0, F.count(F.when(F.col("hour") >= EVENING_HOUR, F.lit(1)))).alias(
            "evening_order_count"
        ),
    )


def _money(amount: Column, name: str) -> Column:
    """The sum of amounts, ten digits wider than they are: whether it fits its column is asked when
    the table is conformed.
    """
    return F.sum(amount).alias(name)


@table(
    key="customer_id product_id order_date",
    columns="customer_id product_id order_date order_count quantity amount_sum",
    slice_by="order_date",
    checks=[holds("order_count >= 0"), complete("amount_sum")],
)
def silver_customer_product_days(silver_order_lines: Touched) -> DataFrame:
    """One row per customer, product and day it was bought on: the tile that recommendations and
    category features sum.
    """
    lines = silver_order_lines.where(F.col("product_id").isNotNull())
    return lines.groupBy("customer_id", "product_id", "order_date").agg(
        F.size(F.collect_set(F.when(~F.coalesce("is_return", F.lit(False)), F.col("order_id"))))
        .cast("bigint")
        .alias("order_count"),
        _money(F.col("quantity"), "quantity"),
        _money(F.col("amount"), "amount_sum"),
    )
