"""Unusual values that a person accepted: each for one day and one observed value, so that another
delivery is judged anew.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from lakehouse.quality.usual import Unusual
from lakehouse.store import delta, ops

TABLE = "ops_acceptances"
ACCEPTANCES = pa.schema(
    dict.fromkeys(("tenant", "table_name", "check_name", "accepted_by", "reason"), pa.string())
    | {
        "arrived_on": pa.date32(),
        "observed": pa.float64(),
        "accepted_at": pa.timestamp("us", tz="UTC"),
    }
)


@dataclass(frozen=True)
class Acceptance:
    """Who accepted a value, and why."""

    accepted_by: str
    reason: str


def accept(lake: Path, tenant: str, table: str, values: list[Unusual], said: Acceptance) -> None:
    """Record that a person takes these values of the bronze table for right."""
    common = {"tenant": tenant, "table_name": table, **vars(said), "accepted_at": ops.now()}
    rows = [
        common | {"check_name": one.check, "arrived_on": one.day, "observed": one.observed}
        for one in values
    ]
    delta.append_rows(lake / TABLE, rows, ACCEPTANCES)


def accepted(lake: Path, table: str, values: list[Unusual]) -> dict[Unusual, Acceptance]:
    """Those of the values that a person accepted, exactly as they were observed."""
    if not values or not delta.exists(lake / TABLE):
        return {}
    rows = [row for row in delta.read_arrow(lake / TABLE).to_pylist() if row["table_name"] == table]
    return {
        one: Acceptance(row["accepted_by"], row["reason"])
        for one in values
        for row in rows
        if (row["arrived_on"], row["check_name"]) == (one.day, one.check)
        and math.isclose(row["observed"], one.observed)
    }
