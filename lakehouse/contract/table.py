"""What a table promises: the `@table` decorator and the tables that are declared with it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from pyspark.sql import DataFrame

from lakehouse.contract.checks import Check, complete, unique
from lakehouse.contract.docstrings import description_of
from lakehouse.contract.errors import ContractError
from lakehouse.contract.layers import LEARNING, layer_of
from lakehouse.contract.reads import Read, reads_of
from lakehouse.contract.rules import RuleOf
from settings.model import Tenant
from settings.nearest import did_you_mean
from settings.sources import Source

# from what says nothing of one person to what describes one: the strictest is the last
Privacy = Literal["none", "pseudonym", "personal"]
CLASSES: tuple[Privacy, ...] = get_args(Privacy)


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
    source: str
    owner: str | None
    refused_share: float
    description: str
    reads: dict[str, Read]
    privacy: dict[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    reads_source: str = ""
    row: str = ""

    def delivered_by(self, tenant: Tenant) -> Source | None:
        """The tenant's source whose deliveries it keeps; None where it keeps none, and for a tenant
        without that source.
        """
        return tenant.sources.get(self.source)

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
            check.of_kept is None
            or "is_deleted" not in self.columns
            or {*check.columns} <= {*self.key}
        ):
            return check
        return replace(check, metric=check.of_kept)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Tables it reads, in the order of its signature."""
        return tuple(
            name
            for name, read in self.reads.items()
            if read.how not in ("delivered", "models", "settings", "known_until")
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
    Touched`. `refused_share` is the largest part of the delivered rows that rules may reject
    before the table fails: with 5 %, a source that nulls a column cannot pass. `privacy` names
    columns whose class differs from the dictionary's, such as `"amount_sum:none"` of a table that
    sums over many customers. `required` are columns, besides the key, that a mapping must have;
    rules and checks of a column that a tenant lacks do not bind it.

    Raises:
        ContractError, ValueError: a required column is not among the table's; the name begins with
            no layer.
    """

    def register(function: Callable[..., DataFrame]) -> Callable[..., DataFrame]:
        """Know the function as a table; it stays as it is."""
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
        reads, built_by = reads_of(function), stage or layer_of(name).stage
        _refuse_foresight(name, built_by, reads)
        TABLES[name] = Table(
            name,
            function,
            tuple(key.split()),
            tuple(columns.split()),
            slice_by,
            tuple(rules or ()),
            tuple(checks or ()),
            built_by,
            "",
            owner,
            refused_share,
            description_of(function),
            reads,
            _classes(name, columns.split(), privacy),
            tuple(required.split()),
            source,
            row or f"row of {source}",
        )
        return function

    return register


def _refuse_foresight(name: str, stage: str, reads: dict[str, Read]) -> None:
    """Days after an as-of date are for learning alone: what is built of them in another stage would
    reach readers.
    """
    ahead = [parameter for parameter, read in reads.items() if read.how == "after"]
    if ahead and stage not in LEARNING:
        raise ContractError(
            f"table {name} of the stage {stage} reads the days after an as-of date of"
            f" {', '.join(ahead)}; only tables of the stages {', '.join(sorted(LEARNING))} may"
        )


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
