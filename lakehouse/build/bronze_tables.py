"""Bronze tables have every delivered row as text. A run replaces the rows of its arrival days."""

from lakehouse.build.batch import Batch
from lakehouse.build.sizing import sized
from lakehouse.contract.mapping import event_date, refuse_senseless, refuse_unknown
from lakehouse.contract.table import TABLES, Table
from lakehouse.intake.arrivals import arrivals
from lakehouse.intake.files import delivered_rows
from lakehouse.intake.landing import work_of
from lakehouse.intake.type_drift import refuse_type_drift
from lakehouse.store import delta
from lakehouse.store.context import Context
from lakehouse.store.table_reading import has_rows


def bronze_batch(context: Context, table: Table) -> Batch:
    """The rows of the files that arrived, and the records of these files for `ops_files`."""
    name = table.source
    if name not in context.settings.tenant.sources:
        return Batch()
    source, came = context.settings.tenant.sources[name], arrivals(context, name)
    if not came.files and not has_rows(context.lake / table.name, "arrived_on", came.days):
        return Batch(outcomes=came.outcomes, files=came.records(context.run, {}))
    context = sized(context, lambda: sum(file.most_rows(source) for file in came.files))
    rows, counts = delivered_rows(
        context.spark, source, came.files, work_of(context.settings, name)
    )
    readers = [reader for reader in TABLES.values() if table.name in reader.inputs]
    for reader in readers:
        refuse_unknown(source, reader)
    refuse_senseless(rows, source, name)
    frame = table.function(rows).withColumn("event_date", event_date(source))
    for reader in readers:
        refuse_type_drift(frame, source, reader)
    days = [str(d) for d in came.days]
    return Batch(
        frame,
        delta.between("arrived_on", came.days),
        days,
        outcomes=came.outcomes,
        files=came.records(context.run, counts),
    )
