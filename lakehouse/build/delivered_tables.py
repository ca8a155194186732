"""Silver tables of events and entities have delivered rows in standard columns. Rules judge each
row, and a run replaces all rows of the days that deliveries touch.
"""

from dataclasses import replace

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.base.caching import cached
from lakehouse.build import reading
from lakehouse.build.batch import Batch, Intake, Provenance, days_as_text
from lakehouse.build.binding import not_applied
from lakehouse.build.function_inputs import seen_by_function
from lakehouse.build.reading import Changes
from lakehouse.build.sizing import row_count_of, rows_of_days, sized
from lakehouse.contract.rules import Rule
from lakehouse.contract.table import TABLES, Table
from lakehouse.intake.full_snapshots import deleted_entities
from lakehouse.store import delta, ops
from lakehouse.store.context import Context
from lakehouse.store.ops import Counts

# From this many rows on, keys are grouped by hash before rows are sorted. The number is chosen, not
# measured: 20.9 million rows spill to disk when they are sorted (`make bench-volume`), while the
# grouping would only cost time in a small shop.
MANY_ROWS = 1_000_000


def delivered_batch(context: Context, table: Table, name: str) -> Batch:
    """The kept and the refused rows of the days that deliveries touch, and what became of every
    delivered row.
    """
    if not reading.has_news(context, table, name):
        return Batch()
    source = context.settings.tenant.sources[table.reads_source]
    provenance = Provenance({name: context.version_of(name)})
    for_arrivals = sized(context, lambda: _arrived(context, table, name))
    changes = reading.touched_days(for_arrivals, table, name, source)
    context = sized(for_arrivals, lambda: rows_of_days(context, name, "event_date", changes.days))
    rows = reading.versions_of_days(context, table, name, source, changes)
    others = {n: seen_by_function(context, table, n, provenance) for n in table.reads if n != name}
    are_many = changes.days is None and row_count_of(context, name) >= MANY_ROWS
    marked = judged(table.function(**{name: rows}, **others), table, are_many=are_many)
    touched = cached(marked.where(changes.predicate("event_date") or "true"))
    intake = _intake(context, table, name, touched, changes)
    kept, refused = (
        touched.where("state = 'kept'").select(*table.columns),
        touched.where("state = 'quarantined'"),
    )
    if source.lists_all:
        absent = cached(deleted_entities(context, table, name, source, changes.days))
        kept, intake = kept.unionByName(absent), replace(intake, deleted=absent.count())
    skipped = not_applied(TABLES[table.name], context.settings.tenant)
    return Batch(
        kept,
        changes.predicate(table.slice_by),
        days_as_text(changes),
        provenance,
        ops.summed(intake.files),
        refused,
        skipped,
        intake=intake,
    )


def _arrived(context: Context, table: Table, name: str) -> int:
    """Rows of the bronze table that this run brings."""
    return rows_of_days(context, name, "arrived_on", reading.arrivals(context, table, name))


def judged(rows: DataFrame, table: Table, *, are_many: bool = False) -> DataFrame:
    """The rows with two more columns: `refused` has a sentence for each value that cannot be read
    and each broken rule, and `state` is what becomes of the row.

    Of a row that withdraws a key, only the rules about that key are asked.
    """
    rules = {rule: rule() for rule in table.rules}
    every = F.concat("unreadable", F.array_compact(_sentences(list(rules.values()))))
    of_key = F.array_compact(
        _sentences(
            [made for rule, made in rules.items() if rule.needs and {*rule.needs} <= {*table.key}]
        )
    )
    refused = rows.withColumn("refused", F.when(F.col("is_deleted"), of_key).otherwise(every))
    # bronze has the delivered text of a row that is kept: it is neither written again nor sorted
    # and persisted with the row
    shown = refused.withColumn("raw_record", F.when(F.size("refused") > 0, F.col("raw_record")))
    return reading.with_version_state(
        shown, table.key, keeps_deleted="is_deleted" in table.columns, are_many=are_many
    )


def _sentences(rules: list[Rule]) -> Column:
    return F.array(
        *(F.when(rule.broken, rule.sentence) for rule in rules), F.lit(None).cast("string")
    )


def _intake(
    context: Context, table: Table, name: str, touched: DataFrame, changes: Changes
) -> Intake:
    """The counts of each file: `total` from bronze, before a row is mapped, joined or judged, and
    the others from the states of the rows in `touched`.
    """
    days = reading.arrivals(context, table, name)
    inside = F.expr(changes.predicate("event_date") or "true") | F.expr(
        "false" if days is None else delta.between("arrived_on", days)
    )
    delivered = context.table(name).where(inside).groupBy("source_file").count().collect()
    ended: dict[str, dict[str, int]] = {
        row["source_file"]: {"total": row["count"]} for row in delivered
    }
    for row in touched.groupBy("source_file", "state").count().collect():
        ended.setdefault(row["source_file"], {})[row["state"]] = row["count"]
    return Intake(name, days, {file: Counts(**counts) for file, counts in sorted(ended.items())})
