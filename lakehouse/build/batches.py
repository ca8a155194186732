"""What a run brings to a table: each kind of table has a file that makes its batch."""

from lakehouse.build.batch import Batch
from lakehouse.build.bronze_tables import bronze_batch
from lakehouse.build.daily_tables import daily_batch
from lakehouse.build.delivered_tables import delivered_batch
from lakehouse.build.snapshot_tables import snapshot_batch
from lakehouse.contract.layers import bronze_of
from lakehouse.contract.table import Table
from lakehouse.store.context import Context


def batch_of(context: Context, table: Table) -> Batch:
    """The table's rows for this run; without a frame when nothing arrived, was withdrawn or
    changed, so that the table stays as it is.
    """
    if table.source:
        return bronze_batch(context, table)
    if table.reads_source:
        return delivered_batch(context, table, bronze_of(table.reads_source))
    if touched := [name for name, read in table.reads.items() if read.how == "touched"]:
        return daily_batch(context, table, touched)
    return snapshot_batch(context, table)
