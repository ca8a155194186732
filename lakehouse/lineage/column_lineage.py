"""Which columns a column comes from, as `make docs` found it out and wrote it to
`conf/lineage.json`: read without Spark.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lakehouse.base.errors import UserError
from lakehouse.base.graph import reached
from lakehouse.contract.layers import LAYERS
from settings.nearest import did_you_mean
from settings.places import ROOT

LINEAGE_FILE = ROOT / "conf" / "lineage.json"
# `landing_orders.sales_value` is the column of that name in the files of the source `orders`
LANDING = "landing"

Columns = Mapping[str, "Inputs"]


class LineageError(UserError):
    """The lineage file is missing, or does not know what was asked for."""


@dataclass(frozen=True)
class Inputs:
    """The input columns (`table.column`) of one column: those it is computed from, and those that
    only decide of which rows.
    """

    direct: tuple[str, ...]
    indirect: tuple[str, ...]


@cache
def lineage_of(tenant: str, path: Path = LINEAGE_FILE) -> Columns:
    """Every column (`table.column`) of the tenant's tables; of a tenant that the file does not
    know, those that no mapping feeds.

    Raises:
        LineageError: there is no such file.
    """
    if not path.exists():
        raise LineageError(f"{path} does not exist: `make docs` writes it")
    document = json.loads(path.read_text(encoding="utf-8"))
    tables: dict[str, Any] = document["tables"] | document["tenants"].get(tenant, {})
    return {
        f"{table}.{column}": Inputs(tuple(inputs["direct"]), tuple(inputs["indirect"]))
        for table, columns in tables.items()
        for column, inputs in columns.items()
    }


def require_column(columns: Columns, name: str) -> str:
    """The name itself when it is a column of a table or of the landing zone.

    Raises:
        ValueError: it is none; names the nearest match.
    """
    every = {
        *columns,
        *(column for inputs in columns.values() for column in (*inputs.direct, *inputs.indirect)),
    }
    if name not in every:
        raise ValueError(f"no column {name}." + did_you_mean(name, sorted(every)))
    return name


def upstream(columns: Columns, name: str) -> Inputs:
    """All columns it comes from, through every table down to the files; direct are those that only
    computations lie between.
    """
    direct = reached(name, lambda column: columns[column].direct if column in columns else ())
    every = reached(
        name,
        lambda column: (
            (*columns[column].direct, *columns[column].indirect) if column in columns else ()
        ),
    )
    return Inputs(_in_order(direct), _in_order(every - direct))


def downstream(columns: Columns, name: str) -> Inputs:
    """All columns that come from it; direct are those that only computations lie between."""
    by_direct, by_any = _readers(columns, indirect=False), _readers(columns, indirect=True)
    direct = reached(name, lambda column: by_direct.get(column, ()))
    every = reached(name, lambda column: by_any.get(column, ()))
    return Inputs(_in_order(direct), _in_order(every - direct))


def _readers(columns: Columns, *, indirect: bool) -> dict[str, list[str]]:
    readers: dict[str, list[str]] = {}
    for name, inputs in columns.items():
        for column in (*inputs.direct, *(inputs.indirect if indirect else ())):
            readers.setdefault(column, []).append(name)
    return readers


PLACES = (LANDING, *(layer.name for layer in LAYERS))


def _in_order(names: set[str]) -> tuple[str, ...]:
    return tuple(sorted(names, key=lambda name: (PLACES.index(name.split("_", 1)[0]), name)))
