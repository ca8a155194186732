"""Checks of a whole table: what must hold of the rows that are about to be written.

A kind of check is one function at the end of this file. It makes a `Check`: which columns it needs,
what is added to the rows before measuring, which metric is asked of them, and the verdict on the
metric's value. All of this is data or plain Python, so that whoever measures
(`lakehouse/quality/deequ.py`) knows metrics and no kinds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from lakehouse.contract.expressions import columns_in

Level = Literal["ERROR", "WARN"]
ERROR: Level = "ERROR"
WARN: Level = "WARN"
NAMED_DATES = 3  # dates that a message names; it counts the others


@dataclass(frozen=True)
class Metric:
    """A number about the rows of a frame, as data; any engine can compute it.

    All but the last are Deequ's:

    - Size(*): the number of rows.
    - Completeness(column): the share of the rows that have a value.
    - Uniqueness(column, ...): the share of the rows whose values no other row has; rows without any
      value do not count as rows.
    - Compliance(condition): the share of the rows that satisfy an SQL condition; a null does not.
    - EmptyDates(table): the number of the run's as-of dates of which the frame has no row and the
      other table has some.
    """

    name: Literal["Size", "Completeness", "Uniqueness", "Compliance", "EmptyDates"]
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Lookup:
    """A column to add to the rows before measuring: `flag` is true where `column` is null or among
    the values of the column of the same name in the other `table`.
    """

    flag: str
    column: str
    table: str


@dataclass(frozen=True)
class Measured:
    """The value of a metric, and the number of rows that were judged; of the metric EmptyDates also
    the rows that the other table has, by as-of date.
    """

    value: float
    rows: int
    by_date: Mapping[date, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """Whether a check passed: the number that was observed, what was expected, and the message for
    a person in case that it failed.
    """

    passed: bool
    observed: float
    expected: str
    message: str


def _share_is_reached(check: "Check", measured: Measured) -> Verdict:
    """The metric is at least `share`; a frame without rows passes."""
    observed = measured.value if measured.rows else 1.0
    message = (
        f"{check.name}: {observed:g} of the rows, expected at least {check.share:g}"
        f" ({measured.rows} rows judged)"
    )
    return Verdict(observed >= check.share, observed, f">= {check.share:g}", message)


@dataclass(frozen=True)
class Check:
    """One check of a table: the metric to measure and the verdict on its value, which stops the run
    when it fails with the level ERROR.

    `columns` are those that the check is about, beside those that its `condition` reads. `table` is
    the other table that it looks into, of which it asks the whole, or with `is_by_date` the run's
    as-of dates alone. `minimum` is what the dictionary says must be there at least, where that is
    not the `share` of the rows. `of_kept` is the metric to ask instead where rows may delete a key:
    such a row brings the key alone.
    """

    name: str
    metric: Metric
    level: Level = ERROR
    share: float = 1.0
    columns: tuple[str, ...] = ()
    condition: str = ""
    table: str = ""
    is_by_date: bool = False
    lookup: Lookup | None = None
    of_kept: Metric | None = None
    verdict: Callable[["Check", Measured], Verdict] = _share_is_reached
    minimum: str = ""
    so: str = ""

    def needs(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """The columns, of those known, without which the check says nothing: its own, and those
        that its condition reads.
        """
        read = columns_in(self.condition, columns) if self.condition else ()
        return tuple(dict.fromkeys((*self.columns, *read)))


def unique(*columns: str, level: Level = ERROR) -> Check:
    """No two rows share the values of the columns."""
    return Check(
        f"unique({', '.join(columns)})", Metric("Uniqueness", columns), level, columns=columns
    )


def complete(column: str, share: float = 1.0, level: Level = ERROR) -> Check:
    """At least `share` of the rows have a value."""
    return Check(
        f"complete({column})",
        Metric("Completeness", (column,)),
        level,
        share,
        columns=(column,),
        of_kept=Metric("Compliance", (f"is_deleted OR {column} IS NOT NULL",)),
    )


def holds(condition: str, share: float = 1.0, level: Level = ERROR) -> Check:
    """At least `share` of the rows satisfy the SQL condition; a null counts as not satisfied."""
    return Check(
        f"holds({condition})",
        Metric("Compliance", (condition,)),
        level,
        share,
        condition=condition,
    )


def joins(column: str, table: str, share: float = 1.0, level: Level = ERROR) -> Check:
    """At least `share` of the rows find their value of `column` in the other table; nulls pass."""
    flag = f"{column}_is_in_{table}"
    return Check(
        f"joins({column}, {table})",
        Metric("Compliance", (flag,)),
        level,
        share,
        columns=(column,),
        table=table,
        lookup=Lookup(flag, column, table),
    )


def rows_where(table: str, level: Level = ERROR, *, so: str = "") -> Check:
    """Of each as-of date of which the other table has rows, this one has some too; `so` says to
    people what it means when it has none.
    """
    return Check(
        f"rows_where({table})",
        Metric("EmptyDates", (table,)),
        level,
        table=table,
        is_by_date=True,
        verdict=_no_date_is_empty,
        minimum="1 rows",
        so=so,
    )


def _no_date_is_empty(check: "Check", measured: Measured) -> Verdict:
    """Each as-of date has rows."""
    days, count = sorted(measured.by_date), len(measured.by_date)
    more = f" and {count - NAMED_DATES} more" if count > NAMED_DATES else ""
    message = (
        f"{check.name}: no row as of {', '.join(map(str, days[:NAMED_DATES]))}{more}, where"
        f" {check.table} has {sum(measured.by_date.values())}" + (check.so and f": {check.so}")
    )
    return Verdict(not count, measured.value, "= 0 as-of dates without rows", message)
