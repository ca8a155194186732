"""Micro segments: customers grouped by recency, frequency and money (KMeans), with names that say
what sets each group apart.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sklearn
import skops.io
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from models.learning.cluster_names import names_of
from models.learning.identity import identity_of
from models.learning.inputs import (
    KEY,
    Features,
    as_float,
    at,
    require_columns,
    with_plain_keys,
    with_sorted_rows,
)
from models.learning.learner import Learned, Setup, TrainedModel
from models.learning.reasons import Direction, Words
from models.learning.units import NO_CURRENCY

RFM = ("days_since_last_order", "order_count", "amount_sum")
NO_ORDERS = "no orders yet"
CODE = tuple(
    Path(__file__).with_name(name)
    for name in ("clusters.py", "cluster_names.py", "units.py", "inputs.py")
)


class TooFewCustomersError(ValueError):
    """There are not enough customers with orders to tell groups apart."""


@dataclass(frozen=True)
class ClusterSettings:
    """How micro segments are found.

    k is the largest whose mean silhouette (Rousseeuw 1987) is at most `detail_cost` below the best,
    among those whose smallest cluster holds at least `smallest_share` of the customers; if none
    does, the one with the largest smallest cluster. The best silhouette alone is nearly always
    k_min: recency, frequency and money lie along one line (Complete Journey as of 2017-09-08: .355
    .307 .302 .296 .289 .279 for 3 to 8), and three groups say less than the RFM segments do. The
    share keeps out splinters that nobody plans a campaign for.
    """

    seed: int = 0
    k_min: int = 3
    k_max: int = 8
    smallest_share: float = 0.03
    detail_cost: float = 0.06
    restarts: int = 10
    customers_min: int = 50
    silhouette_rows: int = 5000
    currency: str = NO_CURRENCY  # what names tell money in: an ISO 4217 code


@dataclass(frozen=True)
class ClusterModel:
    """A scaler and a KMeans, and one name per cluster."""

    pipeline: bytes
    names: tuple[str, ...]
    identity: str
    as_of: date
    kind: str

    @property
    def seen_until(self) -> date:
        """The as-of date of its customers: it knows the days before it."""
        return self.as_of

    @property
    def train_as_ofs(self) -> tuple[date, ...]:
        """That date."""
        return (self.as_of,)

    @property
    def requirements(self) -> tuple[str, ...]:
        """scikit-learn, and skops, which reads it without a pickle."""
        return ("scikit-learn", "skops", "numpy", "pandas")

    @property
    def features(self) -> Features:
        """The columns the model reads: recency, frequency, money."""
        return Features(RFM, {})

    def predict(self, frame: pd.DataFrame, *, reasons: bool = False) -> pd.DataFrame:  # noqa: ARG002 - the name of a segment is its reason
        """One row per row of `frame`: customer_id, as_of, micro_segment (`no orders yet` for
        customers without any).

        Raises:
            MissingFeatureError: the frame lacks a key or a feature.
            ValueError: a customer with orders has a null feature.
        """
        require_columns(frame, (*KEY, *RFM))
        bought = has_orders(frame)
        segment = np.full(len(frame), NO_ORDERS, dtype=object)
        if bought.any():
            clusters = _pipeline(self.pipeline).predict(log_rfm(frame[bought]))
            segment[bought] = np.array(self.names, dtype=object)[clusters]
        return frame[list(KEY)].assign(micro_segment=segment)

    def importance(self) -> pd.Series:
        """Empty: all three features count alike."""
        return pd.Series(dtype=float)

    def with_words(self, words: Words, direction: Direction) -> ClusterModel:  # noqa: ARG002
        """The same model: its names are made when it is fitted."""
        return self

    def to_files(self) -> dict[str, bytes]:
        """`model.json` and `pipeline.skops`."""
        about = {
            "kind": self.kind,
            "names": self.names,
            "identity": self.identity,
            "as_of": self.as_of.isoformat(),
        }
        return {"model.json": json.dumps(about, indent=1).encode(), "pipeline.skops": self.pipeline}

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> ClusterModel:
        """The model that `to_files` wrote."""
        about = json.loads(files["model.json"])
        return cls(
            files["pipeline.skops"],
            tuple(about["names"]),
            about["identity"],
            date.fromisoformat(about["as_of"]),
            about["kind"],
        )


@dataclass(frozen=True)
class Clusters:
    """Learns groups of customers of one as-of date."""

    settings: ClusterSettings = field(default_factory=ClusterSettings)
    direction: Direction = ("", "")

    def learn(self, kind: str, rows: pd.DataFrame, as_ofs: Sequence[date], setup: Setup) -> Learned:
        """A model of the customers of the first date; it is judged on the same ones."""
        settings = replace(self.settings, currency=setup.currency)
        try:
            model, trials = fit(at(rows, [as_ofs[0]]), settings, kind)
        except TooFewCustomersError as error:
            return Learned(None, f"not enough history as of {as_ofs[0]}: {error}")
        names = " | ".join(model.names)
        return Learned(
            model,
            parameters={"k": len(model.names), "seed": settings.seed, "names": names},
            tried={f"silhouette_k{trial.k}": trial.silhouette for trial in trials},
        )

    def from_files(self, files: Mapping[str, bytes]) -> ClusterModel:
        """The model that `to_files` wrote."""
        return ClusterModel.from_files(files)


@dataclass(frozen=True)
class Trial:
    """One k that was tried: its silhouette and the share of customers in its smallest cluster."""

    k: int
    silhouette: float
    smallest_share: float


def fit(
    frame: pd.DataFrame, settings: ClusterSettings, kind: str
) -> tuple[ClusterModel, list[Trial]]:
    """Group the customers with orders of one as-of date; also returns what was tried.

    Raises:
        TooFewCustomersError: fewer than `customers_min` customers with orders, or all too alike for
            `k_min` groups.
    """
    rows = with_sorted_rows(with_plain_keys(frame))
    require_columns(rows, RFM)
    rows = rows[has_orders(rows)]
    points = log_rfm(rows)
    different = len(np.unique(points, axis=0))
    if len(rows) < settings.customers_min or different <= settings.k_max:
        raise TooFewCustomersError(
            f"{len(rows)} customers with orders ({different} different ones); micro segments need"
            f" {settings.customers_min} (and more than {settings.k_max} different ones)"
        )
    fitted = {
        k: make_pipeline(StandardScaler(), _kmeans(k, settings)).fit(points)
        for k in range(settings.k_min, settings.k_max + 1)
    }
    trials = [_trial(k, pipeline, points, settings) for k, pipeline in fitted.items()]
    best = fitted[chosen(trials, settings).k]
    parameters = {**asdict(settings), "sklearn": sklearn.__version__}
    model = ClusterModel(
        pipeline=skops.io.dumps(best),
        names=names_of(RFM, best[-1].cluster_centers_, _typical(best, points), settings.currency),
        identity=identity_of(rows[[*KEY, *RFM]], CODE, parameters),
        as_of=max(rows["as_of"]),
        kind=kind,
    )
    return model, trials


def chosen(trials: list[Trial], settings: ClusterSettings) -> Trial:
    """The trial that the rule in `ClusterSettings` takes."""
    usable = [trial for trial in trials if trial.smallest_share >= settings.smallest_share]
    if not usable:
        return max(trials, key=lambda trial: (trial.smallest_share, -trial.k))
    best = max(trial.silhouette for trial in usable)
    return max(
        (trial for trial in usable if trial.silhouette >= best - settings.detail_cost),
        key=lambda trial: trial.k,
    )


def cluster_metrics(
    model: TrainedModel, frame: pd.DataFrame, rows_max: int = 5000
) -> dict[str, float]:
    """silhouette, smallest_share and clusters of a model on some rows.

    Distances are taken in the rows' own standardised log space, not in the model's, so two models
    on the same rows are comparable.
    """
    rows = with_sorted_rows(frame[has_orders(frame)])
    segments = model.predict(rows)["micro_segment"].to_numpy()
    names, counts = np.unique(segments, return_counts=True)
    value = float("nan")
    if 2 <= len(names) < len(rows):
        points = StandardScaler().fit_transform(log_rfm(rows))
        value = _silhouette(points, segments, rows_max)
    return {
        "silhouette": value,
        "smallest_share": float(counts.min() / len(rows)),
        "clusters": float(len(names)),
    }


def has_orders(frame: pd.DataFrame) -> np.ndarray:
    """Which rows are of customers with at least one order."""
    return np.asarray(np.nan_to_num(as_float(frame["order_count"])) > 0)


def log_rfm(frame: pd.DataFrame) -> np.ndarray:
    """log(1 + x) of recency, frequency and money: all three are long-tailed, and the second order
    says more than the 102nd.
    """
    values = np.column_stack([as_float(frame[name]) for name in RFM])
    if np.isnan(values).any():
        row = frame.iloc[int(np.isnan(values).any(axis=1).argmax())]
        raise ValueError(
            f"customer {row['customer_id']} has orders as of {row['as_of']}, but one of"
            f" {', '.join(RFM)} is null; mend features_customers"
        )
    return np.asarray(np.log1p(np.clip(values, 0, None)))


def _kmeans(k: int, settings: ClusterSettings) -> KMeans:
    return KMeans(n_clusters=k, n_init=settings.restarts, random_state=settings.seed)


def _trial(k: int, pipeline: Pipeline, points: np.ndarray, settings: ClusterSettings) -> Trial:
    labels = pipeline[-1].labels_
    shares = np.bincount(labels, minlength=k) / len(labels)
    return Trial(
        k,
        _silhouette(pipeline[0].transform(points), labels, settings.silhouette_rows),
        float(shares.min()),
    )


def _silhouette(points: np.ndarray, labels: np.ndarray, rows_max: int) -> float:
    """The mean over all rows, or over a fixed sample: the exact value takes memory and time in the
    square of the rows.
    """
    sample = rows_max if len(points) > rows_max else None
    return float(silhouette_score(points, labels, sample_size=sample, random_state=0))


def _typical(pipeline: Pipeline, points: np.ndarray) -> np.ndarray:
    """The median recency, frequency and money of each cluster, in days, orders and currency."""
    labels = pipeline[-1].labels_
    medians = [
        np.expm1(np.median(points[labels == cluster], axis=0))
        for cluster in range(pipeline[-1].n_clusters)
    ]
    return np.array(medians)


@lru_cache(maxsize=8)
def _pipeline(raw: bytes) -> Any:
    """Read once per process; skops refuses any type that is not scikit-learn's or numpy's."""
    return skops.io.loads(raw)
