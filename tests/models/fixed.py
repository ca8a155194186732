"""Kinds whose fits are cheap, and models whose answers stand in the rows, so that a test can count
what the gate must say of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from models.judging.candidates import FEATURES, LABELS, Candidate
from models.kind import Kind, Tables
from models.kinds import churn, segments
from models.learning.boosted_trees import BoostedTrees, TreeSettings, TreesModel
from models.learning.clusters import ClusterModel, Clusters, ClusterSettings
from models.learning.inputs import KEY, VALUE, Features
from models.learning.learner import LabelWindow, Setup

AS_OF, HOLDOUT = date(2017, 12, 29), date(2017, 12, 1)
LEARNED = (date(2017, 10, 6), date(2017, 11, 3))  # label windows that end by the holdout
LABEL = LabelWindow("is_churned_28d", 28, "known_until")
OF_CHURN, OF_SEGMENTS = Setup(LABEL), Setup()
# Two small boosters: enough to rank 120 customers.
QUICK = TreeSettings(
    rounds_max=20,
    patience=5,
    ensemble=2,
    learning={"max_depth": 2, "eta": 0.3, "min_child_weight": 5},
)


def with_limits(kind: Kind, **values: float) -> Kind:
    """The kind with other values of its limits, each named by its rule and metric."""
    names = [f"{limit.rule}_{limit.metric}" for limit in kind.limits]
    assert {*values} <= {*names}, f"limits are {names}"
    limits = zip(names, kind.limits, strict=True)
    return replace(
        kind,
        limits=tuple(replace(limit, value=values.get(name, limit.value)) for name, limit in limits),
    )


def of_trees(kind: Kind, settings: TreeSettings = QUICK) -> Kind:
    """The kind with boosted trees of other settings."""
    return replace(kind, learner=BoostedTrees(kind.learner.direction, settings))


def of_clusters(kind: Kind, settings: ClusterSettings) -> Kind:
    """The kind with clusters of other settings."""
    return replace(kind, learner=Clusters(settings))


CHURN = with_limits(of_trees(churn.KIND), at_most_ece=0.5)
SEGMENTS = of_clusters(segments.KIND, ClusterSettings(k_max=4))


def tables_of(features: pd.DataFrame, labels: pd.DataFrame) -> Tables:
    """The tables that a training reads."""
    return {FEATURES: features, LABELS: labels}


def with_labels(shop: Tables, labels: pd.DataFrame) -> Tables:
    """The shop with other labels."""
    return {**shop, LABELS: labels}


@dataclass(frozen=True)
class FixedTrees(TreesModel):
    """Scores that a column holds."""

    column: str = "score"

    def predict(self, frame: pd.DataFrame, *, reasons: bool = False) -> pd.DataFrame:
        """The column as probabilities."""
        return frame[list(KEY)].assign(**{VALUE: frame[self.column].astype(float)})


@dataclass(frozen=True)
class FixedSegments(ClusterModel):
    """Segments that a column holds."""

    column: str = "segment"

    def predict(self, frame: pd.DataFrame, *, reasons: bool = False) -> pd.DataFrame:
        """The column as names of segments."""
        return frame[list(KEY)].assign(micro_segment=frame[self.column])


def churn_model(column: str = "score", learned: tuple[date, ...] = LEARNED) -> FixedTrees:
    """A churn model named after its column."""
    features = Features((column,), {})
    return FixedTrees((), features, column, learned, 1, "churn", 28, column=column)


def segments_model(column: str = "segment", as_of: date = AS_OF) -> FixedSegments:
    """A segments model named after its column."""
    return FixedSegments(b"", (), column, as_of, "segments", column=column)


def churn_candidate(rows: pd.DataFrame, column: str = "score") -> Candidate:
    """A challenger judged on the rows, which lie at the holdout."""
    model = churn_model(column)
    metrics = churn.KIND.measured_by.metrics(model, rows)
    return Candidate("churn", AS_OF, HOLDOUT, model, "", rows, LEARNED, metrics)


def segments_candidate(
    rows: pd.DataFrame, metrics: dict[str, float], column: str = "segment"
) -> Candidate:
    """A challenger found as of the rows' day, with the metrics that its training measured."""
    return Candidate("segments", AS_OF, AS_OF, segments_model(column), "", rows, (AS_OF,), metrics)
