"""The dictionary of columns: type, unit, privacy class and meaning of every column, each in one
place; and the classes of a table.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lakehouse.contract.errors import ContractError
from lakehouse.contract.expressions import parsed_mapping
from lakehouse.contract.table import CLASSES, TABLES, Table
from settings.model import Tenant
from settings.nearest import did_you_mean
from settings.places import ROOT
from settings.sources import Source
from settings.yaml_files import mapping_of


@dataclass(frozen=True)
class ColumnEntry:
    """What a column is, and by what other words shops call theirs, parted by commas."""

    name: str
    type: str
    unit: str
    privacy: str
    description: str
    synonyms: str = ""


@cache
def dictionary() -> dict[str, ColumnEntry]:
    """Every column by name: those of `conf/columns.yml`; `describe` adds those that code
    declares.
    """
    path = Path(ROOT / "conf" / "columns.yml")
    return {name: ColumnEntry(name, *entry) for name, entry in mapping_of(path).items()}


def describe(entry: ColumnEntry) -> None:
    """Add a column that code declares, such as a feature.

    Raises:
        ContractError: the name is taken by a different column.
    """
    existing = dictionary().setdefault(entry.name, entry)
    for aspect in ("type", "unit", "privacy"):
        new_value, other = getattr(entry, aspect), getattr(existing, aspect)
        if new_value != other:
            raise ContractError(
                f"column {entry.name}: its {aspect} is declared as {new_value} and as {other}"
            )


def column(name: str) -> ColumnEntry:
    """The entry of one column.

    Raises:
        ContractError: the dictionary does not know it; names the nearest match.
    """
    if name not in dictionary():
        raise ContractError(
            f"column {name} is not in conf/columns.yml." + did_you_mean(name, dictionary())
        )
    return dictionary()[name]


def types_of(names: Iterable[str], delivered: Iterable[str] = ()) -> dict[str, str]:
    """Spark type by column, in order: first the delivered columns, which are text, then those of
    the dictionary.
    """
    return dict.fromkeys(delivered, "string") | {name: column(name).type for name in names}


def classes_of(table: Table, source: Source | None = None) -> dict[str, str]:
    """Privacy class of every column of the table: the contract's, or else the dictionary's; and of
    the delivered columns of its source.
    """
    delivered = (
        {name: class_of_delivered(name, source) for name in source.all_columns} if source else {}
    )
    return delivered | {
        name: table.privacy.get(name, column(name).privacy) for name in table.columns
    }


def class_of_delivered(name: str, source: Source) -> str:
    """The strictest class of the standard columns whose expressions name the delivered one.

    It is personal where no expression is the column itself: then nobody has said what it holds, or
    only a part of it is taken, such as one field of a JSON text.
    """
    if not parsed_mapping(source).is_taken_whole(name):
        return CLASSES[-1]
    return max(
        (column(standard).privacy for standard in parsed_mapping(source).fed_by(name)),
        key=_strictness,
    )


def _strictness(privacy: str) -> int:
    return [str(class_) for class_ in CLASSES].index(privacy)


def impersonal_columns(table: str, tenant: Tenant) -> set[str]:
    """The columns of a tenant's table, by its name, that say nothing of one person: those of class
    none.
    """
    if table not in TABLES:
        return impersonal_records()
    declared_table = TABLES[table]
    return {
        name
        for name, of in classes_of(declared_table, declared_table.delivered_by(tenant)).items()
        if of == CLASSES[0]
    }


def impersonal_records() -> set[str]:
    """The columns of class none by the dictionary, which is all that is said of the quarantine and
    of the house's own records.
    """
    return {name for name, entry in dictionary().items() if entry.privacy == CLASSES[0]}
