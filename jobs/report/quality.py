"""The page of quality over time: completeness, validity, timeliness and volume of every table, and
what failed when.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from jobs.report.charts import arrivals_chart
from jobs.report.page import data_uri, templates, write_text
from lakehouse.contract.layers import BRONZE, SILVER
from lakehouse.quality.anomalies import Anomaly
from lakehouse.quality.metrics import WHOLE_ROW

Rows = list[dict[str, Any]]
SHOWN_FAILURES = 60  # the newest; `headwater show ops_checks` has all
CHARTED = 14  # a source with fewer arrival days is a line of the table, not a chart


@dataclass(frozen=True)
class QualityFrames:
    """What the page is made of: `ops_metrics` by bronze table (each day as measured last),
    `ops_runs`, `ops_checks`, and unusual values.
    """

    tenant: str
    release_id: str
    metrics: dict[str, pd.DataFrame] = field(default_factory=dict)
    runs: pd.DataFrame = field(default_factory=pd.DataFrame)
    checks: pd.DataFrame = field(default_factory=pd.DataFrame)
    unusual: dict[str, list[Anomaly]] = field(default_factory=dict)


def write_quality(frames: QualityFrames, target: Path) -> Path:
    """Write the page beside the report; returns its path."""
    return write_text(render_quality(frames), target)


def render_quality(frames: QualityFrames) -> str:
    """The page as HTML; the same frames give the same text."""
    shown = {
        "frames": frames,
        "arrivals": arrival_rows(frames),
        "charts": _charts(frames),
        "tables": validity_rows(frames),
        "failures": failure_rows(frames),
        "failure_count": 0
        if frames.checks.empty
        else int((frames.checks["status"] != "passed").sum()),
    }
    return templates().get_template("quality.html.j2").render(shown)


def arrival_days(frames: QualityFrames, table: str) -> pd.DataFrame:
    """One row per arrival day of the table: rows, completeness of its emptiest column, days until
    it was measured, is_unusual.
    """
    metrics = frames.metrics[table]
    sizes = metrics[
        (metrics["column_name"] == WHOLE_ROW) & (metrics["metric"] == "size")
    ].set_index("arrived_on")
    least = metrics[metrics["metric"] == "completeness"].groupby("arrived_on")["value"].min()
    odd = {anomaly.day for anomaly in frames.unusual.get(table, []) if anomaly.level == "ERROR"}
    days = (
        pd.DataFrame({"rows": sizes["value"], "completeness": least.reindex(sizes.index)})
        .sort_index()
        .reset_index()
    )
    days["delay_days"] = [_delay(day, sizes.loc[day, "measured_at"]) for day in days["arrived_on"]]
    return days.assign(is_unusual=[day in odd for day in days["arrived_on"]])


def _delay(day: date, measured: Any) -> float:
    """Days from the end of the arrival day (UTC) until it was loaded."""
    return (
        pd.Timestamp(measured).tz_convert("UTC") - pd.Timestamp(day + timedelta(days=1), tz="UTC")
    ).total_seconds() / 86_400


def arrival_rows(frames: QualityFrames) -> Rows:
    """One row per bronze table with measured arrivals: days, rows, usual rows a day, emptiest
    column, delay, unusual days.
    """
    rows = []
    for table in sorted(frames.metrics):
        days = arrival_days(frames, table)
        if days.empty:
            continue
        column, share = _emptiest(frames.metrics[table])
        rows.append(
            {
                "table_name": table,
                "days": len(days),
                "first": days["arrived_on"].min(),
                "last": days["arrived_on"].max(),
                "rows": days["rows"].sum(),
                "median": days["rows"].median(),
                "column": column,
                "completeness": share,
                "delay": days["delay_days"].median(),
                "newest_delay": days["delay_days"].iloc[-1],
                "unusual": int(days["is_unusual"].sum()),
            }
        )
    return rows


def _emptiest(metrics: pd.DataFrame) -> tuple[str, float]:
    """The column with the lowest mean completeness over the days, and that mean; no column without
    rows.
    """
    means = (
        metrics[metrics["metric"] == "completeness"]
        .groupby("column_name")["value"]
        .mean()
        .sort_index()
    )
    return ("", float("nan")) if means.empty else (str(means.idxmin()), float(means.min()))


def _charts(frames: QualityFrames) -> Rows:
    drawn = []
    for table in sorted(frames.metrics):
        days = arrival_days(frames, table)
        if len(days) >= CHARTED:
            title = f"Rows of {table} per arrival day"
            wide, narrow = (
                data_uri(table, arrivals_chart(days, title, *size))
                for size in ((11.6, 3.8), (4.4, 4.2))
            )
            drawn.append(
                {
                    "table_name": table,
                    "wide": wide,
                    "narrow": narrow,
                    "days": len(days),
                    "unusual": int(days["is_unusual"].sum()),
                }
            )
    return drawn


def validity_rows(frames: QualityFrames) -> Rows:
    """One row per bronze or silver table: loads, rows in, shares kept, refused, duplicate and
    superseded, failed runs, newest load.
    """
    if frames.runs.empty:
        return []
    runs = frames.runs[
        frames.runs["table_name"].str.startswith((f"{BRONZE.name}_", f"{SILVER.name}_"))
    ]
    counted = ["rows_in", "rows_kept", "rows_quarantined", "rows_duplicate", "rows_superseded"]
    rows = []
    for table, part in runs.groupby("table_name"):
        done = part[part["status"] == "done"]
        sums = done[counted].sum()
        shares = {
            name: sums[name] / sums["rows_in"] if sums["rows_in"] else float("nan")
            for name in counted
        }
        last = None if done.empty else pd.Timestamp(done["ended_at"].max())
        rows.append(
            {
                "table_name": table,
                "loads": len(done),
                "failed": int((part["status"] == "failed").sum()),
                "last": last,
                "rows": sums["rows_in"],
                **shares,
            }
        )
    return rows


def failure_rows(frames: QualityFrames) -> Rows:
    """The checks that failed, the newest first."""
    if frames.checks.empty:
        return []
    failed = frames.checks[frames.checks["status"] != "passed"]
    ordered = failed.sort_values(
        ["checked_at", "table_name", "check_name"], ascending=[False, True, True]
    ).head(SHOWN_FAILURES)
    return [{str(name): value for name, value in row.items()} for row in ordered.to_dict("records")]
