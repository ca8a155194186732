"""Models whose answers stand in the rows, so that a test can count what the gate must say of
them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from models.churn import ChurnModel
from models.clusters import ClusterModel
from models.inputs import KEY, Features
from models.training import Candidate

AS_OF, HOLDOUT = date(2017, 12, 29), date(2017, 12, 1)
LEARNED = (date(2017, 10, 6), date(2017, 11, 3))  # label windows that end by the holdout


@dataclass(frozen=True)
class FixedChurn(ChurnModel):
    """Scores that a column holds."""

    column: str = "score"

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The column as probabilities."""
        return frame[list(KEY)].assign(churn_probability=frame[self.column].astype(float))


@dataclass(frozen=True)
class FixedSegments(ClusterModel):
    """Segments that a column holds."""

    column: str = "segment"

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The column as names of segments."""
        return frame[list(KEY)].assign(micro_segment=frame[self.column])


def churn_model(column: str = "score", learned: tuple[date, ...] = LEARNED) -> FixedChurn:
    """A churn model named after its column."""
    return FixedChurn((), Features((column,), {}), column, learned, 1, column=column)


def segments_model(column: str = "segment", as_of: date = AS_OF) -> FixedSegments:
    """A segments model named after its column."""
    return FixedSegments(b"", (), column, as_of, column=column)


def churn_candidate(rows: pd.DataFrame, column: str = "score") -> Candidate:
    """A challenger judged on the rows, which lie at the holdout."""
    return Candidate("churn", AS_OF, HOLDOUT, churn_model(column), "", rows, LEARNED)


def segments_candidate(
    rows: pd.DataFrame, metrics: dict[str, float], column: str = "segment"
) -> Candidate:
    """A challenger found as of the rows' day, with the metrics that its training measured."""
    return Candidate("segments", AS_OF, AS_OF, segments_model(column), "", rows, (AS_OF,), metrics)
