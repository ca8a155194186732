"""From a frame of features to what a model reads: names, vocabularies, and a matrix of floats."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from numbers import Number
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

KEY = ("customer_id", "as_of")
# Of kinds that ask of each customer more than once, what a row asks about, such as a campaign.
TARGET = "target"
OUTCOME = "outcome"  # what the label of a row's kind says
VALUE = "value"
CATEGORY_PREFIX = "demographic_"


class MissingFeatureError(ValueError):
    """A model names a feature that the frame does not have."""


@dataclass(frozen=True)
class Features:
    """The columns a model reads, in order: numbers first, then categories, each with its sorted
    vocabulary.
    """

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


def typed_frame(table: pa.Table) -> pd.DataFrame:
    """The rows with the types that the table declares, so that a column without a value is still a
    text, a number or a day.
    """
    frame: pd.DataFrame = table.to_pandas(types_mapper=_pandas_type, date_as_object=False)
    return frame


def features_of(frame: pd.DataFrame) -> Features:
    """Every column of numbers or texts of a frame, without keys, target, outcome and `ops_*`;
    sorted by name.

    The type of a column decides, as `typed_frame` keeps it. Decimals and booleans count as numbers,
    every text is a category; days and lists are no features. A vocabulary is what the frame holds,
    sorted, so it does not depend on the order of the rows.

    Raises:
        ValueError: a column of objects without any value, whose type nobody can tell.
    """
    open_columns = [
        name
        for name in sorted(frame.columns)
        if name not in (*KEY, TARGET, OUTCOME) and not name.startswith("ops_")
    ]
    kinds = {name: _kind(frame[name]) for name in open_columns}
    numeric = [name for name in open_columns if kinds[name] == "number"]
    return Features(
        tuple(numeric),
        {name: _vocabulary(frame[name]) for name in open_columns if kinds[name] == "text"},
    )


def matrix(frame: pd.DataFrame, features: Features) -> np.ndarray:
    """One float32 row per row of the frame; categories as codes; null and categories the model
    never met are NaN.

    Raises:
        MissingFeatureError: the frame lacks a column that the model names.
    """
    require_columns(frame, features.names)
    columns = [as_float(frame[name]) for name in features.numeric]
    columns += [_codes(frame[name], vocabulary) for name, vocabulary in features.categories.items()]
    return (
        np.column_stack(columns).astype(np.float32)
        if columns
        else np.empty((len(frame), 0), np.float32)
    )


def require_columns(frame: pd.DataFrame, names: Iterable[str]) -> None:
    """Raise one error that lists every missing column with its nearest match."""
    missing = [name for name in names if name not in frame.columns]
    if not missing:
        return
    listed = ", ".join(name + _nearest(name, map(str, frame.columns)) for name in missing)
    raise MissingFeatureError(
        f"the frame has no column {listed}; the model was trained with it. Add the feature back, or"
        " train and promote a model without it."
    )


def as_float(column: pd.Series) -> np.ndarray:
    """Float64 values of a numeric or decimal column; null is NaN. Decimals are rounded by Python,
    whose nearest float is exact.
    """
    if column.dtype == object or _is_decimal(column.dtype):
        return np.array(
            [np.nan if pd.isna(value) else float(value) for value in column], dtype=np.float64
        )
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def keys_of(frame: pd.DataFrame) -> list[str]:
    """The columns that name a row: customer and as-of date, and the target where there is one."""
    return [*KEY, *([TARGET] if TARGET in frame.columns else [])]


def with_sorted_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame sorted by as_of, customer_id and target: fits read rows in one order, however Spark
    delivered them.
    """
    keys = [name for name in ("as_of", "customer_id", TARGET) if name in frame.columns]
    return frame.sort_values(keys or list(frame.columns), kind="stable", ignore_index=True)


def with_plain_keys(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with customer_id as string and as_of as `datetime.date`, whatever Spark, Arrow or
    DuckDB made of them.
    """
    require_columns(frame, KEY)
    return frame.assign(
        customer_id=frame["customer_id"].astype(str), as_of=pd.to_datetime(frame["as_of"]).dt.date
    )


def at(frame: pd.DataFrame, as_ofs: Iterable[date]) -> pd.DataFrame:
    """The rows of some as-of dates, sorted by key."""
    return with_sorted_rows(frame[frame["as_of"].isin(list(as_ofs))])


def _pandas_type(kind: pa.DataType) -> Any:
    """The pandas type of an Arrow type that pandas would otherwise read as objects."""
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pd.StringDtype()
    if pa.types.is_boolean(kind):
        return pd.BooleanDtype()
    return pd.ArrowDtype(kind) if pa.types.is_decimal(kind) or pa.types.is_nested(kind) else None


def _kind(column: pd.Series) -> Literal["number", "text", "other"]:
    if column.dtype == object:
        return _kind_of_objects(column)
    if pd.api.types.is_numeric_dtype(column.dtype):  # booleans among them
        return "number"
    return "text" if pd.api.types.is_string_dtype(column.dtype) else "other"


def _kind_of_objects(column: pd.Series) -> Literal["number", "text", "other"]:
    """What the values of a column without a type of its own are, as Spark and DuckDB hand over
    texts and decimals.
    """
    values = column.dropna()
    if values.empty:
        raise ValueError(
            f"the column {column.name} has no value and no type; read it with its type"
            " (models.learning.inputs.typed_frame)"
        )
    if all(isinstance(value, str) for value in values):
        return "text"
    return "number" if all(isinstance(value, Number | Decimal) for value in values) else "other"


def _is_decimal(dtype: Any) -> bool:
    return isinstance(dtype, pd.ArrowDtype) and pa.types.is_decimal(dtype.pyarrow_dtype)


def _vocabulary(column: pd.Series) -> tuple[str, ...]:
    return tuple(sorted({str(value) for value in column.dropna()}))


def _codes(column: pd.Series, vocabulary: tuple[str, ...]) -> np.ndarray:
    codes = {value: float(code) for code, value in enumerate(vocabulary)}
    return np.array(
        [np.nan if pd.isna(value) else codes.get(str(value), np.nan) for value in column],
        dtype=np.float64,
    )


def _nearest(name: str, names: Iterable[str]) -> str:
    matches = difflib.get_close_matches(name, list(names), n=1)
    return f" (nearest: {matches[0]})" if matches else ""
