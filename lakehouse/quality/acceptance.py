"""Unusual values that a person accepted: each for one day and one observed value, so that another
delivery is judged anew.
"""

import math
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import ClassVar

import pyarrow.dataset as ds

from lakehouse.quality.usual import Unusual
from lakehouse.store import ops, records


@dataclass(frozen=True, kw_only=True)
class AcceptanceRecord:
    """One row per unusual value of an arrival day that a person accepted, with the value that was
    seen.
    """

    TABLE: ClassVar[str] = "ops_acceptances"
    KEY: ClassVar[str] = "table_name arrived_on check_name accepted_at"

    tenant: str
    table_name: str
    check_name: str
    accepted_by: str
    reason: str
    arrived_on: date
    observed: float
    accepted_at: datetime


@dataclass(frozen=True)
class Acceptance:
    """Who accepted a value, and why."""

    accepted_by: str
    reason: str


def accept(lake: Path, tenant: str, table: str, values: list[Unusual], said: Acceptance) -> None:
    """Record that a person takes these values of the bronze table for right."""
    at = ops.now()
    rows = [
        AcceptanceRecord(
            tenant=tenant,
            table_name=table,
            check_name=one.check,
            arrived_on=one.day,
            observed=one.observed,
            accepted_at=at,
            **vars(said),
        )
        for one in values
    ]
    records.append(lake, AcceptanceRecord, rows)


def accepted(lake: Path, table: str, values: list[Unusual]) -> dict[Unusual, Acceptance]:
    """Those of the values that a person accepted, exactly as they were observed."""
    if not values:
        return {}
    rows = records.read(lake, AcceptanceRecord, ds.field("table_name") == table)
    return {
        one: Acceptance(row.accepted_by, row.reason)
        for one in values
        for row in rows
        if (row.arrived_on, row.check_name) == (one.day, one.check)
        and math.isclose(row.observed, one.observed)
    }
