"""Snapshot tables have rows per as-of date. A run builds each of its dates from the days before."""

from lakehouse.build.batch import Batch, Provenance
from lakehouse.build.function_inputs import seen_by_function
from lakehouse.build.sizing import row_count_of, rows_of_days, sized
from lakehouse.build.staleness import SNAPSHOT
from lakehouse.contract.table import Table
from lakehouse.store import delta
from lakehouse.store.context import Context


def snapshot_batch(context: Context, table: Table) -> Batch:
    """The rows of all as-of dates of the run."""
    as_ofs, provenance = list(context.run.as_ofs), Provenance()
    context = sized(context, lambda: _read_rows(context, table))
    frames = {name: seen_by_function(context, table, name, provenance) for name in table.reads}
    return Batch(
        table.function(**frames),
        delta.between("as_of", as_ofs),
        [str(d) for d in as_ofs],
        provenance,
    )


def _read_rows(context: Context, table: Table) -> int:
    """At most so many rows of its inputs the table is computed from."""
    return sum(
        rows_of_days(context, name, SNAPSHOT, list(context.run.as_ofs))
        if table.reads[name].how == "snapshot"
        else row_count_of(context, name)
        for name in table.inputs
    )
