"""The features of customers, as of any date: one grouping per source table, however many features
there are.
"""

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from features.declaring import declared, refuse_other_sources
from jobs.silver.entities import DEMOGRAPHICS
from lakehouse.contract.checks import WARN, complete, holds, rows_where
from lakehouse.contract.reads import History
from lakehouse.contract.table import table

KEY = ["customer_id", "as_of"]
# what features may be over
SOURCES = (
    "silver_customer_days",
    "customer_product_days",
    "silver_campaign_customers",
    "silver_redemptions",
)
refuse_other_sources(SOURCES)


@table(
    key="customer_id as_of",
    columns=" ".join(["customer_id as_of", *declared(), DEMOGRAPHICS]),
    slice_by="as_of",
    checks=[
        holds("order_count >= 0"),
        holds("days_since_last_order IS NULL OR days_since_last_order >= 1"),
        holds("amount_sum >= 0", level=WARN),
        *(complete(name) for name in declared() if name.startswith("amount_sum")),
        rows_where("silver_customer_days", WARN, so="every customer who ever ordered is deleted"),
    ],
)
def features_customers(
    silver_customers: History,
    silver_customer_days: History,
    silver_customer_product_days: History,
    silver_products: History,
    silver_campaign_customers: History,
    silver_redemptions: History,
) -> DataFrame:
    """One row per customer known before the as-of date: recency, frequency, money, habits,
    assortment, campaigns, demographics.

    Known is who was delivered, ordered or was reached by a campaign, and was not deleted: a
    customer whose newest version says `is_deleted` has no row from the day after it arrived on,
    whatever they order later, until the shop delivers them again.
    """
    reached = without_deleted(silver_campaign_customers, "campaign_id", "customer_id")
    sources = {
        "silver_customer_days": with_days_ago(silver_customer_days, "order_date"),
        "customer_product_days": with_days_ago(
            with_product(silver_customer_product_days, silver_products), "order_date"
        ),
        "silver_campaign_customers": with_days_ago(reached, "arrived_on"),
        "silver_redemptions": with_days_ago(silver_redemptions, "redemption_date"),
    }
    people = last_version(silver_customers, "customer_id").select(
        *KEY, "is_deleted", *DEMOGRAPHICS.split()
    )
    seen = [frame.select(*KEY) for frame in (people, silver_customer_days, reached)]
    known_customers = (
        reduce(DataFrame.union, seen)
        .distinct()
        .join(people, KEY, "left")
        .where("NOT coalesce(is_deleted, false)")
    )
    joined = reduce(
        lambda left, name: left.join(aggregated(sources[name], name), KEY, "left"),
        sources,
        known_customers,
    )
    return joined.select(
        *KEY,
        *(filled(name) for name in declared()),
        *(F.coalesce(F.col(c), F.lit("unknown")).alias(c) for c in DEMOGRAPHICS.split()),
    )


def with_days_ago(frame: DataFrame, day: str) -> DataFrame:
    """The rows with `days_ago`: whole days from their day to the as-of date, at least 1."""
    return frame.withColumn("days_ago", F.datediff("as_of", F.col(day)))


def newest_version(frame: DataFrame, *key: str) -> DataFrame:
    """Of every entity that is not deleted, the version that arrived last before the as-of date."""
    return last_version(frame, *key).where("NOT coalesce(is_deleted, false)")


def last_version(frame: DataFrame, *key: str) -> DataFrame:
    """Of every entity, deleted or not, the version that arrived last before the as-of date."""
    window = Window.partitionBy(*key, "as_of").orderBy(F.col("arrived_on").desc())
    return frame.withColumn("place", F.row_number().over(window)).where("place = 1").drop("place")


def without_deleted(frame: DataFrame, *key: str) -> DataFrame:
    """Every version of the entities whose newest one before the as-of date says that they are
    there.
    """
    window = Window.partitionBy(*key, "as_of").orderBy(F.col("arrived_on").desc())
    newest = F.first(F.coalesce("is_deleted", F.lit(False))).over(window)
    return (
        frame.withColumn("gone", newest)
        .where("NOT gone AND NOT coalesce(is_deleted, false)")
        .drop("gone")
    )


def with_product(days: DataFrame, products: DataFrame) -> DataFrame:
    """The rows with department, category and brand of their product, as known before the as-of
    date.
    """
    newest = newest_version(products, "product_id").select(
        "product_id", "as_of", "department", "product_category", "brand"
    )
    return days.join(newest, ["product_id", "as_of"], "left")


def aggregated(frame: DataFrame, over: str) -> DataFrame:
    """One row per customer and as-of date with every feature of one source."""
    return frame.groupBy(*KEY).agg(
        *(
            feature.aggregate().alias(feature.name)
            for feature in declared().values()
            if feature.over == over
        )
    )


def filled(name: str) -> Column:
    """The feature, with its declared value for customers without rows."""
    feature = declared()[name]
    return (
        F.col(name)
        if feature.empty is None
        else F.coalesce(F.col(name), F.lit(feature.empty).cast(feature.type))
    ).alias(name)
