"""Scores for apps: the predictions with their decile."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from lakehouse.contract.checks import complete, holds, rows_where
from lakehouse.contract.reads import Snapshot
from lakehouse.contract.table import table
from models.kinds import churn


@table(
    key="customer_id as_of",
    columns=(
        "customer_id as_of churn_probability churn_decile reason_1 reason_2 reason_3 score_status"
        " model_name model_version"
    ),
    slice_by="as_of",
    checks=[
        complete("score_status"),
        holds("(churn_probability IS NULL) = (churn_decile IS NULL)"),
        rows_where("features_customers", so="run the stage score of that date first"),
    ],
)
def gold_customer_scores(models_predictions: Snapshot) -> DataFrame:
    """One row per customer: churn probability, its decile among the scored (10 the highest risk)
    and the reasons.
    """
    churn_scores = (
        models_predictions.where(F.col("kind") == churn.KIND.name)
        .withColumnRenamed("value", "churn_probability")
        .drop("kind", "target")
    )
    scored = F.col("churn_probability").isNotNull()
    place = F.cume_dist().over(Window.partitionBy("as_of", scored).orderBy("churn_probability"))
    return churn_scores.withColumn(
        "churn_decile", F.when(scored, F.ceil(place * 10 - F.lit(1e-9)).cast("int"))
    )
