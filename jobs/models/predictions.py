"""What the champions say of every customer; a customer without an answer is there too, with the
reason.
"""

from collections.abc import Iterable

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.features.customers import KEY
from lakehouse.contract.checks import complete, holds, rows_where
from lakehouse.contract.reads import ChurnModel, SegmentsModel, Snapshot
from lakehouse.contract.table import table
from models.model import TrainedModel

CHURN = (
    "customer_id string, as_of date, churn_probability double, reason_1 string, reason_2 string,"
    " reason_3 string"
)


@table(
    key="customer_id as_of",
    columns=(
        "customer_id as_of churn_probability reason_1 reason_2 reason_3 score_status model_name"
        " model_version"
    ),
    slice_by="as_of",
    checks=[
        complete("score_status"),
        holds("churn_probability IS NULL OR churn_probability BETWEEN 0 AND 1"),
        rows_where("features_customers"),
    ],
)
def models_churn_predictions(features_customers: Snapshot, churn: ChurnModel) -> DataFrame:
    """One row per customer: churn probability and its three strongest reasons, or the status that
    says why there is none.
    """
    has_history = F.col("order_count") > 0
    if churn is None:
        status = F.when(has_history, "no_model").otherwise("no_history")
        names = ("reason_1", "reason_2", "reason_3", "model_name", "model_version")
        empty = [F.lit(None).cast("string").alias(name) for name in names]
        return features_customers.select(
            *KEY,
            F.lit(None).cast("double").alias("churn_probability"),
            *empty,
            status.alias("score_status"),
        )
    scored = features_customers.where(has_history).mapInPandas(_predicting(churn.model), CHURN)
    known = features_customers.select(*KEY).join(scored, KEY, "left")
    is_scored = F.col("churn_probability").isNotNull()
    return known.withColumns(
        {
            "score_status": F.when(is_scored, "scored").otherwise("no_history"),
            "model_name": F.when(is_scored, F.lit(churn.name)),
            "model_version": F.when(is_scored, F.lit(churn.version)),
        }
    )


@table(
    key="customer_id as_of",
    columns="customer_id as_of micro_segment",
    slice_by="as_of",
    checks=[complete("micro_segment"), rows_where("features_customers")],
)
def models_cluster_assignments(features_customers: Snapshot, segments: SegmentsModel) -> DataFrame:
    """One row per customer: the cluster of similar customers it falls in, by name."""
    if segments is None:
        return features_customers.select(*KEY, F.lit("not_clustered").alias("micro_segment"))
    return features_customers.mapInPandas(
        _predicting(segments.model), "customer_id string, as_of date, micro_segment string"
    )


class _predicting:  # noqa: N801 - used as a function; a class so that it pickles with its model to the workers
    def __init__(self, model: TrainedModel) -> None:
        self.model = model

    def __call__(self, frames: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
        return (self.model.predict(frame) for frame in frames if len(frame))
