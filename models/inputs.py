"""From a frame of features to what a model reads: names, vocabularies, and a matrix of floats."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from numbers import Number

import numpy as np
import pandas as pd

KEY = ("customer_id", "as_of")
LABEL = "is_churned_28d"
CATEGORY_PREFIX = "demographic_"


class MissingFeatureError(ValueError):
    """A model names a feature that the frame does not have."""


@dataclass(frozen=True)
class Features:
    """The columns a model reads, in order: numbers first, then categories, each with its sorted vocabulary."""

    numeric: tuple[str, ...]
    categories: Mapping[str, tuple[str, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """Every column, in the order of the matrix."""
        return (*self.numeric, *self.categories)

    @property
    def types(self) -> list[str]:
        """XGBoost's type of every column: `q` a quantity, `c` a category code."""
        return ["q"] * len(self.numeric) + ["c"] * len(self.categories)


def features_of(frame: pd.DataFrame) -> Features:
    """Every numeric column and every `demographic_*` string of a frame, without keys, labels and `ops_*`; sorted by name.

    Decimals count as numbers. A vocabulary is what the frame holds, sorted, so it does not depend on the order of the rows.
    """
    open_columns = [name for name in sorted(frame.columns) if name not in (*KEY, LABEL) and not name.startswith("ops_")]
    categories = [name for name in open_columns if name.startswith(CATEGORY_PREFIX)]
    numeric = [name for name in open_columns if name not in categories and _is_numeric(frame[name])]
    return Features(tuple(numeric), {name: _vocabulary(frame[name]) for name in categories})


def matrix(frame: pd.DataFrame, features: Features) -> np.ndarray:
    """One float32 row per row of the frame; categories as codes; null and categories the model never met are NaN.

    Raises:
        MissingFeatureError: the frame lacks a column that the model names.
    """
    demand(frame, features.names)
    columns = [as_float(frame[name]) for name in features.numeric]
    columns += [_codes(frame[name], vocabulary) for name, vocabulary in features.categories.items()]
    return np.column_stack(columns).astype(np.float32) if columns else np.empty((len(frame), 0), np.float32)


def demand(frame: pd.DataFrame, names: Iterable[str]) -> None:
    """Raise one error that lists every missing column with its nearest match."""
    missing = [name for name in names if name not in frame.columns]
    if not missing:
        return
    listed = ", ".join(name + _nearest(name, map(str, frame.columns)) for name in missing)
    raise MissingFeatureError(
        f"the frame has no column {listed}; the model was trained with it. Add the feature back, or train and promote a model without it."
    )


def as_float(column: pd.Series) -> np.ndarray:
    """Float64 values of a numeric or decimal column; null is NaN."""
    if column.dtype == object:
        return np.array([np.nan if pd.isna(value) else float(value) for value in column], dtype=np.float64)
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def with_sorted_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame sorted by as_of and customer_id: fits read rows in one order, however Spark delivered them."""
    keys = [name for name in ("as_of", "customer_id") if name in frame.columns]
    return frame.sort_values(keys or list(frame.columns), kind="stable", ignore_index=True)


def with_plain_keys(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with customer_id as string and as_of as `datetime.date`, whatever Spark, Arrow or DuckDB made of them."""
    demand(frame, KEY)
    return frame.assign(customer_id=frame["customer_id"].astype(str), as_of=pd.to_datetime(frame["as_of"]).dt.date)


def at(frame: pd.DataFrame, as_ofs: Iterable[date]) -> pd.DataFrame:
    """The rows of some as-of dates, sorted by key."""
    return with_sorted_rows(frame[frame["as_of"].isin(list(as_ofs))])


def _is_numeric(column: pd.Series) -> bool:
    if column.dtype != object:
        return pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)
    # An all-null column of decimals arrives as objects too: it stays, as NaN, so that the model's names do not depend on a quiet month.
    return all(isinstance(value, Number | Decimal) for value in column.dropna())


def _vocabulary(column: pd.Series) -> tuple[str, ...]:
    return tuple(sorted({str(value) for value in column.dropna()}))


def _codes(column: pd.Series, vocabulary: tuple[str, ...]) -> np.ndarray:
    codes = {value: float(code) for code, value in enumerate(vocabulary)}
    return np.array([np.nan if pd.isna(value) else codes.get(str(value), np.nan) for value in column], dtype=np.float64)


def _nearest(name: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(name, list(known), n=1)
    return f" (nearest: {found[0]})" if found else ""
