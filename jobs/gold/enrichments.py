"""What third parties know of each customer, with who said it, when it came, and until when it may
be used.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from jobs.features.customers import newest_version
from lakehouse.contract.checks import complete, holds
from lakehouse.contract.reads import History, Snapshot
from lakehouse.contract.table import table

KEY = ["customer_id", "as_of", "provider", "attribute"]
COLUMNS = [*KEY, "attribute_value", "matched_by", "received_on", "valid_from", "valid_until"]


@table(
    key=" ".join(KEY),
    columns=" ".join(COLUMNS),
    slice_by="as_of",
    checks=[
        complete("received_on"),
        complete("matched_by"),
        holds("valid_until IS NULL OR valid_until >= as_of"),
    ],
)
def gold_customer_enrichments(
    features_customers: Snapshot,
    silver_customers: History,
    silver_enrichments: History,
    silver_outside_purchases: History,
) -> DataFrame:
    """One row per customer, provider and attribute that is valid on the as-of date, told of the
    customer or else of their postcode.

    What a provider reports of purchases elsewhere becomes the attributes `outside_order_count`,
    `outside_amount_sum` and `outside_last_purchase_date`.
    """
    people = features_customers.select("customer_id", "as_of")
    living = newest_version(silver_customers, "customer_id").select(
        "customer_id", "as_of", "postcode"
    )
    subjects = people.select(
        *people.columns,
        F.lit("customer").alias("subject"),
        F.col("customer_id").alias("subject_id"),
    ).union(
        people.join(living, ["customer_id", "as_of"]).select(
            *people.columns, F.lit("postcode"), "postcode"
        )
    )
    enriched = subjects.join(
        attributes_as_of(silver_enrichments), ["subject", "subject_id", "as_of"]
    ).withColumnRenamed("subject", "matched_by")
    bought = people.join(purchases_as_of(silver_outside_purchases), ["customer_id", "as_of"])
    both = enriched.select(*COLUMNS).union(bought.select(*COLUMNS))
    nearest = Window.partitionBy(*KEY).orderBy("matched_by")  # customer before postcode
    return both.withColumn("place", F.row_number().over(nearest)).where("place = 1").drop("place")


def attributes_as_of(enrichments: DataFrame) -> DataFrame:
    """One row per subject, provider, attribute and as-of date, of the newest version of each that
    has arrived; only what is valid then.
    """
    newest = newest_version(enrichments, "provider", "subject", "subject_id").where(
        _is_valid("valid_from", "valid_until")
    )
    return newest.select(
        "subject",
        "subject_id",
        "as_of",
        "provider",
        "valid_from",
        "valid_until",
        F.col("arrived_on").alias("received_on"),
        F.explode(F.from_json("attributes", "map<string,string>")).alias(
            "attribute", "attribute_value"
        ),
    ).where("attribute_value IS NOT NULL")


def purchases_as_of(purchases: DataFrame) -> DataFrame:
    """One row per customer, provider, attribute and as-of date: number, sum and newest day of the
    purchases that may be used then.
    """
    usable = purchases.where(_is_valid("purchase_date", "valid_until"))
    names = {
        "outside_order_count": F.count(F.lit(1)),
        "outside_amount_sum": F.sum("amount"),
        "outside_last_purchase_date": F.max("purchase_date"),
    }
    pairs = F.create_map(
        *(part for name, value in names.items() for part in (F.lit(name), value.cast("string")))
    )
    sums = usable.groupBy("customer_id", "as_of", "provider").agg(
        pairs.alias("pairs"),
        F.max("arrived_on").alias("received_on"),
        F.min("purchase_date").alias("valid_from"),
        F.min("valid_until").alias("valid_until"),
    )
    return sums.select(
        "*",
        F.explode("pairs").alias("attribute", "attribute_value"),
        F.lit("customer").alias("matched_by"),
    ).drop("pairs")


def _is_valid(first: str, last: str) -> Column:
    """Whether the as-of date lies within the days, both inclusive; an open end has no limit."""
    day = F.col("as_of")
    return (F.col(first).isNull() | (F.col(first) <= day)) & (
        F.col(last).isNull() | (F.col(last) >= day)
    )
