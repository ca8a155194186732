"""Daily tables are computed from other tables. A day is built again when an input of it changed."""

from lakehouse.build import reading
from lakehouse.build.batch import Batch, Provenance, days_as_text
from lakehouse.build.function_inputs import seen_by_function
from lakehouse.build.reading import Changes
from lakehouse.build.sizing import row_count_of, rows_of_days, sized
from lakehouse.contract.table import TABLES, Table
from lakehouse.store.context import Context


def daily_batch(context: Context, table: Table, touched: list[str]) -> Batch:
    """The rows of all days on which one of the inputs `touched` changed."""
    parts = [reading.changed_days(context, table, name) for name in touched]
    changes = Changes(
        None
        if any(p.days is None for p in parts)
        else sorted({d for p in parts for d in p.days or []})
    )
    # an input that a restoration has emptied empties this table too; with inputs that never had a
    # row there is nothing to do
    if changes.days == [] or (
        changes.days is None
        and not any(row_count_of(context, name) for name in (table.name, *touched))
    ):
        return Batch()
    context = sized(
        context,
        lambda: sum(
            rows_of_days(context, name, TABLES[name].slice_by, changes.days) for name in touched
        ),
    )
    provenance = Provenance()
    frames = {
        name: seen_by_function(context, table, name, provenance, changes) for name in table.reads
    }
    return Batch(
        table.function(**frames),
        changes.predicate(table.slice_by),
        days_as_text(changes),
        provenance,
    )
