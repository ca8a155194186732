"""Small reads of a table, without Spark: its rows as a pandas frame or as Arrow, whether it has
rows of some days, and which days it has.
"""

from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds

from lakehouse.store import delta


def read_frame(
    path: Path,
    version: int | None = None,
    *,
    columns: list[str] | None = None,
    where: ds.Expression | None = None,
) -> pd.DataFrame:
    """The rows of a table, at a version or the newest: those of a filter and columns when they are
    named; without the table a frame of these columns and no row.
    """
    if not delta.exists(path):
        return pd.DataFrame(columns=columns)
    frame: pd.DataFrame = (
        delta.dataset(path, version).to_table(columns=columns, filter=where).to_pandas()
    )
    return frame


def rows_at(path: Path, column: str, days: list[date]) -> pa.Table:
    """The rows of these days as Arrow, without a JVM."""
    return delta.dataset(path).to_table(filter=ds.field(column).isin(days))


def has_rows(path: Path, column: str, days: list[date], version: int | None = None) -> bool:
    """Whether the table holds a row of one of these days."""
    return delta.exists(path) and bool(
        delta.dataset(path, version)
        .head(1, columns=[column], filter=ds.field(column).isin(days))
        .num_rows
    )


def values_above(path: Path, column: str, least: date, version: int | None = None) -> list[date]:
    """The different days of the column after `least`, in order."""
    if not delta.exists(path):
        return []
    table = delta.dataset(path, version).to_table(columns=[column], filter=ds.field(column) > least)
    return sorted(table[column].unique().to_pylist())
