"""Rows of the house's own records are appended without Spark: 0.02 s where it takes 0.9 s."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, Schema, write_deltalake
from deltalake.exceptions import CommitFailedError

from lakehouse.contract.columns import impersonal_records
from lakehouse.store import pinned
from lakehouse.store.delta import exists, limits_of, set_limits

# Two tables built side by side may both be the first to append to a table of records.
_APPENDING = threading.Lock()
MOST_OPEN = 16  # a lake has seven tables of records
_OPEN: dict[Path, tuple[DeltaTable, tuple[int, int] | None]] = {}


def append_rows(path: Path, rows: Sequence[Mapping[str, object]], schema: pa.Schema) -> None:
    """Append a few rows of the house's own records without Spark (0.02 s against 0.9 s).

    The log holds the extremes of the columns alone that the dictionary calls impersonal.
    """
    if not rows:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist(rows, schema=schema)
    with _APPENDING:
        try:
            _append(path, table)
        except (
            CommitFailedError
        ):  # another process made the table meanwhile, or told it of its columns: once in its life
            _append(path, table)


def _append(path: Path, rows: pa.Table) -> None:
    impersonal, table = impersonal_records(), _opened(path)
    if table:
        set_limits(table, impersonal)
    made = limits_of(Schema.from_arrow(rows.schema), impersonal)
    write_deltalake(
        table or str(path), rows, mode="append", schema_mode="merge", configuration=made
    )
    if table:
        _OPEN[path] = table, pinned.stamp(path, table.version())
        if len(_OPEN) > MOST_OPEN:
            del _OPEN[next(iter(_OPEN))]


def _opened(path: Path) -> DeltaTable | None:
    """The table of records, None where there is none; what this process appended to last is read on
    from there: a table of records gets a commit per build, hundreds between two maintenances.
    """
    table, stamp = _OPEN.pop(path, (None, None))
    if table and stamp and stamp == pinned.stamp(path, table.version()):
        table.update_incremental()
        return table
    return DeltaTable(str(path)) if exists(path) else None
