"""What a run brings to each kind of table: the rows about to be written, the slice they replace,
and what they were made from.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.base.holding import held
from lakehouse.build import reading
from lakehouse.build.reading import Changes
from lakehouse.contract.expressions import parsed_mapping
from lakehouse.contract.layers import bronze_of
from lakehouse.contract.mapping import TECHNICAL, event_date, refuse_senseless, refuse_unknown
from lakehouse.contract.table import TABLES, WARN, Rule, Table
from lakehouse.intake.arrivals import arrivals
from lakehouse.intake.files import delivered_rows
from lakehouse.intake.horizon import known_until
from lakehouse.intake.landing import work_of
from lakehouse.intake.retyped import refuse_retyped
from lakehouse.intake.whole_lists import gone
from lakehouse.store import delta, ops
from lakehouse.store.context import Context
from lakehouse.store.ops import NOTHING, Counts
from lakehouse.store.records import FileRecord, Outcome, outcome
from settings.model import Tenant
from settings.sources import Source

# From here on keys are grouped by hash before rows are sorted. Chosen, not measured: 20.9 million
# rows spill when they are sorted (`make bench-volume`), and a small shop would pay for the grouping
# without gain.
MANY_ROWS = 1_000_000


@dataclass(frozen=True)
class Origin:
    """What a batch was made from: the version of every input table and model."""

    inputs: dict[str, int] = field(default_factory=dict)
    models: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Intake:
    """What a bronze table brings to a silver one: the arrival days (None: all), and where the rows
    of each delivered file went.

    `files` counts the rows of every file that has rows on the touched days; `total` is counted in
    bronze, the rest where they ended. `gone` counts the rows that no file has: of entities that are
    on no list any more.
    """

    table: str
    days: list[date] | None
    files: dict[str, Counts]
    gone: int = 0


@dataclass(frozen=True)
class Batch:
    """Rows about to be written (None: the table stays), the slice they replace (None: all), and
    where the rows that came in went.
    """

    frame: DataFrame | None = None
    predicate: str | None = None
    days: list[str] | None = None
    origin: Origin = field(default_factory=Origin)
    counts: Counts = NOTHING
    refused: DataFrame | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    files: list[FileRecord] = field(default_factory=list)
    intake: Intake | None = None

    @property
    def is_held(self) -> bool:
        """Whether the rows come from frames that are held already, by selections that cost next to
        nothing.
        """
        return self.intake is not None or bool(self.files)


def for_tenant(table: Table, tenant: Tenant) -> Table:
    """The table's contract as it binds this tenant: its share of refused rows, and no rule or check
    of a column that it does not map.
    """
    source = _source_of(table, tenant)
    if source is None:
        return table
    return replace(
        table,
        rules=tuple(rule for rule in table.rules if not _unmapped(rule.needs, source)),
        checks=tuple(
            check for check in table.checks if not _unmapped(check.needs(table.columns), source)
        ),
        refused_share=table.refused_share if source.refused_share is None else source.refused_share,
    )


def not_applied(table: Table, tenant: Tenant) -> list[Outcome]:
    """One outcome, passed, per rule and check of the declared table that does not bind this tenant;
    it says which column is not mapped.
    """
    source = _source_of(table, tenant)
    if source is None:
        return []
    needs = {rule.name: rule.needs for rule in table.rules} | {
        check.name: check.needs(table.columns) for check in table.checks
    }
    lacking = {name: _unmapped(columns, source) for name, columns in needs.items()}
    return [
        outcome(
            name,
            WARN,
            True,
            None,
            f"not applied: {', '.join(columns)} {'is' if len(columns) == 1 else 'are'} not mapped",
            "",
        )
        for name, columns in lacking.items()
        if columns
    ]


def _source_of(table: Table, tenant: Tenant) -> Source | None:
    """The tenant's source that the table is made from; None for a table that is made from tables,
    and where the tenant has none.
    """
    return tenant.sources.get(table.reads_source)


def _unmapped(columns: tuple[str, ...], source: Source) -> list[str]:
    """Of the columns those that nobody delivers; whether a row is deleted is always known."""
    return parsed_mapping(source).lacking(
        name for name in columns if name not in (*TECHNICAL, "is_deleted")
    )


def batch_of(context: Context, table: Table) -> Batch:
    """The table's rows for this run; without a frame when nothing arrived, was withdrawn or
    changed, so that the table stays as it is.
    """
    if table.source:
        return _from_landing(context, table)
    if table.reads_source:
        return _from_bronze(context, table, bronze_of(table.reads_source))
    if touched := [name for name, read in table.reads.items() if read.how == "touched"]:
        return _from_changes(context, table, touched)
    return _snapshot(context, table)


def _from_landing(context: Context, table: Table) -> Batch:
    name = table.source or ""
    if name not in context.settings.tenant.sources:
        return Batch()
    source, came = context.settings.tenant.sources[name], arrivals(context, name)
    if not came.files and not delta.has_rows(context.lake / table.name, "arrived_on", came.days):
        return Batch(outcomes=came.outcomes, files=came.records(context.run, {}))
    rows, counts = delivered_rows(
        context.spark, source, came.files, work_of(context.settings, name)
    )
    readers = [reader for reader in TABLES.values() if table.name in reader.inputs]
    for reader in readers:
        refuse_unknown(source, reader)
    refuse_senseless(rows, source, name)
    frame = table.function(rows).withColumn("event_date", event_date(source))
    for reader in readers:
        refuse_retyped(frame, source, reader)
    days = [str(d) for d in came.days]
    return Batch(
        frame,
        delta.between("arrived_on", came.days),
        days,
        outcomes=came.outcomes,
        files=came.records(context.run, counts),
    )


def _from_bronze(context: Context, table: Table, name: str) -> Batch:
    if not reading.has_news(context, table, name):
        return Batch()
    source = context.settings.tenant.sources[table.reads_source]
    origin = Origin({name: context.version_of(name)})
    changes = reading.touched_days(context, table, name, source)
    rows = reading.versions_of_days(context, table, name, source, changes)
    others = {n: _seen(context, table, n, origin) for n in table.reads if n != name}
    are_many = changes.days is None and _row_count(context, name) >= MANY_ROWS
    marked = judged(table.function(**{name: rows}, **others), table, are_many=are_many)
    touched = held(marked.where(changes.predicate("event_date") or "true"))
    intake = _intake(context, table, name, touched, changes)
    kept, refused = (
        touched.where("state = 'kept'").select(*table.columns),
        touched.where("state = 'quarantined'"),
    )
    if source.lists_all:
        absent = held(gone(context, table, name, source, changes.days))
        kept, intake = kept.unionByName(absent), replace(intake, gone=absent.count())
    told = not_applied(TABLES[table.name], context.settings.tenant)
    return Batch(
        kept,
        changes.predicate(table.slice_by),
        _days(changes),
        origin,
        ops.summed(intake.files),
        refused,
        told,
        intake=intake,
    )


def judged(rows: DataFrame, table: Table, *, are_many: bool = False) -> DataFrame:
    """The rows with `refused`, the sentences of what cannot be read and of the rules they break,
    and the `state` they end in.

    A withdrawal needs its key alone.
    """
    rules = {rule: rule() for rule in table.rules}
    every = F.concat("unreadable", F.array_compact(_sentences(list(rules.values()))))
    of_key = F.array_compact(
        _sentences(
            [made for rule, made in rules.items() if rule.needs and {*rule.needs} <= {*table.key}]
        )
    )
    refused = rows.withColumn("refused", F.when(F.col("is_deleted"), of_key).otherwise(every))
    # the delivered text of a row that is kept is in bronze: it is not written out again, nor sorted
    # and held
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
    """Rows by file: delivered as bronze holds them, before any is mapped, joined or judged, and
    ended in the states of `touched`.
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


