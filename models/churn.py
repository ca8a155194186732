"""Churn: the probability that a customer places no order in the 28 days from the as-of date
(XGBoost).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xgboost as xgb

from models.inputs import (
    KEY,
    LABEL,
    Features,
    as_float,
    demand,
    features_of,
    matrix,
    with_plain_keys,
    with_sorted_rows,
)
from models.model import identity_of
from models.reasons import REASONS, Words, reasons_in_words, saved_words

LABEL_DAYS = 28
CODE = tuple(Path(__file__).with_name(name) for name in ("churn.py", "inputs.py"))


@dataclass(frozen=True)
class ChurnSettings:
    """How churn models are trained.

    Chosen on the as-ofs 2017-06-16, 07-14, 08-11 and 09-08 of Complete Journey, whose label windows
    all end by 2017-10-06 (55 features, up to six training windows each). Mean AUC / log loss / ECE:
    depth 3 .8799 / .3042 / .0196, depth 4 .8797 / .3045 / .0207, depth 5 .8795 / .3048 / .0204,
    depth 2 .8796 / .3043 / .0195, a rate of .03 with 30 % of the columns .8787 to .8795. One seed
    .8794 / .3046 / .0200, three .8799 / .3042 / .0196, five .8799 / .3042 / .0194. Platt scaling on
    the early window moved ECE from .018 to .021 (mean of the four; worse in three of them), so
    probabilities are left as they are.
    """

    seed: int = 0
    threads: int = 1
    windows: int = 6
    # between the as-of dates of two training windows; a label is of 28 days whatever it is
    step_days: int = LABEL_DAYS
    ensemble: int = 3
    rounds_max: int = 1000
    patience: int = 50
    learning: Mapping[str, float] = field(
        default_factory=lambda: {
            "max_depth": 3,
            "eta": 0.05,
            "min_child_weight": 20,
            "subsample": 0.8,
            "colsample_bytree": 0.5,
            "reg_lambda": 5,
        }
    )


@dataclass(frozen=True)
class ChurnModel:
    """A few boosters of different seeds; the score is their mean margin, so the mean of their SHAP
    values explains it exactly.
    """

    boosters: tuple[bytes, ...]
    features: Features
    identity: str
    train_as_ofs: tuple[date, ...]
    rounds: int
    words: Words = field(default_factory=dict)
    kind: str = "churn"

    @property
    def seen_until(self) -> date:
        """The exclusive end of the last label window that the model learned from; rows as of that
        day or later are new to it.
        """
        return max(self.train_as_ofs) + timedelta(days=LABEL_DAYS)

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """One row per row of `frame`: customer_id, as_of, churn_probability, reason_1, reason_2,
        reason_3.

        Raises:
            MissingFeatureError: the frame lacks a key or a feature that the model names.
        """
        explained = self.explain(frame)
        margin = explained.drop(columns=list(KEY)).sum(axis=1).to_numpy()
        scored = frame[list(KEY)].assign(churn_probability=1 / (1 + np.exp(-margin)))
        reasons = reasons_in_words(
            explained[list(self.features.names)], frame[list(self.features.names)], self.words
        )
        return scored.join(reasons)[[*KEY, "churn_probability", *REASONS]]

    def explain(self, frame: pd.DataFrame) -> pd.DataFrame:
        """SHAP values in log-odds: the keys, one column per feature, and `bias`; a row sums to the
        log-odds of its score.
        """
        demand(frame, KEY)
        data = _data(frame, self.features, threads=1)
        columns = [*self.features.names, "bias"]
        # no rows come back without columns, so the shape is said
        parts = [
            _booster(raw).predict(data, pred_contribs=True).reshape(len(frame), len(columns))
            for raw in self.boosters
        ]
        values = pd.DataFrame(
            np.mean([part.astype(np.float64) for part in parts], axis=0),
            columns=columns,
            index=frame.index,
        )
        return frame[list(KEY)].join(values)

    def importance(self) -> pd.Series:
        """Mean gain per feature over the boosters, largest first; a feature that was never used is
        0.
        """
        gains = [
            pd.Series(_booster(raw).get_score(importance_type="gain"), dtype=float)
            for raw in self.boosters
        ]
        mean = pd.concat(
            [gain.reindex(list(self.features.names), fill_value=0.0) for gain in gains], axis=1
        ).mean(axis=1)
        return mean.sort_values(ascending=False, kind="stable")

    def with_words(self, words: Words) -> ChurnModel:
        """The same model with other families and templates for its reasons."""
        return replace(self, words=dict(words))

    def to_files(self) -> dict[str, bytes]:
        """`model.json` and one `booster_<n>.ubj` per seed."""
        about = {
            "kind": self.kind,
            "numeric": self.features.numeric,
            "categories": self.features.categories,
            "identity": self.identity,
            "train_as_ofs": [day.isoformat() for day in self.train_as_ofs],
            "rounds": self.rounds,
            "words": dict(self.words),
        }
        files = {f"booster_{number}.ubj": raw for number, raw in enumerate(self.boosters)}
        return {"model.json": json.dumps(about, indent=1).encode(), **files}

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> ChurnModel:
        """The model that `to_files` wrote."""
        about = json.loads(files["model.json"])
        boosters = [name for name in files if name.endswith(".ubj")]
        return cls(
            boosters=tuple(files[f"booster_{number}.ubj"] for number in range(len(boosters))),
            features=Features(
                tuple(about["numeric"]),
                {name: tuple(words) for name, words in about["categories"].items()},
            ),
            identity=about["identity"],
            train_as_ofs=tuple(date.fromisoformat(day) for day in about["train_as_ofs"]),
            rounds=about["rounds"],
            words=saved_words(about["words"]),
        )


def training_as_ofs(evaluated: date, windows: int = 6, step_days: int = LABEL_DAYS) -> list[date]:
    """The snapshots to learn from for an evaluation as of `evaluated`, newest first: their label
    windows all end by that day.

    The newest lies the 28 days of a label before it, each older one `step_days` before the next.
    """
    newest = evaluated - timedelta(days=LABEL_DAYS)
    return [newest - timedelta(days=step_days * step) for step in range(windows)]


def ended_windows(newest_first: list[date]) -> list[date]:
    """Of the as-of dates of training windows, those whose labels end by the newest of them:
    boosting is stopped on windows apart.
    """
    return [day for day in newest_first[1:] if day + timedelta(days=LABEL_DAYS) <= newest_first[0]]


def overlap(model: ChurnModel, judged: date) -> str:
    """Why a model cannot be judged on the rows as of a day: it has learned from labels of that day
    or later; empty when it can.
    """
    if model.seen_until <= judged:
        return ""
    return (
        f"the training labels go on until {model.seen_until}, exclusive, and the labels it is"
        f" judged on begin on {judged}: it has learned from days that it is judged on. Train on"
        f" windows that lie {LABEL_DAYS} days or more before {judged}"
    )


def fit(
    train: pd.DataFrame, early: pd.DataFrame, settings: ChurnSettings, words: Words | None = None
) -> ChurnModel:
    """Learn from labelled rows: the older windows `train` and the newest window `early`.

    The number of rounds is where log loss on `early` stopped falling, learning from the windows of
    `train` that had ended by then; then all rows are fitted again with that number. Each frame
    holds keys, features and `is_churned_28d`.

    Raises:
        ValueError: a frame is empty, no window of `train` has ended by the as-of date of `early`,
            or its labels are all the same.
    """
    train, early = (with_sorted_rows(with_plain_keys(frame)) for frame in (train, early))
    ended = _ended(train, early)
    _demand_both_outcomes(ended, early)
    everything = with_sorted_rows(pd.concat([train, early], ignore_index=True))
    features = features_of(everything)
    rounds = _stopping_round(ended, early, features, settings)
    whole = _labelled(everything, features, settings)
    raws = [
        xgb.train(_parameters(settings, settings.seed + number), whole, rounds).save_raw("ubj")
        for number in range(settings.ensemble)
    ]
    return ChurnModel(
        boosters=tuple(bytes(raw) for raw in raws),
        features=features,
        identity=identity_of(
            everything[[*KEY, *features.names, LABEL]],
            CODE,
            {**asdict(settings), "xgboost": xgb.__version__},
        ),
        train_as_ofs=tuple(sorted(set(everything["as_of"]))),
        rounds=rounds,
        words=dict(words or {}),
    )


def _ended(train: pd.DataFrame, early: pd.DataFrame) -> pd.DataFrame:
    """The rows of `train` whose label windows end by the as-of date of `early`: of others the
    rounds would be counted on known labels.
    """
    return (
        train
        if early.empty
        else train[train["as_of"] <= min(early["as_of"]) - timedelta(days=LABEL_DAYS)]
    )


def _demand_both_outcomes(train: pd.DataFrame, early: pd.DataFrame) -> None:
    for name, frame in (("train", train), ("early", early)):
        demand(frame, (LABEL,))
        if frame.empty:
            raise ValueError(
                f"the frame `{name}` for the churn model is empty; it needs labelled rows of at"
                f" least one as-of date, and those of `train` {LABEL_DAYS} days before those of"
                " `early`"
            )
    if train[LABEL].nunique() < 2:
        raise ValueError(
            f"all {len(train)} labels of the training windows are {train[LABEL].iloc[0]}; a churn"
            " model needs both outcomes"
        )


def _stopping_round(
    train: pd.DataFrame, early: pd.DataFrame, features: Features, settings: ChurnSettings
) -> int:
    data = _labelled(train, features, settings)
    watched = _labelled(early, features, settings, ref=data)
    booster = xgb.train(
        _parameters(settings, settings.seed),
        data,
        settings.rounds_max,
        evals=[(watched, "early")],
        early_stopping_rounds=settings.patience,
        verbose_eval=False,
    )
    return int(booster.best_iteration) + 1


def _parameters(settings: ChurnSettings, seed: int) -> dict[str, Any]:
    fixed = {"objective": "binary:logistic", "eval_metric": "logloss", "tree_method": "hist"}
    return {**fixed, **settings.learning, "nthread": settings.threads, "seed": seed}


def _labelled(
    frame: pd.DataFrame, features: Features, settings: ChurnSettings, ref: xgb.DMatrix | None = None
) -> xgb.QuantileDMatrix:
    return xgb.QuantileDMatrix(
        matrix(frame, features),
        as_float(frame[LABEL]),
        feature_names=list(features.names),
        feature_types=features.types,
        enable_categorical=True,
        nthread=settings.threads,
        ref=ref,
    )


def _data(frame: pd.DataFrame, features: Features, threads: int) -> xgb.DMatrix:
    return xgb.DMatrix(
        matrix(frame, features),
        feature_names=list(features.names),
        feature_types=features.types,
        enable_categorical=True,
        nthread=threads,
    )


@lru_cache(maxsize=32)
def _booster(raw: bytes) -> xgb.Booster:
    """Read once per process: a Spark worker meets the same bytes with every batch. One thread,
    since Spark already uses the cores.
    """
    booster = xgb.Booster({"nthread": 1})
    booster.load_model(bytearray(raw))
    return booster
