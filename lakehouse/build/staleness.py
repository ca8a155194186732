"""Published snapshots that days before them changed under: marked in `ops_runs`, and rewritten only
when someone names their as-of date.
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
ALL_DAYS = date.min.isoformat()  # a table that is built anew may change any of its days


def mark_stale(context: Context, table: Table, frame: DataFrame, batch: Batch) -> None:
    """Before `frame` replaces days of `table`: mark the snapshots published as of later days, where
    the rows differ at all.

    It is done before the commit, so that a run killed in between leaves a mark too many rather than
    one too few.
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
    """The tables by as-of date that read this one, directly or through such a table; empty when
    only daily tables read it.
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
    """The days whose rows differ from those that stand, in order; a column that those lack is no
    difference, since nothing published was made of it.
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
    """One row per day with its rows' number and hash: equal rows in any order have equal digests,
    since no key occurs twice.
    """
    digest = F.concat_ws(
        " ", F.count(F.lit(1)), F.expr(f"bit_xor(xxhash64({', '.join(rows.columns)}))")
    )
    return rows.groupBy(day).agg(digest.alias(name))
