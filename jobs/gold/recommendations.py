"""What to show whom: what a customer keeps buying, then what their segment buys, then what
everybody buys.
"""

from typing import Annotated

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from jobs.features.customers import newest_version
from lakehouse.contract.checks import WARN, holds, rows_where
from lakehouse.contract.reads import Conf, History, Read, Snapshot
from lakehouse.contract.table import table
from settings.model import Settings

RANKS = 20
POPULAR_DAYS = 91  # a quarter: old enough to be stable, young enough to follow the season
# purchase frequency decayed with this half-life: nDCG@10 0.417 against 0.399 undecayed on the demo
# data
HALF_LIFE_DAYS = 90
ALL = "all"
# tabs and line ends, spaces of all widths, and what has no width, such as a byte order mark
BLANKS = r"[\s\p{Z}\p{Cf}]+"
WHY = "look at excluded_departments of the tenant, and at the products in silver_products"
Recent = Annotated[DataFrame, Read("history", days=POPULAR_DAYS)]


@table(
    key="as_of segment rank",
    columns="as_of segment rank product_id customer_count reason",
    slice_by="as_of",
    checks=[
        holds(f"rank BETWEEN 1 AND {RANKS}"),
        holds("customer_count > 0"),
        rows_where(
            "gold_customer_segments",
            WARN,
            so=f"nothing that may be recommended was bought in the last {POPULAR_DAYS} days; {WHY}",
        ),
    ],
    privacy="reason:none",
)
def gold_popular_products(
    silver_customer_product_days: Recent,
    silver_products: History,
    gold_customer_segments: Snapshot,
    conf: Conf,
) -> DataFrame:
    """One row per segment (and for all customers) and rank: the products most customers bought in
    the last 91 days.

    A segment counts the customers who are in it. `all` counts who bought, also customers whom the
    shop has deleted since: as in the sums of `gold_kpis`, their orders stay.
    """
    bought = without_excluded(silver_customer_product_days, silver_products, conf)
    members = gold_customer_segments.select("as_of", "customer_id", "rfm_segment")
    pairs = (
        bought.select("as_of", "customer_id", "product_id")
        .distinct()
        .join(members, ["as_of", "customer_id"], "left")
    )
    each = pairs.select(
        "as_of",
        "product_id",
        F.explode(F.array_compact(F.array("rfm_segment", F.lit(ALL)))).alias("segment"),
    )
    counted = each.groupBy("as_of", "segment", "product_id").agg(
        F.count(F.lit(1)).alias("customer_count")
    )
    place = Window.partitionBy("as_of", "segment").orderBy(
        F.col("customer_count").desc(), "product_id"
    )
    text = F.when(F.col("segment") == ALL, "popular").otherwise(
        F.concat(F.lit("popular with "), F.regexp_replace("segment", "_", " "))
    )
    count = F.col("customer_count")
    people = F.concat(count.cast("string"), F.when(count == 1, " customer").otherwise(" customers"))
    reason = F.concat(
        text, F.lit(": bought by "), people, F.lit(f" in the last {POPULAR_DAYS} days")
    )
    ranked = counted.withColumn("rank", F.row_number().over(place)).where(F.col("rank") <= RANKS)
    return ranked.withColumn("reason", reason)


