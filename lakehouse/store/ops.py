"""The house's own records: what each run did to each table, what each check saw, what is
released.
"""

import json
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds

from lakehouse.base.run import Run
from lakehouse.store import delta

TEXT, COUNT, INSTANT = pa.string(), pa.int64(), pa.timestamp("us", tz="UTC")
RUNS = pa.schema(
    dict.fromkeys(
        ("run_id", "tenant", "stage", "table_name", "as_of_dates", "status", "error"), TEXT
    )
    | {name: pa.date32() for name in ("slice_start", "slice_end")}
    | dict.fromkeys(("started_at", "ended_at"), INSTANT)
    | {"seconds": pa.float64()}
    | dict.fromkeys(
        (
            "delta_version",
            "rows_in",
            "rows_kept",
            "rows_quarantined",
            "rows_duplicate",
            "rows_superseded",
            "table_rows",
        ),
        COUNT,
    )
)
CHECKS = pa.schema(
    dict.fromkeys(
        (
            "run_id",
            "tenant",
            "stage",
            "table_name",
            "check_name",
            "level",
            "status",
            "expected",
            "message",
        ),
        TEXT,
    )
    | {"observed": pa.float64(), "checked_at": INSTANT}
)
FILES = pa.schema(
    dict.fromkeys(("run_id", "tenant", "source", "source_file", "file_state", "sha256"), TEXT)
    | {"arrived_on": pa.date32(), "loaded_at": INSTANT}
    | dict.fromkeys(("file_bytes", "file_rows"), COUNT)
)
DROPPED = pa.schema(
    dict.fromkeys(("table_name", "source_file", "why", "who"), TEXT)
    | {
        "source_line": COUNT,
        "dropped_at": INSTANT,
    }
)

LONGEST = 2000  # characters of an error that a row keeps; the log has all of it


@dataclass(frozen=True)
class Counts:
    """Where the rows of one load went; `total` in equals the sum of the others."""

    total: int = 0
    kept: int = 0
    quarantined: int = 0
    duplicate: int = 0
    superseded: int = 0

    @property
    def lost(self) -> int:
        """Rows that came in and ended nowhere; below 0 when more ended than came in."""
        return self.total - self.kept - self.quarantined - self.duplicate - self.superseded


NOTHING = Counts()


def summed(files: dict[str, Counts]) -> Counts:
    """The counts of all files together."""
    return Counts(
        **{name: sum(getattr(one, name) for one in files.values()) for name in vars(NOTHING)}
    )


def now() -> datetime:
    """The kernel's clock: records say when they were made; no table's rows depend on it."""
    return datetime.now(UTC)


def record(
    lake: Path,
    run: Run,
    stage: str,
    table: str,
    started: datetime,
    status: str,
    counts: Counts = NOTHING,
    *,
    version: int | None = None,
    said: str = "",
) -> None:
    """Append one row to `ops_runs`, and say on standard output what whoever watches the run
    reads.
    """
    ended = now()
    seconds = (ended - started).total_seconds()
    row = {
        "run_id": run.run_id,
        "tenant": run.tenant,
        "stage": stage,
        "table_name": table,
        "slice_start": run.start,
        "slice_end": run.end,
        "as_of_dates": json.dumps([str(d) for d in run.as_ofs]),
        "started_at": started,
        "ended_at": ended,
        "seconds": seconds,
        "status": status,
        "error": said[:LONGEST],
        "delta_version": version,
        "rows_in": counts.total,
        "rows_kept": counts.kept,
        "rows_quarantined": counts.quarantined,
        "rows_duplicate": counts.duplicate,
        "rows_superseded": counts.superseded,
    }
    row["table_rows"] = None if version is None else delta.row_count(lake / table, version)
    delta.append_rows(lake / "ops_runs", [row], RUNS)
    # one write, line end included: tables that are built side by side must not cut each other's
    # lines
    line = (
        f"headwater progress stage={stage} table={table} status={status} seconds={seconds:.1f}"
        f" rows={counts.kept}\n"
    )
    sys.stdout.write(line)
    sys.stdout.flush()


