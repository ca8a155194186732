"""What happened after an as-of date: for training only."""

from datetime import date
from typing import Annotated

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.contract.checks import holds
from lakehouse.contract.reads import Read, Snapshot
from lakehouse.contract.table import table

CHURN_DAYS = 28
ORDERS = "bronze_orders"
Following = Annotated[DataFrame, Read("after", days=CHURN_DAYS)]
OrdersKnownUntil = Annotated[date | None, Read("known_until", name=ORDERS)]


@table(
    key="customer_id as_of",
    columns="customer_id as_of is_churned_28d known_until",
    slice_by="as_of",
    stage="labels",
    checks=[
        holds(
            f"(is_churned_28d IS NOT NULL) = coalesce(known_until = date_add(as_of, {CHURN_DAYS}),"
            " false)"
        )
    ],
)
def features_labels(
    features_customers: Snapshot,
    silver_customer_days: Following,
    orders_known_until: OrdersKnownUntil,
) -> DataFrame:
    """One row per customer with an order before the as-of date: whether they placed none in the 28
    days from it on.

    Null until the orders of all 28 days are known, also of customers who have ordered in those that
    are: else the labels that are there would tell of buyers alone.
    """
    bought = (
        silver_customer_days.where("order_count > 0")
        .select("customer_id", "as_of")
        .distinct()
        .withColumn("bought", F.lit(True))
    )
    population = features_customers.where("order_count > 0").select("customer_id", "as_of")
    end, known = F.date_add("as_of", CHURN_DAYS), F.lit(orders_known_until).cast("date")
    return population.join(bought, ["customer_id", "as_of"], "left").select(
        "customer_id",
        "as_of",
        F.when(end <= known, F.col("bought").isNull()).alias("is_churned_28d"),
        F.when(end <= known, end).otherwise(known).alias("known_until"),
    )
