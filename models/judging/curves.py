"""Pictures of probabilities on a holdout: ROC, precision-recall, lift, calibration,
importance.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sklearn.metrics import precision_recall_curve, roc_curve

from models.judging.measures import auc, average_precision, calibration_bins, ece, lift_by_decile


def pictures_of(truth: Any, score: Any, importance: pd.Series, folder: Path) -> list[Path]:
    """Draw all five pictures of probabilities against outcomes into `folder`; both outcomes must
    occur.
    """
    folder.mkdir(parents=True, exist_ok=True)
    outcome, probability = np.asarray(truth, float), np.asarray(score, float)
    return [
        roc_picture(outcome, probability, folder / "roc.png"),
        precision_recall_picture(outcome, probability, folder / "precision_recall.png"),
        lift_picture(outcome, probability, folder / "lift.png"),
        calibration_picture(outcome, probability, folder / "calibration.png"),
        importance_picture(importance, folder / "importance.png"),
    ]


def roc_picture(truth: np.ndarray, score: np.ndarray, path: Path) -> Path:
    """True against false positive rate."""
    with _axes(
        path, f"ROC, AUC {auc(truth, score):.3f}", "false positive rate", "true positive rate"
    ) as axes:
        false_rate, true_rate, _ = roc_curve(truth, score)
        axes.plot(false_rate, true_rate)
        axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    return path


def precision_recall_picture(truth: np.ndarray, score: np.ndarray, path: Path) -> Path:
    """Precision against recall; the dotted line is the share of the outcome."""
    title = f"Precision and recall, average precision {average_precision(truth, score):.3f}"
    with _axes(path, title, "recall", "precision") as axes:
        precision, recall, _ = precision_recall_curve(truth, score)
        axes.plot(recall, precision)
        axes.axhline(truth.mean(), linestyle=":", color="grey")
    return path


def lift_picture(truth: np.ndarray, score: np.ndarray, path: Path) -> Path:
    """Share of the outcome in each tenth of the rows over the mean share."""
    table = lift_by_decile(truth, score)
    with _axes(path, "Lift by decile", "decile of the score (10 = highest)", "lift") as axes:
        axes.bar(table["decile"], table["lift"])
        axes.axhline(1, linestyle=":", color="grey")
    return path


def calibration_picture(truth: np.ndarray, score: np.ndarray, path: Path) -> Path:
    """Observed against predicted probability in ten bins of equal size."""
    bins = calibration_bins(truth, score)
    with _axes(
        path, f"Calibration, ECE {ece(truth, score):.3f}", "predicted probability", "observed share"
    ) as axes:
        axes.plot(bins["predicted"], bins["observed"], marker="o")
        axes.plot([0, 1], [0, 1], linestyle=":", color="grey")
    return path


def importance_picture(importance: pd.Series, path: Path) -> Path:
    """The 15 features with the largest gain."""
    top = importance.head(15)[::-1]
    with _axes(path, "Importance", "mean gain", "") as axes:
        axes.barh([str(name) for name in top.index], top.to_numpy(dtype=float))
    return path


@contextmanager
def _axes(path: Path, title: str, across: str, up: str) -> Iterator[Axes]:
    """One picture; built on Figure rather than pyplot, which keeps global state and picks a backend
    by the machine.
    """
    figure = Figure(figsize=(6, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set(title=title, xlabel=across, ylabel=up)
    yield axes
    # No software and date entries: the same scores give the same bytes.
    figure.savefig(path, dpi=100, metadata={"Software": None})
