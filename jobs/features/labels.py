"""What happened after an as-of date: for training only."""

from typing import Annotated

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.contract import Read, Snapshot, holds, table

CHURN_DAYS = 28
Following = Annotated[DataFrame, Read("after", days=CHURN_DAYS)]


@table(
    key="customer_id as_of",
    columns="customer_id as_of is_churned_28d",
    slice_by="as_of",
    stage="labels",
    checks=[holds("is_churned_28d IS NOT NULL")],
)
def features_labels(features_customers: Snapshot, silver_customer_days: Following) -> DataFrame:
    """One row per customer with an order before the as-of date: whether they placed none in the 28 days from it on."""
    bought = silver_customer_days.where("order_count > 0").select("customer_id", "as_of").distinct().withColumn("bought", F.lit(True))
    population = features_customers.where("order_count > 0").select("customer_id", "as_of")
    return population.join(bought, ["customer_id", "as_of"], "left").select(
        "customer_id", "as_of", F.col("bought").isNull().alias("is_churned_28d")
    )
