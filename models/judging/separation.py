"""How well groups of customers lie apart."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from models.kind import Draws
from models.learning.clusters import cluster_metrics
from models.learning.learner import TrainedModel


@dataclass(frozen=True)
class Separation:
    """Metrics of a kind whose score is the name of a group."""

    shown: tuple[str, ...] = ("as_of", "customers", "clusters", "silhouette", "smallest_share")

    def metrics(self, model: TrainedModel, rows: pd.DataFrame) -> dict[str, float]:
        """silhouette, smallest_share and clusters."""
        return cluster_metrics(model, rows)

    def evaluated(self, model: TrainedModel, rows: pd.DataFrame) -> dict[str, float]:
        """The metrics, and how many customers there are."""
        return {"customers": float(len(rows)), **self.metrics(model, rows)}

    def draws(
        self,
        model: TrainedModel,  # noqa: ARG002
        rows: pd.DataFrame,  # noqa: ARG002
        units: np.ndarray,  # noqa: ARG002
        count: Draws,  # noqa: ARG002
    ) -> dict[str, np.ndarray]:
        """None: a silhouette of customers drawn twice says that groups are tighter than they
        are.
        """
        return {}

    def pictures(
        self,
        model: TrainedModel,  # noqa: ARG002
        rows: pd.DataFrame,  # noqa: ARG002
        folder: Path,  # noqa: ARG002
    ) -> list[Path]:
        """None."""
        return []
