"""Unusual values that a person waived: each for one day and one observed value, so that another
delivery is judged anew.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds

from lakehouse.quality.usual import Unusual
from lakehouse.store import delta, ops

TABLE = "ops_waivers"
WAIVERS = pa.schema(
    dict.fromkeys(("tenant", "table_name", "check_name", "waived_by", "reason"), pa.string())
    | {
        "arrived_on": pa.date32(),
        "observed": pa.float64(),
        "waived_at": pa.timestamp("us", tz="UTC"),
    }
)


@dataclass(frozen=True)
class Waiver:
    """Who takes a value for right, and why."""

    waived_by: str
    reason: str


def waive(lake: Path, tenant: str, table: str, values: list[Unusual], waiver: Waiver) -> None:
    """Record that a person takes these values of the bronze table for right."""
    common = {"tenant": tenant, "table_name": table, **vars(waiver), "waived_at": ops.now()}
    rows = [
        common | {"check_name": one.check, "arrived_on": one.day, "observed": one.observed}
        for one in values
    ]
    delta.append_rows(lake / TABLE, rows, WAIVERS)


def waived(lake: Path, table: str, values: list[Unusual]) -> dict[Unusual, Waiver]:
    """Those of the values that a person waived, exactly as they were observed."""
    if not values:
        return {}
    rows = delta.read_records(lake / TABLE, WAIVERS, ds.field("table_name") == table)
    return {
        one: Waiver(row["waived_by"], row["reason"])
        for one in values
        for row in rows
        if (row["arrived_on"], row["check_name"]) == (one.day, one.check)
        and math.isclose(row["observed"], one.observed)
    }
