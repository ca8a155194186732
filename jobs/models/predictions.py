"""What the champions say of every customer; a customer without an answer is there too, with the
reason.
"""

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Annotated

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.features.customers import KEY
from lakehouse.base.few_rows import mapped_in_pandas
from lakehouse.contract.checks import complete, holds, rows_where
from lakehouse.contract.reads import Read, Snapshot
from lakehouse.contract.table import table
from lakehouse.store.context import PinnedModel
from models.kind import PROBABILITY, Kind
from models.kinds import declared, segments
from models.learning.inputs import KEY as CUSTOMER
from models.learning.inputs import TARGET
from models.learning.learner import TrainedModel
from models.learning.reasons import REASONS

SCORING = tuple(kind for kind in declared().values() if kind.columns == PROBABILITY)
Champions = Mapping[str, PinnedModel | None]
IS_ASKED = "is_asked"  # whether the kind is asked about the row
SCORED = (
    f"customer_id string, as_of date, {TARGET} string, {PROBABILITY},"
    f" {', '.join(f'{name} string' for name in REASONS)}, {IS_ASKED} boolean"
)


@table(
    key="customer_id as_of kind target",
    columns=(
        "customer_id as_of kind target value reason_1 reason_2 reason_3 score_status model_name"
        " model_version"
    ),
    slice_by="as_of",
    checks=[
        complete("score_status"),
        holds("value IS NULL OR value BETWEEN 0 AND 1"),
        holds("(value IS NOT NULL) = (score_status = 'scored')"),
        rows_where("features_customers"),
    ],
)
def models_predictions(
    features_customers: Snapshot,
    features_campaign_customers: Snapshot,
    champions: Annotated[Champions, Read("models", name=" ".join(kind.name for kind in SCORING))],
) -> DataFrame:
    """One row per customer, as-of date, kind of model and target: the probability and its three
    strongest reasons, or the status that says why there is none.

    The target is what a kind asks of a customer more than once, such as the campaign; it is empty
    where there is one question per customer.
    """
    tables = {
        "features_customers": features_customers,
        "features_campaign_customers": features_campaign_customers,
    }
    return reduce(
        DataFrame.unionByName,
        (predicted(kind, asked_of(kind, tables), champions[kind.name]) for kind in SCORING),
    )


def asked_of(kind: Kind, tables: Mapping[str, DataFrame]) -> DataFrame:
    """The customers, or customers and targets, of a kind's population with their features; those
    for whom its condition does not hold are not asked about.

    Raises:
        ValueError: models_predictions does not read the population's table.
    """
    population, customers = kind.population, tables["features_customers"]
    if population.table not in tables:
        raise ValueError(
            f"the population of the kind {kind.name} is {population.table}, which"
            f" models_predictions does not read: add it to its parameters beside"
            f" {', '.join(tables)}"
        )
    rows = (
        customers
        if population.table == "features_customers"
        else tables[population.table].join(customers, list(KEY))
    )
    target = F.col(population.target) if population.target else F.lit("")
    return rows.withColumns(
        {TARGET: target, IS_ASKED: F.expr(f"coalesce({population.where}, false)")}
    )


def predicted(kind: Kind, asked: DataFrame, champion: PinnedModel | None) -> DataFrame:
    """One row per row of `asked`, as in models_predictions."""
    rows = (
        mapped_in_pandas(
            asked, _predicting(champion.model, is_tolerant=not kind.is_published), SCORED
        )
        if champion
        else asked.select(
            *KEY,
            TARGET,
            F.lit(None).cast("double").alias("value"),
            *(F.lit(None).cast("string").alias(name) for name in REASONS),
            IS_ASKED,
        )
    )
    is_scored = F.col("value").isNotNull()
    return rows.select(
        *KEY,
        F.lit(kind.name).alias("kind"),
        TARGET,
        "value",
        *REASONS,
        F.when(is_scored, "scored")
        .when(F.col(IS_ASKED), F.lit("not_scored" if champion else "no_model"))
        .otherwise("no_history")
        .alias("score_status"),
        F.when(is_scored, F.lit(champion.name if champion else "")).alias("model_name"),
        F.when(is_scored, F.lit(champion.version if champion else "")).alias("model_version"),
    )


class _predicting:  # noqa: N801 - used as a function; a class so that it pickles with its model to the workers
    def __init__(self, model: TrainedModel, *, is_tolerant: bool) -> None:
        self.model = model
        self.is_tolerant = is_tolerant  # whether a model that cannot read rows leaves them null

    def __call__(self, frames: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
        return (self._scored(frame) for frame in frames if len(frame))

    def _scored(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows with their scores; null for those whom the kind is not asked about."""
        asked = frame[frame[IS_ASKED].astype(bool)]
        scores = pd.DataFrame(index=asked.index, columns=["value", *REASONS])
        try:
            if len(asked):
                scores = self.model.predict(asked, reasons=True)[["value", *REASONS]]
        except ValueError:  # such as a feature that is no longer there
            if not self.is_tolerant:
                raise
        return frame[[*CUSTOMER, TARGET, IS_ASKED]].join(scores.astype({"value": float}))


@table(
    key="customer_id as_of",
    columns="customer_id as_of micro_segment",
    slice_by="as_of",
    checks=[complete("micro_segment"), rows_where("features_customers")],
)
def models_cluster_assignments(
    features_customers: Snapshot,
    champions: Annotated[Champions, Read("models", name=segments.KIND.name)],
) -> DataFrame:
    """One row per customer: the cluster of similar customers it falls in, by name."""
    champion = champions[segments.KIND.name]
    if champion is None:
        return features_customers.select(*KEY, F.lit("not_clustered").alias("micro_segment"))
    return mapped_in_pandas(
        features_customers,
        _clustering(champion.model),
        f"customer_id string, as_of date, {segments.KIND.columns}",
    )


class _clustering:  # noqa: N801 - as above
    def __init__(self, model: TrainedModel) -> None:
        self.model = model

    def __call__(self, frames: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
        return (self.model.predict(frame) for frame in frames if len(frame))
