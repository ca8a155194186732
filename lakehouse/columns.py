"""The dictionary of columns: type, unit, privacy class and meaning of every column, each in one place."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lakehouse.contract import ContractError
from lakehouse.nearest import did_you_mean
from lakehouse.settings import REPOSITORY
from lakehouse.yaml_files import mapping_of


@dataclass(frozen=True)
class ColumnEntry:
    """What a column is."""

    name: str
    type: str
    unit: str
    privacy: str
    description: str


@cache
def dictionary() -> dict[str, ColumnEntry]:
    """Every column by name: those of `conf/columns.yml`; `describe` adds those that code declares."""
    path = Path(REPOSITORY / "conf" / "columns.yml")
    return {name: ColumnEntry(name, *entry) for name, entry in mapping_of(path).items()}


def describe(entry: ColumnEntry) -> None:
    """Add a column that code declares, such as a feature.

    Raises:
        ContractError: the name is taken by a different column.
    """
    known = dictionary().setdefault(entry.name, entry)
    for aspect in ("type", "unit", "privacy"):
        one, other = getattr(entry, aspect), getattr(known, aspect)
        if one != other:
            raise ContractError(f"column {entry.name}: its {aspect} is declared as {one} and as {other}")


def column(name: str) -> ColumnEntry:
    """The entry of one column.

    Raises:
        ContractError: the dictionary does not know it; names the nearest match.
    """
    if name not in dictionary():
        raise ContractError(f"column {name} is not in conf/columns.yml." + did_you_mean(name, dictionary()))
    return dictionary()[name]


def types_of(names: Iterable[str], delivered: Iterable[str] = ()) -> dict[str, str]:
    """Spark type by column, in order: first the delivered columns, which are text, then those of the dictionary."""
    return dict.fromkeys(delivered, "string") | {name: column(name).type for name in names}
