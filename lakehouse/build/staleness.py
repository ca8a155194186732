"""Marks a published snapshot as stale when a day before its as-of date changes. The mark is a row
of `ops_runs`; the snapshot is built again only when someone names its date.
"""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.base.graph import reached
from lakehouse.build.batch import Batch, as_changes
from lakehouse.contract.table import TABLES, Table
from lakehouse.store import delta, ops
from lakehouse.store.context import Context
from lakehouse.store.table_reading import values_above

SNAPSHOT = "as_of"
ALL_DAYS = date.min.isoformat()  # a table that is built as a whole may change on any day


def mark_stale(context: Context, table: Table, frame: DataFrame, batch: Batch) -> None:
    """Mark the snapshots that become stale when `frame` replaces days of `table`: those as of dates
    after the first day whose rows differ.

    This is done before the commit. When a run is killed in between, there is a mark too many and
    never one too few.
    """
    if (
        table.slice_by == SNAPSHOT
        or table.source
        or batch.days == []
        or not delta.exists(context.lake / table.name)
    ):
        return
    published = {
        name: _published(context, name, min(batch.days or [ALL_DAYS]))
        for name in snapshots_of(table)
    }
    if not any(published.values()):
        return
    changed = _changed_days(context, table, frame, batch)
    stale = {
        name: [day for day in days if changed and day > changed[0]]
        for name, days in published.items()
    }
    ops.mark_stale(
        context.lake, context.run, table.stage, {name: days for name, days in stale.items() if days}
    )


def snapshots_of(table: Table) -> list[str]:
    """The snapshot tables that read this table, directly or through other snapshot tables; empty
    when only daily tables read it.
    """
    snapshots = [snapshot for snapshot in TABLES.values() if snapshot.slice_by == SNAPSHOT]
    return sorted(
        reached(
            table.name,
            lambda name: [snapshot.name for snapshot in snapshots if name in snapshot.inputs],
        )
    )


def _published(context: Context, name: str, first: str) -> list[date]:
    return values_above(context.lake / name, SNAPSHOT, date.fromisoformat(first))


def _changed_days(context: Context, table: Table, frame: DataFrame, batch: Batch) -> list[date]:
    """The days, in order, on which the new rows differ from the rows in the table.

    A column that the table does not have yet is no difference, since no snapshot was built from it.
    """
    before = delta.read(context.spark, context.lake / table.name).where(
        as_changes(batch.days).predicate(table.slice_by) or "true"
    )
    day = table.slice_by
    standing = [name for name in table.columns if name in before.columns]
    ours, other = (
        _digests(rows.select(*standing), day, name)
        for rows, name in ((before, "before"), (frame, "after"))
    )
    differ = (
        ours.join(other, day, "full").where("before IS DISTINCT FROM after").select(day).collect()
    )
    return sorted(row[0] for row in differ if row[0] is not None)


def _digests(rows: DataFrame, day: str, name: str) -> DataFrame:
    """One row per day with a digest of its rows: their number, and the xor of their hashes. The
    order of the rows does not matter. The xor cannot hide rows, since no key is there twice.
    """
    digest = F.concat_ws(
        " ", F.count(F.lit(1)), F.expr(f"bit_xor(xxhash64({', '.join(rows.columns)}))")
    )
    return rows.groupBy(day).agg(digest.alias(name))