def record_restored(
    lake: Path,
    run_id: str,
    tenant: str,
    stage: str,
    table: str,
    lost: Run | None,
    version: int,
    said: str,
) -> None:
    """Append the row of a table that went back to an older version; its slice is what a lost run
    had covered, null when unknown.
    """
    at = now()
    row = dict.fromkeys(RUNS.names) | {
        "run_id": run_id,
        "tenant": tenant,
        "stage": stage,
        "table_name": table,
        "started_at": at,
        "ended_at": at,
        "seconds": 0.0,
        "slice_start": lost.start if lost else None,
        "slice_end": lost.end if lost else None,
        "as_of_dates": json.dumps([str(day) for day in lost.as_ofs] if lost else []),
        "status": "restored",
        "error": said[:LONGEST],
        "delta_version": version,
        "table_rows": delta.row_count(lake / table, version),
    }
    delta.append_rows(lake / "ops_runs", [row], RUNS)


def record_checks(
    lake: Path, run: Run, stage: str, table: str, outcomes: list[dict[str, Any]]
) -> None:
    """Append one row per judged check to `ops_checks`."""
    common = {
        "run_id": run.run_id,
        "tenant": run.tenant,
        "stage": stage,
        "table_name": table,
        "checked_at": now(),
    }
    delta.append_rows(lake / "ops_checks", [common | outcome for outcome in outcomes], CHECKS)


def record_files(lake: Path, run: Run, files: list[dict[str, Any]]) -> None:
    """Append one row per file to the manifest `ops_files`."""
    delta.append_rows(
        lake / "ops_files",
        [
            {"run_id": run.run_id, "tenant": run.tenant, "loaded_at": now(), **file}
            for file in files
        ],
        FILES,
    )


def set_aside(lake: Path, table: str, file: str, lines: list[int], why: str, who: str) -> None:
    """Append one row per refused row that a person puts aside for good."""
    common = {"table_name": table, "source_file": file, "why": why, "who": who, "dropped_at": now()}
    delta.append_rows(
        lake / "ops_dropped", [{**common, "source_line": line} for line in lines], DROPPED
    )


def newest_files(lake: Path, *sources: str) -> list[dict[str, Any]]:
    """Of every file of the sources (and every day that was found without one), what the manifest
    said last.
    """
    of_sources = ds.field("source").isin(pa.array(sources, TEXT))
    rows = delta.read_records(lake / "ops_files", FILES, of_sources)
    newest = {
        (row["source"], row["arrived_on"], row["source_file"]): row
        for row in sorted(rows, key=lambda row: row["loaded_at"])
    }
    return list(newest.values())


def rows_of_runs(lake: Path) -> list[dict[str, Any]]:
    """Every row of `ops_runs`, the oldest first."""
    return sorted(delta.read_records(lake / "ops_runs", RUNS), key=lambda row: row["ended_at"])


def mark_stale(lake: Path, run: Run, stage: str, snapshots: dict[str, list[date]]) -> None:
    """Record the published snapshots that days before them have changed under: one row of status
    `stale` per table.
    """
    for table, dates in snapshots.items():
        stale = Run(run.tenant, run.start, run.end, tuple(dates), run.run_id)
        record(lake, stale, stage, table, now(), "stale")


def stale_snapshots(lake: Path) -> list[dict[str, Any]]:
    """One row per snapshot that was not built again since it was marked: table_name, as_of, the
    marking run and when.
    """
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows_of_runs(lake):
        for as_of in json.loads(row["as_of_dates"]) if row["status"] in ("stale", "done") else []:
            newest[row["table_name"], as_of] = row
    return [
        {"table_name": table, "as_of": as_of, "run_id": row["run_id"], "since": row["ended_at"]}
        for (table, as_of), row in sorted(newest.items())
        if row["status"] == "stale"
    ]


def newest_checks(lake: Path) -> pd.DataFrame:
    """Of every check of every table, its newest outcome: the state of the lake, not its history."""
    checks: pd.DataFrame = delta.read_arrow(lake / "ops_checks").to_pandas()
    return checks.sort_values("checked_at", kind="stable").drop_duplicates(
        ["table_name", "check_name"], keep="last", ignore_index=True
    )
