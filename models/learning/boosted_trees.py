"""Boosted trees: the probability of an outcome that a label knows, with the reasons behind it
(XGBoost).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xgboost as xgb

from models.learning.identity import identity_of
from models.learning.inputs import (
    OUTCOME,
    VALUE,
    Features,
    as_float,
    at,
    features_of,
    keys_of,
    matrix,
    require_columns,
    with_plain_keys,
    with_sorted_rows,
)
from models.learning.learner import Learned, Setup
from models.learning.reasons import REASONS, Direction, Words, reasons_in_words, saved_words
from models.learning.windows import ended_windows

CODE = tuple(Path(__file__).with_name(name) for name in ("boosted_trees.py", "inputs.py"))


@dataclass(frozen=True)
class TreeSettings:
    """How boosted trees are grown.

    Chosen for churn in 28 days on the as-ofs 2017-06-16, 07-14, 08-11 and 09-08 of Complete
    Journey, whose label windows all end by 2017-10-06 (55 features, up to six training windows
    each). Mean AUC / log loss / ECE: depth 3 .8799 / .3042 / .0196, depth 4 .8797 / .3045 / .0207,
    depth 5 .8795 / .3048 / .0204, depth 2 .8796 / .3043 / .0195, a rate of .03 with 30 % of the
    columns .8787 to .8795. One seed .8794 / .3046 / .0200, three .8799 / .3042 / .0196, five .8799
    / .3042 / .0194. Platt scaling on the early window moved ECE from .018 to .021 (mean of the
    four; worse in three of them), so probabilities are left as they are.
    """

    seed: int = 0
    threads: int = 1
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
class TreesModel:
    """A few boosters of different seeds; the score is their mean margin, so the mean of their SHAP
    values explains it exactly.
    """

    boosters: tuple[bytes, ...]
    features: Features
    identity: str
    train_as_ofs: tuple[date, ...]
    rounds: int
    kind: str
    label_days: int
    words: Words = field(default_factory=dict)
    direction: Direction = ("raises", "lowers")

    @property
    def seen_until(self) -> date:
        """The exclusive end of the last label window that the model learned from; rows as of that
        day or later are new to it.
        """
        return max(self.train_as_ofs) + timedelta(days=self.label_days)

    @property
    def requirements(self) -> tuple[str, ...]:
        """XGBoost, and what it reads rows with."""
        return ("xgboost-cpu", "numpy", "pandas")

    def predict(self, frame: pd.DataFrame, *, reasons: bool = False) -> pd.DataFrame:
        """One row per row of `frame`: its keys and `value`, the probability; with reasons also
        reason_1, reason_2, reason_3.

        With reasons the value is reckoned from the SHAP values that they tell, otherwise from the
        trees, which is faster; the two differ by rounding alone.

        Raises:
            MissingFeatureError: the frame lacks a key or a feature that the model names.
        """
        require_columns(frame, keys_of(frame))
        if not reasons:
            return frame[keys_of(frame)].assign(**{VALUE: _probability(self._margin(frame))})
        explained = self.explain(frame)
        margin = explained.drop(columns=keys_of(frame)).sum(axis=1).to_numpy()
        scored = frame[keys_of(frame)].assign(**{VALUE: _probability(margin)})
        names = list(self.features.names)
        texts = reasons_in_words(explained[names], frame[names], self.words, self.direction)
        return scored.join(texts)[[*keys_of(frame), VALUE, *REASONS]]

    def explain(self, frame: pd.DataFrame) -> pd.DataFrame:
        """SHAP values in log-odds: the keys, one column per feature, and `bias`; a row sums to the
        log-odds of its score.
        """
        require_columns(frame, keys_of(frame))
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
        return frame[keys_of(frame)].join(values)

    def _margin(self, frame: pd.DataFrame) -> np.ndarray:
        data = _data(frame, self.features, threads=1)
        parts = [_booster(raw).predict(data, output_margin=True) for raw in self.boosters]
        return np.asarray(np.mean([part.astype(np.float64) for part in parts], axis=0))

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

    def with_words(self, words: Words, direction: Direction) -> TreesModel:
        """The same model with other families and templates for its reasons."""
        return replace(self, words=dict(words), direction=direction)

    def to_files(self) -> dict[str, bytes]:
        """`model.json` and one `booster_<n>.ubj` per seed."""
        about = {
            "kind": self.kind,
            "numeric": self.features.numeric,
            "categories": self.features.categories,
            "identity": self.identity,
            "train_as_ofs": [day.isoformat() for day in self.train_as_ofs],
            "rounds": self.rounds,
            "label_days": self.label_days,
            "words": dict(self.words),
            "direction": list(self.direction),
        }
        files = {f"booster_{number}.ubj": raw for number, raw in enumerate(self.boosters)}
        return {"model.json": json.dumps(about, indent=1).encode(), **files}

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> TreesModel:
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
            kind=about["kind"],
            label_days=about["label_days"],
            words=saved_words(about["words"]),
            direction=(about["direction"][0], about["direction"][1]),
        )


@dataclass(frozen=True)
class BoostedTrees:
    """Learns the probability of an outcome from labelled rows; `direction` is what its reasons say
    of a feature that raises it, and of one that lowers it.
    """

    direction: Direction
    settings: TreeSettings = field(default_factory=TreeSettings)

    def learn(self, kind: str, rows: pd.DataFrame, as_ofs: Sequence[date], setup: Setup) -> Learned:
        """A model of the windows behind the first date, of which it learns nothing.

        Windows with fewer than `rows_min` labelled rows, or with one outcome only, are left out; a
        model needs the first date and two windows that lie as far apart as a label is long.
        """
        judged, *earlier = as_ofs
        usable = [day for day in as_ofs if _is_usable(rows[rows["as_of"] == day], setup.rows_min)]
        newest_first = [day for day in earlier if day in usable]
        if judged not in usable or not ended_windows(newest_first, setup.label_days):
            return Learned(None, _too_little(kind, rows, list(as_ofs), usable, setup))
        settings = replace(self.settings, seed=setup.seed, threads=setup.threads)
        newest, *older = newest_first
        model = fit(at(rows, older), at(rows, [newest]), settings, kind, setup.label_days)
        parameters = {
            **dict(settings.learning),
            "rounds": model.rounds,
            "ensemble": settings.ensemble,
            "seed": settings.seed,
        }
        return Learned(model.with_words(setup.words, self.direction), parameters=parameters)

    def from_files(self, files: Mapping[str, bytes]) -> TreesModel:
        """The model that `to_files` wrote."""
        return TreesModel.from_files(files)


def fit(
    train: pd.DataFrame, early: pd.DataFrame, settings: TreeSettings, kind: str, label_days: int
) -> TreesModel:
    """Learn from labelled rows: the older windows `train` and the newest window `early`.

    The number of rounds is where log loss on `early` stopped falling, learning from the windows of
    `train` that had ended by then; then all rows are fitted again with that number. Each frame
    holds keys, features and `outcome`.

    Raises:
        ValueError: a frame is empty, no window of `train` has ended by the as-of date of `early`,
            or its outcomes are all the same.
    """
    train, early = (with_sorted_rows(with_plain_keys(frame)) for frame in (train, early))
    ended = _ended(train, early, label_days)
    _demand_both_outcomes(ended, early, kind, label_days)
    everything = with_sorted_rows(pd.concat([train, early], ignore_index=True))
    features = features_of(everything)
    rounds = _stopping_round(ended, early, features, settings)
    whole = _labelled(everything, features, settings)
    raws = [
        xgb.train(_parameters(settings, settings.seed + number), whole, rounds).save_raw("ubj")
        for number in range(settings.ensemble)
    ]
    return TreesModel(
        boosters=tuple(bytes(raw) for raw in raws),
        features=features,
        identity=identity_of(
            everything[[*keys_of(everything), *features.names, OUTCOME]],
            CODE,
            {**asdict(settings), "label_days": label_days, "xgboost": xgb.__version__},
        ),
        train_as_ofs=tuple(sorted(set(everything["as_of"]))),
        rounds=rounds,
        kind=kind,
        label_days=label_days,
    )


def _is_usable(window: pd.DataFrame, rows_min: int) -> bool:
    return len(window) >= rows_min and window[OUTCOME].nunique() == 2


def _too_little(
    kind: str, rows: pd.DataFrame, wanted: list[date], usable: list[date], setup: Setup
) -> str:
    counts = rows["as_of"].value_counts()
    unusable = ", ".join(
        f"{day} ({counts.get(day, 0)} labelled rows)" for day in wanted if day not in usable
    )
    return (
        f"not enough history: a {kind} model needs the window as of {wanted[0]} and two of the"
        f" {len(wanted) - 1} before it that lie {setup.label_days} days or more apart, each with at"
        f" least {setup.rows_min} labelled rows of both outcomes; not usable: {unusable or 'none'}"
    )


def _ended(train: pd.DataFrame, early: pd.DataFrame, label_days: int) -> pd.DataFrame:
    """The rows of `train` whose label windows end by the as-of date of `early`: of others the
    rounds would be counted on known labels.
    """
    return (
        train
        if early.empty
        else train[train["as_of"] <= min(early["as_of"]) - timedelta(days=label_days)]
    )


def _demand_both_outcomes(
    train: pd.DataFrame, early: pd.DataFrame, kind: str, label_days: int
) -> None:
    for name, frame in (("train", train), ("early", early)):
        require_columns(frame, (OUTCOME,))
        if frame.empty:
            raise ValueError(
                f"the frame `{name}` for the {kind} model is empty; it needs labelled rows of at"
                f" least one as-of date, and those of `train` {label_days} days before those of"
                " `early`"
            )
    if train[OUTCOME].nunique() < 2:
        raise ValueError(
            f"all {len(train)} labels of the training windows are {train[OUTCOME].iloc[0]}; a"
            f" {kind} model needs both outcomes"
        )


def _stopping_round(
    train: pd.DataFrame, early: pd.DataFrame, features: Features, settings: TreeSettings
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


def _parameters(settings: TreeSettings, seed: int) -> dict[str, Any]:
    fixed = {"objective": "binary:logistic", "eval_metric": "logloss", "tree_method": "hist"}
    return {**fixed, **settings.learning, "nthread": settings.threads, "seed": seed}


def _labelled(
    frame: pd.DataFrame, features: Features, settings: TreeSettings, ref: xgb.DMatrix | None = None
) -> xgb.QuantileDMatrix:
    return xgb.QuantileDMatrix(
        matrix(frame, features),
        as_float(frame[OUTCOME]),
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


def _probability(margin: np.ndarray) -> np.ndarray:
    """The logistic function of log-odds."""
    return np.asarray(1 / (1 + np.exp(-margin)))


@lru_cache(maxsize=32)
def _booster(raw: bytes) -> xgb.Booster:
    """Read once per process: a Spark worker meets the same bytes with every batch. One thread,
    since Spark already uses the cores.
    """
    booster = xgb.Booster({"nthread": 1})
    booster.load_model(bytearray(raw))
    return booster
