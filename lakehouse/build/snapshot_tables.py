"""Snapshot tables have rows per as-of date. A run builds each of its dates from the days before."""

from lakehouse.build.batch import Batch, Provenance
from lakehouse.build.function_inputs import seen_by_function
from lakehouse.contract.table import Table
from lakehouse.store import delta
from lakehouse.store.context import Context


def snapshot_batch(context: Context, table: Table) -> Batch:
    """The rows of all as-of dates of the run."""
    as_ofs, provenance = list(context.run.as_ofs), Provenance()
    frames = {name: seen_by_function(context, table, name, provenance) for name in table.reads}
    return Batch(
        table.function(**frames),
        delta.between("as_of", as_ofs),
        [str(d) for d in as_ofs],
        provenance,
    )