def _from_changes(context: Context, table: Table, touched: list[str]) -> Batch:
    parts = [reading.changed_days(context, table, name) for name in touched]
    changes = Changes(
        None
        if any(p.days is None for p in parts)
        else sorted({d for p in parts for d in p.days or []})
    )
    # an input that a restore emptied empties the table too; one that is empty from the beginning
    # leaves nothing to do
    if changes.days == [] or (
        changes.days is None
        and not any(_row_count(context, name) for name in (table.name, *touched))
    ):
        return Batch()
    origin = Origin()
    frames = {name: _seen(context, table, name, origin, changes) for name in table.reads}
    return Batch(
        table.function(**frames), changes.predicate(table.slice_by), _days(changes), origin
    )


def _snapshot(context: Context, table: Table) -> Batch:
    as_ofs, origin = list(context.run.as_ofs), Origin()
    frames = {name: _seen(context, table, name, origin) for name in table.reads}
    return Batch(
        table.function(**frames), delta.between("as_of", as_ofs), [str(d) for d in as_ofs], origin
    )


def _seen(
    context: Context, table: Table, name: str, origin: Origin, changes: Changes | None = None
) -> Any:
    """What the annotation of parameter `name` lets the function see; notes its version."""
    read = table.reads[name]
    if read.how == "settings":
        return context.settings
    if read.how == "known_until":
        return known_until(context.settings, read.name or "")
    if read.how == "model":
        pinned = context.champion(read.name or "")
        origin.models[read.name or ""] = pinned.version if pinned else None
        return pinned
    origin.inputs[name] = context.version_of(name)
    if read.how == "touched" and changes is not None:
        frame = context.table(name)
        predicate = changes.predicate(TABLES[name].slice_by)
        return frame if predicate is None else frame.where(predicate)
    return reading.as_seen(context, name, read)


def _row_count(context: Context, name: str) -> int:
    return (
        delta.row_count(context.lake / name, context.version_of(name))
        if context.version_of(name) >= 0
        else 0
    )


def _days(changes: Changes) -> list[str] | None:
    return None if changes.days is None else [str(d) for d in changes.days]


def as_changes(days: list[str] | None) -> Changes:
    """The days of a batch as changes again."""
    return Changes(None if days is None else [date.fromisoformat(d) for d in days])
