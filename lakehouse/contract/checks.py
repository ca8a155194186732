"""Checks of a whole table: what must hold of the rows that are about to be written."""

from dataclasses import dataclass
from typing import Literal

from lakehouse.contract.expressions import columns_in

Level = Literal["ERROR", "WARN"]
ERROR: Level = "ERROR"
WARN: Level = "WARN"


@dataclass(frozen=True)
class Check:
    """A table check: Deequ measures `kind` of the columns or condition; below `share` it fails with
    `level`.
    """

    name: str
    kind: Literal["unique", "complete", "holds", "joins", "rows"]
    columns: tuple[str, ...] = ()
    condition: str = ""
    table: str = ""
    share: float = 1.0
    level: Level = ERROR
    so: str = ""

    def needs(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """The columns, of those known, without which the check says nothing: its own, and those
        that its condition reads.
        """
        read = columns_in(self.condition, columns) if self.condition else ()
        return tuple(dict.fromkeys((*self.columns, *read)))


def unique(*columns: str, level: Level = ERROR) -> Check:
    """No two rows share the values of the columns."""
    return Check(f"unique({', '.join(columns)})", "unique", columns, level=level)


def complete(column: str, share: float = 1.0, level: Level = ERROR) -> Check:
    """At least `share` of the rows have a value."""
    return Check(f"complete({column})", "complete", (column,), share=share, level=level)


def holds(condition: str, share: float = 1.0, level: Level = ERROR) -> Check:
    """At least `share` of the rows satisfy the SQL condition; a null counts as not satisfied."""
    return Check(f"holds({condition})", "holds", condition=condition, share=share, level=level)


def joins(column: str, table: str, share: float = 1.0, level: Level = ERROR) -> Check:
    """At least `share` of the rows find their value of `column` in the other table; nulls pass."""
    return Check(
        f"joins({column}, {table})", "joins", (column,), table=table, share=share, level=level
    )


def rows_where(table: str, level: Level = ERROR, *, so: str = "") -> Check:
    """Of each as-of date of which the other table has rows, this one has some too; `so` says to
    people what it means when it has none.
    """
    return Check(f"rows_where({table})", "rows", table=table, level=level, so=so)
