"""Tables as of a date: each date of the run is made again, from the days before it."""

from lakehouse.build.batch import Batch, Provenance
from lakehouse.build.function_inputs import seen_by_function
from lakehouse.contract.table import Table
from lakehouse.store import delta
from lakehouse.store.context import Context


def snapshot_batch(context: Context, table: Table) -> Batch:
    """The rows of each as-of date of the run."""
    as_ofs, provenance = list(context.run.as_ofs), Provenance()
    frames = {name: seen_by_function(context, table, name, provenance) for name in table.reads}
    return Batch(
        table.function(**frames),
        delta.between("as_of", as_ofs),
        [str(d) for d in as_ofs],
        provenance,
    )
