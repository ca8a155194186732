"""RFM segments: quintile scores, and a complete map of the 125 codes to names."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from lakehouse.base.few_rows import values
from lakehouse.contract.checks import holds, rows_where
from lakehouse.contract.reads import Snapshot
from lakehouse.contract.table import table

# First rule that fits names the code; (recency, frequency, monetary) ranges are inclusive. Names
# follow the usage of RFM practice.
SEGMENTS: tuple[tuple[str, tuple[int, int], tuple[int, int], tuple[int, int]], ...] = (
    ("champions", (4, 5), (4, 5), (4, 5)),
    ("loyal", (4, 5), (4, 5), (1, 3)),
    ("big_spenders", (4, 5), (1, 3), (4, 5)),
    ("new_or_returning", (5, 5), (1, 2), (1, 3)),
    ("promising", (4, 5), (1, 3), (1, 3)),
    ("cannot_lose", (1, 2), (4, 5), (4, 5)),
    ("slipping_loyal", (1, 3), (4, 5), (1, 5)),
    ("needs_attention", (3, 3), (2, 3), (1, 5)),
    ("about_to_sleep", (3, 3), (1, 1), (1, 5)),
    ("at_risk", (2, 2), (2, 3), (1, 5)),
    ("at_risk", (1, 1), (2, 3), (4, 5)),
    ("hibernating", (2, 2), (1, 1), (1, 5)),
    ("lost", (1, 1), (1, 3), (1, 5)),
)
NO_ORDERS = "no_orders"


def segment_of(recency: int, frequency: int, monetary: int) -> str:
    """The segment's name for scores of 1 to 5, 5 the best.

    Raises:
        ValueError: a score is outside 1 to 5.
    """
    for name, (r0, r1), (f0, f1), (m0, m1) in SEGMENTS:
        if r0 <= recency <= r1 and f0 <= frequency <= f1 and m0 <= monetary <= m1:
            return name
    raise ValueError(
        f"no segment for the scores {recency}, {frequency}, {monetary}: each is 1 to 5"
    )


@table(
    key="customer_id as_of",
    columns=(
        "customer_id as_of recency_score frequency_score monetary_score rfm_segment micro_segment"
    ),
    slice_by="as_of",
    checks=[
        holds("rfm_segment IS NOT NULL"),
        holds("(recency_score IS NULL) = (rfm_segment = 'no_orders')"),
        rows_where("features_customers"),
    ],
)
def gold_customer_segments(
    features_customers: Snapshot, models_cluster_assignments: Snapshot
) -> DataFrame:
    """One row per customer: RFM quintiles among the customers of the date with an order, the named
    segment, and the cluster.
    """
    clusters = models_cluster_assignments.select("customer_id", "as_of", "micro_segment")
    return (
        features_customers.transform(with_quintiles)
        .transform(with_segment_name)
        .join(clusters, ["customer_id", "as_of"], "left")
    )


def with_quintiles(customers: DataFrame) -> DataFrame:
    """Scores of 1 to 5; equal values get equal scores, customers without an order null."""
    bought = F.col("order_count") > 0
    return customers.select(
        "customer_id",
        "as_of",
        quintile(-F.col("days_since_last_order"), bought).alias("recency_score"),
        quintile(F.col("order_count"), bought).alias("frequency_score"),
        quintile(F.col("amount_sum"), bought).alias("monetary_score"),
    )


def quintile(value: Column, among: Column) -> Column:
    """Fifth that the value falls in by the share of the others not above it: ceil(5 * cume_dist),
    so that ties share the score.
    """
    window = Window.partitionBy("as_of", among).orderBy(value)
    return F.when(among, F.ceil(F.cume_dist().over(window) * 5 - F.lit(1e-9)).cast("int"))


def with_segment_name(scores: DataFrame) -> DataFrame:
    """The rows with the name of their code."""
    codes = [
        (r, f, m, segment_of(r, f, m))
        for r in range(1, 6)
        for f in range(1, 6)
        for m in range(1, 6)
    ]
    named = values(
        scores.sparkSession,
        "recency_score int, frequency_score int, monetary_score int, named string",
        codes,
    )
    joined = scores.join(
        F.broadcast(named), ["recency_score", "frequency_score", "monetary_score"], "left"
    )
    return joined.withColumn("rfm_segment", F.coalesce("named", F.lit(NO_ORDERS))).drop("named")


@table(
    key="as_of rfm_segment",
    columns=(
        "as_of rfm_segment customer_count customer_share order_count_median"
        " days_since_last_order_median amount_sum_mean amount_share churn_probability_mean"
    ),
    slice_by="as_of",
    checks=[holds("customer_count > 0"), rows_where("features_customers")],
    privacy="rfm_segment:none",
)
def gold_segment_summary(
    gold_customer_segments: Snapshot, features_customers: Snapshot, gold_customer_scores: Snapshot
) -> DataFrame:
    """One row per RFM segment of a date: its size, habits, worth and risk."""
    key, every = ["customer_id", "as_of"], Window.partitionBy("as_of")
    rows = gold_customer_segments.join(features_customers, key).join(
        gold_customer_scores.select(*key, "churn_probability"), key
    )
    summary = rows.groupBy("as_of", "rfm_segment").agg(
        F.count(F.lit(1)).alias("customer_count"),
        F.expr("percentile(order_count, 0.5)").alias("order_count_median"),
        F.expr("percentile(days_since_last_order, 0.5)").alias("days_since_last_order_median"),
        F.avg(F.col("amount_sum").cast("double")).alias("amount_sum_mean"),
        F.sum("amount_sum").cast("double").alias("amount"),
        F.avg("churn_probability").alias("churn_probability_mean"),
    )
    shares = summary.withColumn(
        "customer_share", F.col("customer_count") / F.sum("customer_count").over(every)
    )
    return shares.withColumn(
        "amount_share", F.expr("try_divide(amount, sum(amount) OVER (PARTITION BY as_of))")
    ).drop("amount")
