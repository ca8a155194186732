"""How good probabilities are against outcomes, beside a simple rule."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from models.judging import measures
from models.judging.curves import pictures_of
from models.kind import UNSEEN, Draws, Limit
from models.learning.inputs import OUTCOME, VALUE, as_float, require_columns
from models.learning.learner import TrainedModel

DRAWN = ("auc", "average_precision", "ece")  # the metrics with an interval


def limits_beside(baseline: str) -> tuple[Limit, ...]:
    """What the gate asks of a probability: those of churn, with the simple rule of the kind.

    The least AUC is low enough for a shop with little history: churn of Ta-Feng reaches .748.
    """
    return (
        UNSEEN,
        Limit("at_least", "AUC", "auc", 0.70),
        Limit("above_baseline", "AUC", "auc", 0.01, baseline=baseline),
        Limit("at_most", "ECE", "ece", 0.10),
        Limit("as_champion", "AUC", "auc", 0.005),
    )


@dataclass(frozen=True)
class Probabilities:
    """Metrics of a kind whose value is a probability; `baseline` is the simple rule that it must
    beat, by name, and `column` the feature that the rule ranks by.
    """

    baseline: str
    column: str

    @property
    def shown(self) -> tuple[str, ...]:
        """Sizes, then ranking, then calibration."""
        sizes = ("as_of", "customers", "outcome_share", "auc", f"{self.baseline}_auc", "gain")
        return (*sizes, "average_precision", "brier", "ece")

    def metrics(self, model: TrainedModel, rows: pd.DataFrame) -> dict[str, float]:
        """Metrics of a model on labelled rows, and the AUC of the simple rule on the same ones.

        Raises:
            MissingFeatureError: the rows lack the rule's feature.
        """
        score = model.predict(rows)[VALUE]
        metrics = measures.probability_metrics(as_float(rows[OUTCOME]), score)
        rule = measures.auc(as_float(rows[OUTCOME]), self._rule(rows))
        return {**metrics, f"{self.baseline}_auc": rule}

    def evaluated(self, model: TrainedModel, rows: pd.DataFrame) -> dict[str, float]:
        """The metrics, how many rows there are, the share of them with the outcome, and the gain in
        AUC over the simple rule.
        """
        metrics = self.metrics(model, rows)
        outcome = as_float(rows[OUTCOME])
        return {
            "customers": float(rows["customer_id"].nunique()),
            "outcome_share": float(outcome.mean()),
            **metrics,
            "gain": metrics["auc"] - metrics[f"{self.baseline}_auc"],
        }

    def draws(
        self, model: TrainedModel, rows: pd.DataFrame, units: np.ndarray, count: Draws
    ) -> dict[str, np.ndarray]:
        """Draws of AUC, average precision, ECE and the gain over the simple rule, all of the same
        customers.
        """
        outcome, score = as_float(rows[OUTCOME]), model.predict(rows)[VALUE].to_numpy()

        def draw(metric: measures.Metric, values: np.ndarray) -> np.ndarray:
            return measures.bootstrap_draws(
                metric,
                outcome,
                values,
                units=units,
                unit_count=count.units,
                seed=count.seed,
                times=count.times,
            )

        drawn = {name: draw(measures.METRICS[name], score) for name in DRAWN}
        return {**drawn, "gain": drawn["auc"] - draw(measures.auc, self._rule(rows))}

    def pictures(self, model: TrainedModel, rows: pd.DataFrame, folder: Path) -> list[Path]:
        """ROC, precision and recall, lift, calibration, importance."""
        score = model.predict(rows)[VALUE]
        return pictures_of(as_float(rows[OUTCOME]), score, model.importance(), folder)

    def _rule(self, rows: pd.DataFrame) -> np.ndarray:
        """What the simple rule ranks by; a customer of whom it knows nothing comes last."""
        require_columns(rows, (self.column,))
        return np.asarray(np.nan_to_num(as_float(rows[self.column]), nan=-1.0))
