"""How good churn models are on dates that nothing was chosen on, against the goals that were set
beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from models import churn, measure
from models.churn import ChurnSettings
from models.inputs import LABEL, as_float, at
from models.labels import unlabelled
from models.training import RECENCY, labelled_rows

MEAN = "mean"


@dataclass(frozen=True)
class Goals:
    """What the mean over the evaluated dates shall reach."""

    auc: float = 0.87
    gain_over_recency: float = 0.04
    ece: float = 0.03


@dataclass(frozen=True)
class Window:
    """One evaluated date: outcomes, probabilities, recency, and each row's customer as a number
    shared by all windows.
    """

    as_of: date
    outcome: np.ndarray
    score: np.ndarray
    recency: np.ndarray
    units: np.ndarray
    rounds: int


def evaluate_churn(
    features: pd.DataFrame,
    labels: pd.DataFrame,
    as_ofs: list[date],
    settings: ChurnSettings | None = None,
    *,
    goals: Goals | None = None,
    times: int = 1000,
) -> pd.DataFrame:
    """One row per evaluated date and one for their mean: sizes, metrics with 95 % intervals, goals,
    and whether each was hit or missed.

    For a date E, models learn from E - 28 d and windows every `step_days` before it, so all labels
    end by E. Intervals draw customers (not rows) with replacement, the same ones in every window,
    since a household's windows are not independent. The interval of the ECE lies high: drawing adds
    noise, and noise reads as miscalibration.

    Raises:
        ValueError: the label window of a date is not over; a date, or two windows before it that
            lie 28 days or more apart, have no labelled rows; or a model would be measured on days
            that it has learned from.
    """
    settings, goals = settings or ChurnSettings(), goals or Goals()
    if young := unlabelled(labels, as_ofs):
        raise ValueError(f"cannot evaluate: {young}.")
    rows = labelled_rows(features, labels)
    numbers = {
        customer: number for number, customer in enumerate(sorted(rows["customer_id"].unique()))
    }
    windows = [_window(rows, as_of, settings, numbers) for as_of in sorted(as_ofs)]
    draws = [_draws(window, len(numbers), settings.seed, times) for window in windows]
    table = [
        _row(str(window.as_of), _values(window), drawn)
        for window, drawn in zip(windows, draws, strict=True)
    ]
    mean = _row(MEAN, _mean([_values(window) for window in windows]), _mean(draws))
    return pd.DataFrame([_with_goals(row, goals) for row in [*table, mean]])


def missed_goals(table: pd.DataFrame) -> list[str]:
    """A sentence for each goal that the mean row of `evaluate_churn` misses."""
    mean = table[table["as_of"] == MEAN].iloc[0]
    said = {
        "auc": f"mean AUC is {mean['auc']:.4f}; the goal is at least {mean['auc_goal']}",
        "gain": (
            f"mean gain over recency is {mean['gain']:.4f}; the goal is at least"
            f" {mean['gain_goal']}"
        ),
        "ece": f"mean ECE is {mean['ece']:.4f}; the goal is at most {mean['ece_goal']}",
    }
    return [sentence for name, sentence in said.items() if mean[f"{name}_result"] == "miss"]


def _window(
    rows: pd.DataFrame, as_of: date, settings: ChurnSettings, numbers: dict[str, int]
) -> Window:
    present = set(rows["as_of"])
    newest_first = [
        day
        for day in churn.training_as_ofs(as_of, settings.windows, settings.step_days)
        if day in present
    ]
    if as_of not in present or not churn.ended_windows(newest_first):
        raise ValueError(
            f"cannot evaluate as of {as_of}: it needs labelled rows of that date and of two windows"
            f" before it that lie {churn.LABEL_DAYS} days or more apart; there are"
            f" {', '.join(map(str, sorted(present))) or 'none'}. Run the stages features and labels"
            " with those as-of dates first."
        )
    newest, *older = newest_first
    model = churn.fit(at(rows, older), at(rows, [newest]), settings)
    if overlap := churn.overlap(model, as_of):
        raise ValueError(f"cannot evaluate as of {as_of}: {overlap}.")
    held = at(rows, [as_of])
    score = model.predict(held)["churn_probability"].to_numpy()
    units = held["customer_id"].map(numbers).to_numpy(dtype=int)
    return Window(as_of, as_float(held[LABEL]), score, as_float(held[RECENCY]), units, model.rounds)


def _values(window: Window) -> dict[str, float]:
    found = measure.churn_metrics(window.outcome, window.score)
    recency = measure.auc(window.outcome, window.recency)
    sizes = {
        "customers": float(len(window.outcome)),
        "churn_share": float(window.outcome.mean()),
        "rounds": float(window.rounds),
    }
    return {**sizes, **found, "recency_auc": recency, "gain": found["auc"] - recency}


def _draws(window: Window, customers: int, seed: int, times: int) -> dict[str, np.ndarray]:
    def draw(metric: measure.Metric, score: np.ndarray) -> np.ndarray:
        return measure.bootstrap_draws(
            metric,
            window.outcome,
            score,
            units=window.units,
            unit_count=customers,
            seed=seed,
            times=times,
        )

    drawn = {
        name: draw(measure.METRICS[name], window.score)
        for name in ("auc", "average_precision", "ece")
    }
    return {**drawn, "gain": drawn["auc"] - draw(measure.auc, window.recency)}


def _mean(windows: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: sum(window[name] for window in windows) / len(windows) for name in windows[0]}


def _row(as_of: str, values: dict[str, float], draws: dict[str, np.ndarray]) -> dict[str, object]:
    row: dict[str, object] = {"as_of": as_of}
    for name, value in values.items():
        row[name] = value
        if name in draws:
            row[f"{name}_low"], row[f"{name}_high"] = measure.interval(draws[name])
    return row


def _with_goals(row: dict[str, object], goals: Goals) -> dict[str, object]:
    def result(hit: bool) -> str:
        return "hit" if hit else "miss"

    auc, gain, ece = (float(str(row[name])) for name in ("auc", "gain", "ece"))
    return {
        **row,
        "auc_goal": goals.auc,
        "auc_result": result(auc >= goals.auc),
        "gain_goal": goals.gain_over_recency,
        "gain_result": result(gain >= goals.gain_over_recency),
        "ece_goal": goals.ece,
        "ece_result": result(ece <= goals.ece),
    }
