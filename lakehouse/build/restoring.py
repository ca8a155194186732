"""The way back from damage: a table's last whole version becomes its newest, nothing is deleted,
and what was lost by it is named.
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

EMPTY = -1  # stands for the version before the first: no rows
HOUSEKEEPING = ("optimize", "vacuum")


@dataclass(frozen=True)
class RestorePlan:
    """How one table goes back: to version `good`, past `known`, the highest version that anyone has
    noted.
    """

    table: str
    damage: str
    good: int
    top: int
    known: int
    aside: list[Path]
    slices: list[Run] = field(default_factory=list)

    @property
    def lost(self) -> list[int]:
        """The versions whose changes are gone."""
        return list(range(self.good + 1, self.known + 1))

    @property
    def stage(self) -> str:
        """The stage that builds the table; empty for the house's own records."""
        built_table = TABLES.get(self.table.removesuffix("_quarantine"))
        return built_table.stage if built_table else stage_of(self.table)

    def run_to_repeat(self, tenant: str) -> str:
        """The command that brings the lost rows back, in words where there is none."""
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


def plans(lake: Path, tables: list[str] | None = None) -> list[RestorePlan]:
    """What would be done to each damaged table, or to the named ones among them.

    Raises:
        Damaged: a table has no version to go back to.
    """
    wanted = [damage for damage in ledger.damages(lake) if not tables or damage.table in tables]
    rows = [] if delta.damage_of(lake / "ops_runs") else ops.rows_of_runs(lake)
    versions = ledger.known_versions(lake, rows)
    return [
        _plan(lake / damage.table, damage, versions.get(damage.table, EMPTY), rows)
        for damage in wanted
    ]


def restore(lake: Path, plan: RestorePlan, lease: Lease, tenant: str) -> int:
    """Carry a plan out; returns the version at which the table stands after it.

    The new version is above every one that was noted: a table built from a lost version finds a
    commit it does not know, which says that all days may have changed, and is built anew. Numbers
    that were handed out are never handed out again for other rows.
    """
    path = lake / plan.table
    origin = next(iter(delta.commits(path, plan.good)), None) if plan.good > EMPTY else None
    metadata = {
        "run_id": lease.holder.run_id,
        "fence": lease.number,
        "days": None,
        "lost": plan.lost,
        "restored": plan.good,
        "inputs": origin.inputs if origin else {},
        "models": origin.models if origin else {},
    }
    with lease.committing():
        commit_files.put_aside(plan.aside, lease.holder.run_id)
        version = plan.top
        if plan.good == EMPTY:
            version = delta.empty(path, metadata)
        elif plan.good < plan.top:
            version = delta.go_back(path, plan.good, metadata)
        while version <= plan.known:
            version = delta.mark(path, metadata)
    _record(lake, plan, lease, tenant, version)
    return version


def _plan(path: Path, damage: Damage, newest: int, rows: list[RunRecord]) -> RestorePlan:
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
            f"{path}: no version can be read, not even an empty one ({damage.said}). Bring"
            f" {path / '_delta_log'} back from a copy"
        )
    aside = commit_files.from_version(path, top + 1)
    return RestorePlan(path.name, damage.said, good, top, newest, aside, _slices(path, good, rows))


def _is_good(path: Path, version: int, rows: list[RunRecord]) -> bool:
    if delta.damage_of(path, version):
        return False
    return ledger.recorded_rows(rows, path.name, version) in (None, delta.row_count(path, version))


def _slices(path: Path, good: int, rows: list[RunRecord]) -> list[Run]:
    """What the runs covered whose commits are lost; those of a quarantine are its table's."""
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


def _record(lake: Path, plan: RestorePlan, lease: Lease, tenant: str, version: int) -> None:
    """One row per lost slice, so that nothing is built on deliveries that are not there; one
    without a slice when none is known.
    """
    message = f"{plan.damage}; went back from {plan.known} to {plan.good}"
    slices: list[Run | None] = [*plan.slices]
    for slice_ in slices or [None]:
        ops.record_restored(
            lake, lease.holder.run_id, tenant, plan.stage, plan.table, slice_, version, message
        )
