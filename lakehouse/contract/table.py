"""What a table promises: the `@table` decorator, its rules and checks, and how its function reads
its inputs.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, get_args, get_type_hints

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.base.errors import Mendable
from lakehouse.contract.docstrings import description_of
from lakehouse.contract.expressions import columns_in
from lakehouse.contract.layers import layer_of
from settings.model import Settings
from settings.nearest import did_you_mean

Level = Literal["ERROR", "WARN"]
# from what says nothing of one person to what describes one: the strictest is the last
Privacy = Literal["none", "pseudonym", "personal"]
CLASSES: tuple[Privacy, ...] = get_args(Privacy)
ERROR: Level = "ERROR"
WARN: Level = "WARN"


class ContractError(Mendable):
    """A table's function, columns or contract do not fit each other; the message lists every
    difference.
    """


@dataclass(frozen=True)
class Read:
    """How much of an input a table sees: one of the annotations below.

    `known_until` gives no rows but a date: the day before which the deliveries of the bronze table
    `name` are known, the day after the newest arrival day loaded; None when there is none.
    """

    how: Literal[
        "delivered",
        "slice",
        "touched",
        "history",
        "snapshot",
        "latest",
        "after",
        "reference",
        "model",
        "settings",
        "known_until",
    ]
    days: int | None = None
    name: str | None = None


Delivered = Annotated[DataFrame, Read("delivered")]
Slice = Annotated[DataFrame, Read("slice")]
Touched = Annotated[DataFrame, Read("touched")]
History = Annotated[DataFrame, Read("history")]
Snapshot = Annotated[DataFrame, Read("snapshot")]
Reference = Annotated[DataFrame, Read("reference")]
Latest = Annotated[DataFrame, Read("latest")]
Conf = Annotated[Settings, Read("settings")]
ChurnModel = Annotated[Any, Read("model", name="churn")]
SegmentsModel = Annotated[Any, Read("model", name="segments")]


@dataclass(frozen=True)
class Rule:
    """A row rule: the rows for which `broken` holds are quarantined with `sentence`."""

    name: str
    broken: Column
    sentence: Column


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

    def needs(self, known: tuple[str, ...]) -> tuple[str, ...]:
        """The columns, of those known, without which the check says nothing: its own, and those
        that its condition reads.
        """
        read = columns_in(self.condition, known) if self.condition else ()
        return tuple(dict.fromkeys((*self.columns, *read)))


@dataclass(frozen=True)
class RuleOf:
    """A row rule that can be named and read before Spark runs: its columns are made when it is
    called.

    `needs` are the columns without which it says nothing. A row that withdraws its key is judged by
    the rules that need parts of the key alone.
    """

    name: str
    meaning: str
    make: Callable[[], tuple[Column, Column]]
    needs: tuple[str, ...] = ()

    def __call__(self) -> Rule:
        """The rule; needs a running session."""
        return Rule(self.name, *self.make())


def present(column: str) -> RuleOf:
    """Condemn rows without a value in the column."""
    return RuleOf(
        f"present({column})",
        f"{column} has a value",
        lambda: (F.col(column).isNull(), F.lit(f"{column} is missing or cannot be read")),
        (column,),
    )


def at_least(column: str, least: float, unless: str | None = None) -> RuleOf:
    """Condemn rows whose value is below `least`, but not those for which the column `unless` is
    true; nulls pass.
    """
    pardoned = f" unless {unless}" if unless else ""
    return RuleOf(
        f"at_least({column}, {least}{pardoned})",
        f"{column} is not below {least}{pardoned}",
        lambda: (
            F.coalesce(
                (F.col(column) < least)
                & ~F.coalesce(F.col(unless) if unless else F.lit(False), F.lit(False)),
                F.lit(False),
            ),
            F.concat(
                F.lit(f"{column} is "), F.col(column).cast("string"), F.lit(f", less than {least}")
            ),
        ),
        (column,),
    )


def below_in_size(column: str, limit: int = 10_000_000_000) -> RuleOf:
    """Condemn rows whose value is `limit` or more in size, whatever its sign; nulls pass.

    What is summed must leave room for its sum. A decimal(18,4) holds less than 100,000,000,000,000,
    so that ten thousand of the largest values that pass still fit: more than the lines of a
    customer's day. And no line of a shop costs ten thousand million of any currency, but a barcode
    read as a price does: an EAN-13 is a number of 13 digits.
    """
    return RuleOf(
        f"below_in_size({column}, {limit})",
        f"{column} is below {limit:,} in size",
        lambda: (
            F.coalesce(F.abs(F.col(column)) >= limit, F.lit(False)),
            F.concat(
                F.lit(f"{column}: '"),
                F.col(column).cast("string"),
                F.lit(f"' is too large, it must be below {limit:,} in size"),
            ),
        ),
        (column,),
    )


def not_after(column: str, other: str) -> RuleOf:
    """Condemn rows whose date in `column` lies after the one in `other`; nulls pass."""
    return RuleOf(
        f"not_after({column}, {other})",
        f"{column} does not lie after {other}",
        lambda: (
            F.coalesce(F.col(column) > F.col(other), F.lit(False)),
            F.concat(
                F.lit(f"{column} "),
                F.col(column).cast("string"),
                F.lit(f" lies after {other} "),
                F.col(other).cast("string"),
            ),
        ),
        (column, other),
    )


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


@dataclass(frozen=True)
class Table:
    """One table: its function and the contract above it.

    `source` is the source whose deliveries a bronze table keeps; `reads_source` is the one whose
    mapped rows a silver table is made from, of which each delivered row is a `row`, such as an
    order line.
    """

    name: str
    function: Callable[..., DataFrame]
    key: tuple[str, ...]
    columns: tuple[str, ...]
    slice_by: str
    rules: tuple[RuleOf, ...]
    checks: tuple[Check, ...]
    stage: str
    source: str | None
    owner: str | None
    refused_share: float
    description: str
    reads: dict[str, Read]
    privacy: dict[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    reads_source: str = ""
    row: str = ""

    @property
    def layer(self) -> str:
        """The name of its layer: bronze, silver, features, models or gold."""
        return layer_of(self.name).name

    @property
    def every_check(self) -> list[Check]:
        """The declared checks and those that every key brings: unique, and complete in each part (a
        delivery has no key but its place).
        """
        of_key = [] if self.source else [unique(*self.key), *(complete(k) for k in self.key)]
        declared = {check.name for check in self.checks}
        return [
            *map(self._sparing, self.checks),
            *(check for check in of_key if check.name not in declared),
        ]

    def _sparing(self, check: Check) -> Check:
        """A row that withdraws its key brings the key alone: nothing else of it need be there."""
        if (
            check.kind != "complete"
            or "is_deleted" not in self.columns
            or {*check.columns} <= {*self.key}
        ):
            return check
        return replace(
            check, kind="holds", condition=f"is_deleted OR {check.columns[0]} IS NOT NULL"
        )

    @property
    def inputs(self) -> tuple[str, ...]:
        """Tables it reads, in the order of its signature."""
        return tuple(
            name
            for name, read in self.reads.items()
            if read.how not in ("delivered", "model", "settings", "known_until")
        )


TABLES: dict[str, Table] = {}


def table(
    *,
    key: str,
    columns: str,
    slice_by: str,
    rules: list[RuleOf] | None = None,
    checks: list[Check] | None = None,
    stage: str | None = None,
    source: str = "",
    row: str = "",
    owner: str | None = None,
    refused_share: float = 0.05,
    privacy: str = "",
    required: str = "",
) -> Callable[[Callable[..., DataFrame]], Callable[..., DataFrame]]:
    """Register a function as the table of the same name.

    The function of a table with a `source` (see `Table`) takes its mapped rows as `bronze_<source>:
    Touched`. `refused_share` is the largest part of the delivered rows that rules may condemn
    before the table fails: with 5 %, a source that nulls a column cannot pass. `privacy` names
    columns whose class differs from the dictionary's, such as `"amount_sum:none"` of a table that
    sums over many customers. `required` are columns, besides the key, that a mapping must have;
    rules and checks of a column that a tenant lacks do not bind it.

    Raises:
        ContractError, ValueError: a required column is not among the table's; the name begins with
            no layer.
    """

    def register(function: Callable[..., DataFrame]) -> Callable[..., DataFrame]:
        name = getattr(function, "__name__", "")
        if name in TABLES and TABLES[name].function.__module__ != function.__module__:
            raise ContractError(
                f"table {name} is declared in {TABLES[name].function.__module__} and in"
                f" {function.__module__}"
            )
        if unknown := sorted({*required.split()} - {*columns.split()}):
            raise ContractError(
                f"table {name} requires {', '.join(unknown)}, which its columns lack"
            )
        TABLES[name] = Table(
            name,
            function,
            tuple(key.split()),
            tuple(columns.split()),
            slice_by,
            tuple(rules or ()),
            tuple(checks or ()),
            stage or layer_of(name).stage,
            None,
            owner,
            refused_share,
            description_of(function),
            _reads(function),
            _classes(name, columns.split(), privacy),
            tuple(required.split()),
            source,
            row or f"row of {source}",
        )
        return function

    return register


def _classes(table_name: str, columns: list[str], privacy: str) -> dict[str, str]:
    """The classes by column that the contract names.

    Raises:
        ContractError: a column that the table does not have, or a class that there is not; lists
            all.
    """
    named = [(column, of) for column, _, of in (word.partition(":") for word in privacy.split())]
    wrong = [
        f"no column {column}." + did_you_mean(column, columns)
        for column, _ in named
        if column not in columns
    ]
    wrong += [
        f"{column} has the class '{of}', expected one of {', '.join(CLASSES)}"
        for column, of in named
        if of not in CLASSES
    ]
    if wrong:
        raise ContractError(f"privacy of {table_name}: " + "; ".join(wrong))
    return dict(named)


def _reads(function: Callable[..., Any]) -> dict[str, Read]:
    hints = get_type_hints(function, include_extras=True)
    reads = {}
    for name in inspect.signature(function).parameters:
        marks = [m for m in getattr(hints.get(name), "__metadata__", ()) if isinstance(m, Read)]
        if len(marks) != 1:
            raise ContractError(
                f"{function.__module__}: parameter {name} needs one annotation such as Slice,"
                " Touched, History or Snapshot"
            )
        reads[name] = marks[0]
    return reads
