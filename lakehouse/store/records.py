"""What the house writes down of itself: a class is a table of records (`ops_*`), its fields are the
table's columns, and an object is one row.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import Field, dataclass, fields
from datetime import date, datetime
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, ClassVar, Protocol, TypeVar, get_args, get_origin, get_type_hints

import pyarrow as pa
import pyarrow.dataset as ds

from lakehouse.base.run import days_of
from lakehouse.store import delta
from lakehouse.store.appending import append_rows

# Any other type is written as text in JSON.
ARROW_TYPES: dict[object, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    date: pa.date32(),
    datetime: pa.timestamp("us", tz="UTC"),
}


class Record(Protocol):
    """A row of one of these tables: `TABLE` is the table's name, `KEY` are the columns that tell
    rows apart.
    """

    TABLE: ClassVar[str]
    KEY: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


Kept = TypeVar("Kept", bound=Record)


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One row per run, stage and table: what it did, how long it took and where the rows went."""

    TABLE: ClassVar[str] = "ops_runs"
    KEY: ClassVar[str] = "run_id stage table_name started_at"

    run_id: str
    tenant: str
    stage: str
    table_name: str
    as_of_dates: tuple[date, ...] = ()
    status: str
    error: str = ""
    slice_start: date | None = None
    slice_end: date | None = None
    started_at: datetime
    ended_at: datetime
    seconds: float
    delta_version: int | None = None
    rows_in: int | None = None
    rows_kept: int | None = None
    rows_quarantined: int | None = None
    rows_duplicate: int | None = None
    rows_superseded: int | None = None
    table_rows: int | None = None

    @property
    def days(self) -> list[date]:
        """The arrival days that the run covered; none where its slice is unknown."""
        return (
            days_of(self.slice_start, self.slice_end) if self.slice_start and self.slice_end else []
        )


@dataclass(frozen=True, kw_only=True)
class OfTable:
    """The columns that say to which build of which table a record belongs."""

    run_id: str
    tenant: str
    stage: str
    table_name: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one check: `observed` is the measured number, `message` is for a person."""

    check_name: str
    level: str
    status: str
    expected: str
    message: str
    observed: float | None


PASSED, FAILED = "passed", "failed"  # what `status` says


def outcome(
    name: str, level: str, passed: bool, observed: float | None, expected: str, message: str
) -> Outcome:
    """What became of a check; the message is kept when the check failed."""
    return Outcome(
        check_name=name,
        level=level,
        status=PASSED if passed else FAILED,
        expected=expected,
        message="" if passed else message,
        observed=observed,
    )


@dataclass(frozen=True, kw_only=True)
class CheckRecord(Outcome, OfTable):
    """One row per run, table and check: what was expected and what was observed."""

    TABLE: ClassVar[str] = "ops_checks"
    KEY: ClassVar[str] = "run_id stage table_name check_name"

    checked_at: datetime


@dataclass(frozen=True, kw_only=True)
class FileRecord:
    """The manifest: one row per file (and day without one) each time a run looked at it; the newest
    row says how it stands.
    """

    TABLE: ClassVar[str] = "ops_files"
    KEY: ClassVar[str] = "source arrived_on source_file loaded_at"

    run_id: str
    tenant: str
    source: str
    source_file: str
    file_state: str
    sha256: str | None = None
    arrived_on: date
    loaded_at: datetime
    file_bytes: int | None = None
    file_rows: int | None = None


@dataclass(frozen=True, kw_only=True)
class DroppedRecord:
    """One row per refused row that a person has put aside for good."""

    TABLE: ClassVar[str] = "ops_dropped"
    KEY: ClassVar[str] = "table_name source_file source_line"

    table_name: str
    source_file: str
    why: str
    who: str
    source_line: int
    dropped_at: datetime


@dataclass(frozen=True, kw_only=True)
class MetricRecord:
    """One row per bronze table, arrival day, column and metric, measured on exactly the rows that
    arrived.
    """

    TABLE: ClassVar[str] = "ops_metrics"
    KEY: ClassVar[str] = "table_name arrived_on column_name metric measured_at"

    run_id: str
    tenant: str
    table_name: str
    arrived_on: date
    column_name: str
    metric: str
    value: float
    measured_at: datetime


@dataclass(frozen=True, kw_only=True)
class Release:
    """One row per release and per return to an earlier one; readers follow the newest row."""

    TABLE: ClassVar[str] = "ops_releases"
    KEY: ClassVar[str] = "release_id created_at"

    release_id: str
    tenant: str
    run_id: str
    tables: dict[str, int]
    models: dict[str, str]
    note: str = ""
    as_of: date
    created_at: datetime
    is_held: bool = False


def schema_of(record: type[Record]) -> pa.Schema:
    """The columns of the class's table, in the order of its fields."""
    return pa.schema(
        {name: ARROW_TYPES.get(hint, pa.string()) for name, hint in _hints(record).items()}
    )


def append(lake: Path, record: type[Kept], rows: Sequence[Kept]) -> None:
    """Append the rows to the class's table, which is made when it is not there."""
    as_json = [name for name, hint in _hints(record).items() if hint not in ARROW_TYPES]
    values = [
        vars(row) | {name: json.dumps(vars(row)[name], default=str) for name in as_json}
        for row in rows
    ]
    append_rows(lake / record.TABLE, values, schema_of(record))


def read(lake: Path, record: type[Kept], wanted: ds.Expression | None = None) -> list[Kept]:
    """The rows of the class's table, or those that an Arrow filter chooses, in no order; none
    without the table.

    A column that the table has not yet, because all its rows are older, is None.
    """
    make: Callable[..., Kept] = record
    hints = _hints(record)
    rows = delta.read_records(lake / record.TABLE, schema_of(record), wanted)
    return [make(**{name: _value(row[name], hint) for name, hint in hints.items()}) for row in rows]


def _hints(record: type[Record]) -> dict[str, object]:
    """The type of each column, without the None that it may be."""
    hints = get_type_hints(record)
    return {field.name: _without_none(hints[field.name]) for field in fields(record)}


def _without_none(hint: object) -> object:
    return (
        next((part for part in get_args(hint) if part is not NoneType), hint)
        if isinstance(hint, UnionType)
        else hint
    )


def _value(value: object, hint: object) -> object:
    """A value of the table as the class holds it."""
    if hint in ARROW_TYPES:
        return value
    parsed = json.loads(str(value)) if value else []
    return tuple(map(date.fromisoformat, parsed)) if get_origin(hint) is tuple else dict(parsed)
