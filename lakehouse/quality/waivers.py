"""Unusual values that a person waived: each for one day and one observed value, so that another
delivery is judged anew.
"""

import math
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import ClassVar

import pyarrow.dataset as ds

from lakehouse.quality.anomalies import Anomaly
from lakehouse.store import ops, records


@dataclass(frozen=True, kw_only=True)
class WaiverRecord:
    """One row per unusual value of an arrival day that a person waived, with the value that was
    seen.
    """

    TABLE: ClassVar[str] = "ops_waivers"
    KEY: ClassVar[str] = "table_name arrived_on check_name waived_at"

    tenant: str
    table_name: str
    check_name: str
    waived_by: str
    reason: str
    arrived_on: date
    observed: float
    waived_at: datetime


@dataclass(frozen=True)
class Waiver:
    """Who takes a value for right, and why."""

    waived_by: str
    reason: str


def waive(lake: Path, tenant: str, table: str, values: list[Anomaly], waiver: Waiver) -> None:
    """Record that a person takes these values of the bronze table for right."""
    at = ops.now()
    rows = [
        WaiverRecord(
            tenant=tenant,
            table_name=table,
            check_name=anomaly.check,
            arrived_on=anomaly.day,
            observed=anomaly.observed,
            waived_at=at,
            **vars(waiver),
        )
        for anomaly in values
    ]
    records.append(lake, WaiverRecord, rows)


def waived(lake: Path, table: str, values: list[Anomaly]) -> dict[Anomaly, Waiver]:
    """Those of the values that a person waived, exactly as they were observed."""
    if not values:
        return {}
    rows = records.read(lake, WaiverRecord, ds.field("table_name") == table)
    return {
        anomaly: Waiver(row.waived_by, row.reason)
        for anomaly in values
        for row in rows
        if (row.arrived_on, row.check_name) == (anomaly.day, anomaly.check)
        and math.isclose(row.observed, anomaly.observed)
    }
