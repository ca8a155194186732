"""Restores damaged tables: the last whole version of a table becomes its newest version. No file is
deleted, and the versions that are lost by it are named.
"""

from dataclasses import dataclass, field
from pathlib import Path

from lakehouse.base.run import Run
from lakehouse.contract.layers import LAYERS, stage_of, stages_again
from lakehouse.contract.table import TABLES
from lakehouse.store import commit_files, delta, ledger, ops
from lakehouse.store.lease import Lease
from lakehouse.store.ledger import Damage, Damaged
from lakehouse.store.records import RunRecord

EMPTY = -1  # the version before the first one: a table without rows
HOUSEKEEPING = ("optimize", "vacuum")


@dataclass(frozen=True)
class Restoration:
    """The restoration of one table to version `good`.

    `top` is the highest version whose log can be read, `newest` the highest version that any record
    names; the log files in `aside` are renamed, and the runs in `slices` wrote what is lost.
    """

    table: str
    damage: str
    good: int
    top: int
    newest: int
    aside: list[Path]
    slices: list[Run] = field(default_factory=list)

    @property
    def lost(self) -> list[int]:
        """The versions whose changes are lost."""
        return list(range(self.good + 1, self.newest + 1))

    @property
    def stage(self) -> str:
        """The stage that builds the table; empty for the tables `ops_*`, which no stage builds."""
        built_table = TABLES.get(self.table.removesuffix("_quarantine"))
        return built_table.stage if built_table else stage_of(self.table)

    def run_to_repeat(self, tenant: str) -> str:
        """The command that brings the lost rows back, or a sentence where no command does."""
        if not self.stage:
            return (
                "nothing to run: these are the house's own records, and the rows of the lost"
                " versions are gone"
            )
        if not self.slices:
            return (
                f"its lost versions are not in ops_runs: repeat the run of the stage {self.stage}"
                " that was interrupted"
            )
        first, last = min(part.start for part in self.slices), max(part.end for part in self.slices)
        stages = " ".join(stages_again(self.stage))
        by_day = {layer.stage for layer in LAYERS if not layer.by_date}
        dates = (
            sorted({day for part in self.slices for day in part.as_ofs})
            if self.stage not in by_day
            else []
        )
        return " ".join(
            [
                f"headwater run {stages} --tenant {tenant} --start {first} --end {last}",
                *(f"--as-of {day}" for day in dates),
            ]
        )


def restorations(lake: Path, tables: list[str] | None = None) -> list[Restoration]:
    """The restoration of each damaged table, or of each one among `tables`; changes nothing.

    Raises:
        Damaged: a table has no version to go back to.
    """
    wanted = [damage for damage in ledger.damages(lake) if not tables or damage.table in tables]
    rows = [] if delta.damage_of(lake / "ops_runs") else ops.rows_of_runs(lake)
    versions = ledger.newest_versions(lake, rows)
    return [
        _restoration(lake / damage.table, damage, versions.get(damage.table, EMPTY), rows)
        for damage in wanted
    ]


def restore(lake: Path, restoration: Restoration, lease: Lease, tenant: str) -> int:
    """Carry a restoration out; returns the version of the table after it.

    The new version is higher than every version that a record names, so that no number ever stands
    for two states of the table. Its commit says that all days may have changed: a table that was
    built from a lost version is therefore built anew.
    """
    path = lake / restoration.table
    good = restoration.good
    commit = next(iter(delta.commits(path, good)), None) if good > EMPTY else None
    metadata = {
        "run_id": lease.holder.run_id,
        "fence": lease.number,
        "days": None,
        "lost": restoration.lost,
        "restored": good,
        "inputs": commit.inputs if commit else {},
        "models": commit.models if commit else {},
    }
    with lease.committing():
        commit_files.put_aside(restoration.aside, lease.holder.run_id)
        version = restoration.top
        if good == EMPTY:
            version = delta.empty(path, metadata)
        elif good < restoration.top:
            version = delta.go_back(path, good, metadata)
        while version <= restoration.newest:
            version = delta.mark(path, metadata)
    _record(lake, restoration, lease, tenant, version)
    return version


def _restoration(path: Path, damage: Damage, newest: int, rows: list[RunRecord]) -> Restoration:
    if not delta.exists(path):
        raise Damaged(
            f"{path} is gone with its log: bring it back from a copy, or delete the lake and run"
            " all days again"
        )
    harmed = commit_files.first_harmed(path)
    top = commit_files.newest(path) if harmed is None else harmed - 1
    newest = max(newest, commit_files.newest(path))
    good = next(
        (version for version in range(top, EMPTY, -1) if _is_good(path, version, rows)), EMPTY
    )
    if good == EMPTY and (top == EMPTY or "log" in delta.damage_of(path, top)):
        raise Damaged(
            f"{path}: no version can be read, not even an empty one ({damage.message}). Bring"
            f" {path / '_delta_log'} back from a copy"
        )
    aside = commit_files.from_version(path, top + 1)
    return Restoration(
        path.name, damage.message, good, top, newest, aside, _slices(path, good, rows)
    )


def _is_good(path: Path, version: int, rows: list[RunRecord]) -> bool:
    if delta.damage_of(path, version):
        return False
    return ledger.recorded_rows(rows, path.name, version) in (None, delta.row_count(path, version))


def _slices(path: Path, good: int, rows: list[RunRecord]) -> list[Run]:
    """The slices of the runs whose commits are lost; a quarantine has the slices of its table."""
    name = path.name.removesuffix("_quarantine")
    lost = [
        row
        for row in rows
        if row.table_name == name and row.status == "done" and row.stage not in HOUSEKEEPING
    ]
    if name == path.name:
        lost = [row for row in lost if row.delta_version is not None and row.delta_version > good]
    return [
        Run(row.tenant, row.slice_start, row.slice_end, row.as_of_dates, row.run_id)
        for row in lost
        if row.slice_start and row.slice_end
    ]


def _record(lake: Path, restoration: Restoration, lease: Lease, tenant: str, version: int) -> None:
    """Append one row per lost slice to `ops_runs`, so that later runs refuse to build on deliveries
    that the table lacks; one row without a slice when no lost slice is known.
    """
    message = f"{restoration.damage}; went back from {restoration.newest} to {restoration.good}"
    slices: list[Run | None] = [*restoration.slices]
    for slice_ in slices or [None]:
        ops.record_restored(
            lake,
            lease.holder.run_id,
            tenant,
            restoration.stage,
            restoration.table,
            slice_,
            version,
            message,
        )
