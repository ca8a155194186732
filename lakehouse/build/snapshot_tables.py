"""Snapshot tables have rows per as-of date. A run builds each of its dates from the days before."""

from datetime import date

from lakehouse.build.batch import Batch, Provenance
from lakehouse.build.function_inputs import row_count_of, seen_by_function
from lakehouse.build.sizing import sized
from lakehouse.contract.table import Table
from lakehouse.store import delta
from lakehouse.store.context import Context
from lakehouse.store.table_reading import values_above


def snapshot_batch(context: Context, table: Table) -> Batch:
    """The rows of all as-of dates of the run."""
    as_ofs, provenance = list(context.run.as_ofs), Provenance()
    context = sized(context, lambda: most_rows(context, table))
    frames = {name: seen_by_function(context, table, name, provenance) for name in table.reads}
    return Batch(
        table.function(**frames),
        delta.between("as_of", as_ofs),
        [str(d) for d in as_ofs],
        provenance,
    )


def most_rows(context: Context, table: Table) -> int:
    """How many rows the dates of the run have, by the rows of the table's inputs, or by its own
    where it stands: twice those of its largest date.
    """
    inputs = sum(row_count_of(context, name) for name in table.inputs)
    own = row_count_of(context, table.name)
    if not own:
        return inputs
    dates = values_above(
        context.lake / table.name, "as_of", date.min, context.version_of(table.name)
    )
    return min(inputs, 2 * len(context.run.as_ofs) * -(-own // len(dates)))
