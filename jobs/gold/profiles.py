"""One wide row per customer, for apps."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from jobs.features.customers import newest_version
from jobs.silver.entities import DEMOGRAPHICS
from lakehouse.contract.checks import complete, rows_where
from lakehouse.contract.reads import History, Snapshot
from lakehouse.contract.table import table

TAKEN = "days_since_last_order order_count amount_sum order_count_91d amount_sum_91d"
SCORED = "churn_probability churn_decile reason_1 reason_2 reason_3 score_status"


@table(
    key="customer_id as_of",
    columns=f"customer_id as_of first_order_date last_order_date {TAKEN} favourite_department "
    f"rfm_segment micro_segment {SCORED} {DEMOGRAPHICS}",
    slice_by="as_of",
    checks=[complete("rfm_segment"), complete("score_status"), rows_where("features_customers")],
)
def gold_customer_profiles(
    features_customers: Snapshot,
    gold_customer_segments: Snapshot,
    gold_customer_scores: Snapshot,
    silver_customer_product_days: History,
    silver_products: History,
) -> DataFrame:
    """One row per customer: who they are, what they did, the segment they fall in and their
    risk.
    """
    key = ["customer_id", "as_of"]
    return (
        features_customers.select(
            *key,
            F.date_sub("as_of", F.col("days_since_first_order")).alias("first_order_date"),
            F.date_sub("as_of", F.col("days_since_last_order")).alias("last_order_date"),
            *TAKEN.split(),
            *DEMOGRAPHICS.split(),
        )
        .join(gold_customer_segments.select(*key, "rfm_segment", "micro_segment"), key)
        .join(gold_customer_scores.select(*key, *SCORED.split()), key)
        .join(favourite_departments(silver_customer_product_days, silver_products), key, "left")
    )


def favourite_departments(bought: DataFrame, products: DataFrame) -> DataFrame:
    """One row per customer and as-of date: the department with the highest spending, ties by name;
    products without one do not count.
    """
    placed = newest_version(products, "product_id").where("trim(department) <> ''")
    named = bought.join(placed.select("product_id", "as_of", "department"), ["product_id", "as_of"])
    spent = named.groupBy("customer_id", "as_of", "department").agg(
        F.sum("amount_sum").alias("spent")
    )
    order = Window.partitionBy("customer_id", "as_of").orderBy(F.col("spent").desc(), "department")
    top = spent.withColumn("place", F.row_number().over(order)).where("place = 1")
    return top.select("customer_id", "as_of", F.col("department").alias("favourite_department"))
