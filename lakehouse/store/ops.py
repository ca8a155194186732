"""The house's own records: what each run did to each table, what each check saw, what is
released.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds

from lakehouse.base.run import Run
from lakehouse.store import delta, records
from lakehouse.store.records import CheckRecord, DroppedRecord, FileRecord, Outcome, RunRecord
from lakehouse.store.table_reading import read_frame

# the status in `ops_runs` of a table that went back; its slice are the arrival days that it lost by
# that
RESTORED = "restored"
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
        **{name: sum(getattr(counts, name) for counts in files.values()) for name in vars(NOTHING)}
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
    message: str = "",
) -> None:
    """Append one row to `ops_runs`, and say on standard output what whoever watches the run
    reads.
    """
    ended = now()
    row = RunRecord(
        run_id=run.run_id,
        tenant=run.tenant,
        stage=stage,
        table_name=table,
        as_of_dates=run.as_ofs,
        status=status,
        error=message[:LONGEST],
        slice_start=run.start,
        slice_end=run.end,
        started_at=started,
        ended_at=ended,
        seconds=(ended - started).total_seconds(),
        delta_version=version,
        rows_in=counts.total,
        rows_kept=counts.kept,
        rows_quarantined=counts.quarantined,
        rows_duplicate=counts.duplicate,
        rows_superseded=counts.superseded,
        table_rows=None if version is None else delta.row_count(lake / table, version),
    )
    records.append(lake, RunRecord, [row])
    # one write, line end included: tables that are built side by side must not cut each other's
    # lines
    line = (
        f"headwater progress stage={stage} table={table} status={status}"
        f" seconds={row.seconds:.1f} rows={counts.kept}\n"
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
    message: str,
) -> None:
    """Append the row of a table that went back to an older version; its slice is what a lost run
    had covered, null when unknown.
    """
    at = now()
    row = RunRecord(
        run_id=run_id,
        tenant=tenant,
        stage=stage,
        table_name=table,
        as_of_dates=lost.as_ofs if lost else (),
        status=RESTORED,
        error=message[:LONGEST],
        slice_start=lost.start if lost else None,
        slice_end=lost.end if lost else None,
        started_at=at,
        ended_at=at,
        seconds=0.0,
        delta_version=version,
        table_rows=delta.row_count(lake / table, version),
    )
    records.append(lake, RunRecord, [row])


def record_checks(
    lake: Path, run: Run, stage: str, table: str, outcomes: Sequence[Outcome]
) -> None:
    """Append one row per judged check to `ops_checks`."""
    at = now()
    rows = [
        CheckRecord(
            run_id=run.run_id,
            tenant=run.tenant,
            stage=stage,
            table_name=table,
            checked_at=at,
            **vars(outcome),
        )
        for outcome in outcomes
    ]
    records.append(lake, CheckRecord, rows)


def record_files(lake: Path, files: Sequence[FileRecord]) -> None:
    """Append one row per file to the manifest `ops_files`."""
    records.append(lake, FileRecord, files)


def set_aside(lake: Path, table: str, file: str, lines: list[int], why: str, who: str) -> None:
    """Append one row per refused row that a person puts aside for good."""
    at = now()
    rows = [
        DroppedRecord(
            table_name=table, source_file=file, why=why, who=who, source_line=line, dropped_at=at
        )
        for line in lines
    ]
    records.append(lake, DroppedRecord, rows)


def newest_files(lake: Path, *sources: str) -> list[FileRecord]:
    """Of every file of the sources (and every day that was found without one), what the manifest
    said last.
    """
    rows = records.read(lake, FileRecord, ds.field("source").isin(pa.array(sources, pa.string())))
    newest = {
        (row.source, row.arrived_on, row.source_file): row
        for row in sorted(rows, key=lambda row: row.loaded_at)
    }
    return list(newest.values())


def rows_of_runs(lake: Path) -> list[RunRecord]:
    """Every row of `ops_runs`, the oldest first."""
    return sorted(records.read(lake, RunRecord), key=lambda row: row.ended_at)


def mark_stale(lake: Path, run: Run, stage: str, snapshots: dict[str, list[date]]) -> None:
    """Record the published snapshots that days before them have changed under: one row of status
    `stale` per table.
    """
    for table, dates in snapshots.items():
        stale = Run(run.tenant, run.start, run.end, tuple(dates), run.run_id)
        record(lake, stale, stage, table, now(), "stale")


@dataclass(frozen=True)
class StaleSnapshot:
    """A snapshot that was not built again since the run marked it, and when it was marked."""

    table_name: str
    as_of: date
    run_id: str
    since: datetime


def stale_snapshots(lake: Path) -> list[StaleSnapshot]:
    """The snapshots that wait to be built again, by table and date."""
    newest: dict[tuple[str, date], RunRecord] = {}
    for row in rows_of_runs(lake):
        for as_of in row.as_of_dates if row.status in ("stale", "done") else ():
            newest[row.table_name, as_of] = row
    return [
        StaleSnapshot(table, as_of, row.run_id, row.ended_at)
        for (table, as_of), row in sorted(newest.items(), key=lambda entry: entry[0])
        if row.status == "stale"
    ]


def newest_checks(lake: Path) -> pd.DataFrame:
    """Of every check of every table, its newest outcome: the state of the lake, not its history."""
    checks = read_frame(lake / CheckRecord.TABLE).sort_values("checked_at", kind="stable")
    return checks.drop_duplicates(["table_name", "check_name"], keep="last", ignore_index=True)
