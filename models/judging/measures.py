"""How good scores are: ranking, probability, calibration, and how sure of it we can be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import xlogy

BINS = 10
Metric = Callable[[np.ndarray, np.ndarray], float]


def probability_metrics(truth: Any, score: Any) -> dict[str, float]:
    """auc, average_precision, brier, ece and log_loss of probabilities against outcomes."""
    outcome, probability = _checked(truth, score)
    return {name: metric(outcome, probability) for name, metric in METRICS.items()}


def auc(truth: np.ndarray, score: np.ndarray) -> float:
    """The chance that a random churner scores above a random stayer; ties count half.

    Written out, as is `average_precision`: scikit-learn's checks cost 20 times the arithmetic, and
    an interval measures thousands of times.
    """
    positives, negatives = _counts_by_score(truth, score)
    negatives_below = negatives.cumsum() - negatives
    return float(
        (positives * (negatives_below + negatives / 2)).sum() / (positives.sum() * negatives.sum())
    )


def average_precision(truth: np.ndarray, score: np.ndarray) -> float:
    """Precision at each newly found churner, averaged (no interpolation)."""
    positives, negatives = (counts[::-1] for counts in _counts_by_score(truth, score))
    true_positives = positives.cumsum()
    return float(
        (positives * true_positives / (true_positives + negatives.cumsum())).sum() / positives.sum()
    )


def brier(truth: np.ndarray, score: np.ndarray) -> float:
    """Mean squared distance between probability and outcome."""
    return float(np.mean((np.asarray(score, float) - np.asarray(truth, float)) ** 2))


def ece(truth: np.ndarray, score: np.ndarray) -> float:
    """Expected calibration error: mean distance between predicted probability and observed share
    over ten bins of equal size, weighted by size.

    Rows are cut into bins by score, ties in the order given (rows sorted by key make that
    repeatable). Naeini et al., AAAI 2015.
    """
    outcome, probability = np.asarray(truth, float), np.asarray(score, float)
    gaps = [
        len(rows) * abs(outcome[rows].mean() - probability[rows].mean())
        for rows in _equal_bins(probability)
    ]
    return float(sum(gaps) / len(probability))


def log_loss_of(truth: np.ndarray, score: np.ndarray) -> float:
    """Mean negative log-likelihood of the outcomes; infinite if a certain forecast was wrong."""
    outcome, probability = np.asarray(truth, float), np.asarray(score, float)
    return float(-np.mean(xlogy(outcome, probability) + xlogy(1 - outcome, 1 - probability)))


def calibration_bins(truth: Any, score: Any) -> pd.DataFrame:
    """One row per bin of `ece`, lowest scores first: customers, predicted (mean probability),
    observed (share of customers with the outcome).
    """
    outcome, probability = _checked(truth, score)
    bins = [
        (len(rows), probability[rows].mean(), outcome[rows].mean())
        for rows in _equal_bins(probability)
    ]
    return pd.DataFrame(bins, columns=["customers", "predicted", "observed"])


def lift_by_decile(truth: Any, score: Any) -> pd.DataFrame:
    """One row per tenth of the customers, highest scores (decile 10) first.

    Columns: decile, customers, positives, lift (share of positives over the mean share), captured
    (running share of all positives).
    """
    outcome, probability = _checked(truth, score)
    bins = list(reversed(_equal_bins(probability)))
    positives = np.array([outcome[rows].sum() for rows in bins])
    customers = np.array([len(rows) for rows in bins])
    return pd.DataFrame(
        {
            "decile": np.arange(BINS, BINS - len(bins), -1),
            "customers": customers,
            "positives": positives.astype(int),
            "lift": positives / customers / outcome.mean(),
            "captured": positives.cumsum() / positives.sum(),
        }
    )


def bootstrap_draws(
    metric: Metric,
    truth: Any,
    score: Any,
    *,
    units: Any,
    unit_count: int,
    seed: int = 0,
    times: int = 1000,
) -> np.ndarray:
    """`times` values of a metric on customers drawn with replacement; NaN where a draw holds one
    outcome only.

    `units` numbers each row's customer from 0 to `unit_count` - 1. Equal seed and count draw the
    same customers, so draws of several windows (or of two models on the same rows) are paired:
    their mean, or their difference, has an honest interval.
    """
    outcome, value = _checked(truth, score)
    unit_of_row = np.asarray(units, int)
    generator = np.random.default_rng(seed)
    draws = np.full(times, np.nan)
    for draw in range(times):
        copies = np.bincount(generator.integers(0, unit_count, unit_count), minlength=unit_count)
        rows = np.repeat(np.arange(len(outcome)), copies[unit_of_row])
        if 0 < outcome[rows].sum() < len(rows):
            draws[draw] = metric(outcome[rows], value[rows])
    return draws


def interval(draws: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """The middle `level` of bootstrap draws (percentile method, Efron 1979); NaN if no draw had
    both outcomes.
    """
    usable = draws[~np.isnan(draws)]
    if not len(usable):
        return float("nan"), float("nan")
    low, high = np.quantile(usable, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def bootstrap_interval(
    metric: Metric, truth: Any, score: Any, seed: int = 0, times: int = 1000
) -> tuple[float, float]:
    """A 95 % interval where every row is its own customer."""
    rows = np.arange(len(np.asarray(truth)))
    return interval(
        bootstrap_draws(
            metric, truth, score, units=rows, unit_count=len(rows), seed=seed, times=times
        )
    )


METRICS: dict[str, Metric] = {
    "auc": auc,
    "average_precision": average_precision,
    "brier": brier,
    "ece": ece,
    "log_loss": log_loss_of,
}


def _counts_by_score(truth: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positives and negatives at each different score, lowest first.

    Raises:
        ValueError: only one outcome occurs, so there is nothing to rank.
    """
    outcome, value = np.asarray(truth, float), np.asarray(score, float)
    order = np.argsort(value, kind="stable")
    starts = np.flatnonzero(np.diff(value[order], prepend=-np.inf))
    positives = np.add.reduceat(outcome[order], starts)
    negatives = np.diff(starts, append=len(order)) - positives
    if not positives.sum() or not negatives.sum():
        raise ValueError(
            f"all {len(outcome)} outcomes are {outcome[0]:.0f}; a ranking is measured on rows of"
            " both outcomes"
        )
    return positives, negatives


def _equal_bins(score: np.ndarray) -> list[np.ndarray]:
    return [rows for rows in np.array_split(np.argsort(score, kind="stable"), BINS) if len(rows)]


def _checked(truth: Any, score: Any) -> tuple[np.ndarray, np.ndarray]:
    outcome, value = np.asarray(truth, float), np.asarray(score, float)
    if len(outcome) != len(value) or not len(outcome):
        raise ValueError(
            f"{len(outcome)} outcomes for {len(value)} scores; metrics need one of each per row,"
            " and at least one row"
        )
    if np.isnan(value).any() or np.isnan(outcome).any():
        raise ValueError(
            "an outcome or a score is null; leave out the rows that were not scored before"
            " measuring"
        )
    return outcome, value