@table(
    key="customer_id as_of rank",
    columns="customer_id as_of rank product_id score reason strategy",
    slice_by="as_of",
    checks=[
        holds(f"rank BETWEEN 1 AND {RANKS}"),
        holds("reason <> ''"),
        rows_where(
            "gold_customer_segments",
            WARN,
            so=f"nothing that may be recommended was ever bought; {WHY}",
        ),
    ],
)
def gold_recommendations(
    silver_customer_product_days: History,
    silver_products: History,
    gold_customer_segments: Snapshot,
    gold_popular_products: Snapshot,
    conf: Conf,
) -> DataFrame:
    """One row per customer and rank 1 to 20; no product twice, none of the tenant's excluded
    departments.
    """
    people = gold_customer_segments.select("customer_id", "as_of", "rfm_segment")
    bought = without_excluded(silver_customer_product_days, silver_products, conf).join(
        people, ["customer_id", "as_of"], "left_semi"
    )
    popular = gold_popular_products.select(
        "as_of",
        "segment",
        "product_id",
        F.col("customer_count").cast("double").alias("score"),
        "reason",
        F.col("rank").alias("place"),
    )
    of_segment = people.join(
        popular,
        (people["as_of"] == popular["as_of"]) & (popular["segment"] == F.col("rfm_segment")),
    ).drop(popular["as_of"])
    of_all = people.join(popular.where(F.col("segment") == ALL), "as_of")
    candidates = [
        bought_again(bought).withColumn("tier", F.lit(1)),
        _offered(of_segment, "popular_in_segment", 2),
        _offered(of_all, "popular", 3),
    ]
    union = candidates[0].unionByName(candidates[1]).unionByName(candidates[2])
    first = Window.partitionBy("customer_id", "as_of", "product_id").orderBy("tier")
    once = union.withColumn("seen", F.row_number().over(first)).where("seen = 1")
    order = Window.partitionBy("customer_id", "as_of").orderBy(
        "tier", F.col("score").desc(), "product_id"
    )
    return (
        once.withColumn("rank", F.row_number().over(order))
        .where(F.col("rank") <= RANKS)
        .drop("seen", "tier")
    )


def without_excluded(bought: DataFrame, products: DataFrame, conf: Settings) -> DataFrame:
    """The purchases of products that may be recommended.

    A shop with a source of products has those recommended that it has delivered and not deleted, of
    no excluded department; a product without a department is in none. A shop that tells nothing of
    its products excludes none.
    """
    bought = bought.where("order_count > 0")
    if "products" not in conf.tenant.sources:
        return bought
    excluded = [as_compared(F.lit(name)) for name in conf.tenant.excluded_departments]
    is_excluded = F.coalesce(as_compared(F.col("department")).isin(*excluded), F.lit(False))
    offered = newest_version(products, "product_id").where(~is_excluded)
    return bought.join(offered.select("product_id", "as_of"), ["product_id", "as_of"])


def as_compared(name: Column) -> Column:
    """A name in upper case, without blanks and invisible characters around it: so `fuel` and `FUEL
    ` are one department.
    """
    return F.upper(F.regexp_replace(name, f"^{BLANKS}|{BLANKS}$", ""))


def bought_again(bought: DataFrame) -> DataFrame:
    """The customer's own products by decayed purchase frequency, at most 20; ties by the product's
    id.
    """
    decayed = F.col("order_count") * F.pow(
        F.lit(0.5), F.datediff("as_of", "order_date") / F.lit(float(HALF_LIFE_DAYS))
    )
    own = bought.groupBy("customer_id", "as_of", "product_id").agg(
        nine_decimals(F.sum(decayed)).alias("score"),
        F.sum("order_count").alias("times"),
        F.max("order_date").alias("last"),
    )
    order = Window.partitionBy("customer_id", "as_of").orderBy(F.col("score").desc(), "product_id")
    top = own.withColumn("place", F.row_number().over(order)).where(F.col("place") <= RANKS)
    times = (
        F.when(F.col("times") == 1, "once")
        .when(F.col("times") == 2, "twice")
        .otherwise(F.concat(F.col("times").cast("string"), F.lit(" times")))
    )
    reason = F.concat(F.lit("bought "), times, F.lit(", last on "), F.col("last").cast("string"))
    return top.select(
        "customer_id",
        "as_of",
        "product_id",
        "score",
        reason.alias("reason"),
        F.lit("bought_again").alias("strategy"),
    )


def nine_decimals(value: Column) -> Column:
    """Rounded to 9 decimals, so that the order of a sum cannot change a rank."""
    return F.round(value, 9)


def _offered(pairs: DataFrame, strategy: str, tier: int) -> DataFrame:
    return pairs.select(
        "customer_id",
        "as_of",
        "product_id",
        "score",
        "reason",
        F.lit(strategy).alias("strategy"),
        F.lit(tier).alias("tier"),
    )
