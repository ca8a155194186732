"""Makes the batch of a table. Each kind of table has a file of its own for that."""

from lakehouse.build.batch import Batch
from lakehouse.build.bronze_tables import bronze_batch
from lakehouse.build.daily_tables import daily_batch
from lakehouse.build.delivered_tables import delivered_batch
from lakehouse.build.snapshot_tables import snapshot_batch
from lakehouse.contract.layers import bronze_of
from lakehouse.contract.table import Table
from lakehouse.store.context import Context


def batch_of(context: Context, table: Table) -> Batch:
    """The batch of the table for this run. It has no frame when nothing arrived, changed or was
    withdrawn; the table then stays as it is.
    """
    if table.source:
        return bronze_batch(context, table)
    if table.reads_source:
        return delivered_batch(context, table, bronze_of(table.reads_source))
    if touched := [name for name, read in table.reads.items() if read.how == "touched"]:
        return daily_batch(context, table, touched)
    return snapshot_batch(context, table)
