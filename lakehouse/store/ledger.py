"""Notices what Delta reads as fewer rows without a word: before each stage, every table is compared
with what was committed to it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from lakehouse.base.errors import UserError
from lakehouse.contract.layers import BRONZE, stages_again
from lakehouse.store import commit_files, delta, ops
from lakehouse.store.lease import holder_of
from lakehouse.store.migration.steps import retired_tables
from lakehouse.store.ops import RESTORED
from lakehouse.store.records import RunRecord
from lakehouse.store.release import current


class Damaged(UserError):
    """A table is not what was committed to it: commits, rows or files are gone."""


@dataclass(frozen=True)
class Damage:
    """A table and what is wrong with it, in words."""

    table: str
    message: str


def refuse_damage(lake: Path, tenant: str) -> None:
    """Compare every table with the ledger, its log and its files.

    Raises:
        Damaged: lists every table that lost something, and says what to do.
    """
    if damaged := damages(lake):
        message = "; ".join(f"{damage.table}: {damage.message}" for damage in damaged)
        raise Damaged(
            f"{lake} is damaged and nothing was written. {message}. Bring the files back from"
            " a copy,"
            f" or go back to the last good version: `headwater restore --tenant {tenant} --dry-run`"
            " says what that costs"
        )


def refuse_lost_days(lake: Path, tenant: str) -> None:
    """Refuse to build on deliveries that a restore took out until they are ingested again.

    Raises:
        Damaged: names the tables and days.
    """
    if lost := lost_days(ops.rows_of_runs(lake)):
        message = "; ".join(
            f"{table}: {delta.between('arrived_on', days)}" for table, days in sorted(lost.items())
        )
        first, last = (
            min(min(days) for days in lost.values()),
            max(max(days) for days in lost.values()),
        )
        stages = " ".join(stages_again(BRONZE.stage))
        raise Damaged(
            f"{lake} went back to an older version and lacks arrival days. {message}. Run"
            f" `headwater run {stages} --tenant {tenant} --start {first} --end"
            f" {last + timedelta(days=1)}` first"
        )


def damages(lake: Path) -> list[Damage]:
    """What is wrong with each table, the house's own records first; a table that is as it was
    committed is left out.
    """
    paths = sorted(
        delta.tables(lake), key=lambda path: (not path.name.startswith("ops_"), path.name)
    )
    rows = (
        []
        if delta.damage_of(lake / "ops_runs") and delta.exists(lake / "ops_runs")
        else ops.rows_of_runs(lake)
    )
    versions = newest_versions(lake, rows)
    damaged = [
        Damage(path.name, message)
        for path in paths
        if (message := _damage(path, versions.get(path.name, -1), rows))
    ]
    there = {path.name for path in paths} | retired_tables()
    missing = sorted(name for name in versions if name not in there)
    return damaged + [
        Damage(name, f"version {versions[name]} was committed, and the table is gone")
        for name in missing
    ]


def _damage(path: Path, newest: int, rows: Sequence[RunRecord]) -> str:
    harmed = commit_files.first_harmed(path)
    if harmed is not None:
        return (
            f"the commit of version {harmed} is missing, empty or torn in {path / commit_files.LOG}"
        )
    if message := delta.damage_of(path):
        return message
    version = delta.version_of(path)
    if version < newest:
        return (
            f"version {newest} was committed, and it stands at {version}: commits are missing in"
            f" {path / commit_files.LOG}"
        )
    recorded, count = recorded_rows(rows, path.name, version), delta.row_count(path)
    return (
        ""
        if recorded in (None, count)
        else f"version {version} had {recorded} rows when it was committed, and has {count}"
    )


def recorded_rows(rows: Sequence[RunRecord], table: str, version: int) -> int | None:
    """The rows that `ops_runs` says a version has; None when it says nothing."""
    return next(
        (
            row.table_rows
            for row in reversed(rows)
            if (row.table_name, row.delta_version) == (table, version)
        ),
        None,
    )


def newest_versions(lake: Path, rows: Iterable[RunRecord]) -> dict[str, int]:
    """The highest version of each table that anyone has noted: `ops_runs`, tables built from it,
    the release, the lease.
    """
    noted = [(row.table_name, row.delta_version) for row in rows if row.delta_version is not None]
    for path in delta.tables(lake):
        for commit in delta.readable_commits(path)[:1]:
            noted += [*commit.inputs.items(), ("ops_runs", commit.ops_runs)]
    noted += holder_of(lake).records.items()
    released = None if delta.damage_of(lake / "ops_releases") else current(lake)
    noted += released.tables.items() if released else []
    versions: dict[str, int] = {}
    for name, version in noted:
        versions[name] = max(version, versions.get(name, -1))
    return {name: version for name, version in versions.items() if version >= 0}


def lost_days(rows: Iterable[RunRecord]) -> dict[str, list[date]]:
    """The arrival days that a restore took out of bronze tables and no run has brought back
    since.
    """
    lost: dict[str, set[date]] = {}
    for row in rows:
        if row.status == RESTORED and row.stage == BRONZE.stage:
            lost.setdefault(row.table_name, set()).update(row.days)
        elif row.status in ("done", "unchanged") and row.stage == BRONZE.stage:
            lost.get(row.table_name, set()).difference_update(row.days)
    return {table: sorted(days) for table, days in lost.items() if days}
