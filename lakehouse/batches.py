"""What a run brings to each kind of table: the rows about to be written, the slice they replace, and what they were made from."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse import delta, reading
from lakehouse.context import Context
from lakehouse.contract import TABLES, Table
from lakehouse.holding import held
from lakehouse.landing import delivered_rows, deliveries
from lakehouse.mapping import event_date
from lakehouse.ops import NOTHING, Counts
from lakehouse.reading import Changes


@dataclass(frozen=True)
class Origin:
    """What a batch was made from: the version of every input table and model."""

    inputs: dict[str, int] = field(default_factory=dict)
    models: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Batch:
    """Rows about to be written, the slice they replace (None: all), and where the rows that came in went."""

    frame: DataFrame
    predicate: str | None
    days: list[str] | None
    origin: Origin
    counts: Counts = NOTHING
    refused: DataFrame | None = None


def batch_of(context: Context, table: Table) -> Batch | None:
    """The table's rows for this run; None when nothing arrived, was withdrawn or changed, so that the table stays as it is."""
    if table.source:
        return _from_landing(context, table)
    bronze = [name for name, read in table.reads.items() if read.how == "touched" and TABLES[name].source]
    if bronze:
        return _from_bronze(context, table, bronze[0])
    if touched := [name for name, read in table.reads.items() if read.how == "touched"]:
        return _from_changes(context, table, touched)
    return _snapshot(context, table)


def _from_landing(context: Context, table: Table) -> Batch | None:
    name, days = table.source or "", context.run.days
    if name not in context.settings.tenant.sources:
        return None
    found = deliveries(context.settings, name, context.run)
    if not found and not delta.has_rows(context.lake / table.name, "arrived_on", days):
        return None
    rows = table.function(delivered_rows(context.spark, context.settings, name, found))
    frame = rows.withColumn("event_date", event_date(context.settings.tenant.sources[name]))
    return Batch(frame, delta.between("arrived_on", days), [str(d) for d in days], Origin())


def _from_bronze(context: Context, table: Table, name: str) -> Batch | None:
    if not reading.has_news(context, table, name):
        return None
    source = context.settings.tenant.sources[TABLES[name].source or ""]
    origin = Origin({name: delta.version_of(context.lake / name)})
    changes = reading.touched_days(context, table, name, source)
    rows = reading.versions_of_days(context, table, name, source, changes)
    rules = [rule() for rule in table.rules]
    sentences = F.array_compact(F.array(*(F.when(rule.broken, rule.sentence) for rule in rules)))
    judged = rows.withColumn("refused", F.concat("unreadable", sentences) if rules else F.col("unreadable"))
    marked = reading.with_version_state(judged, table.key)
    touched = held(marked.where(changes.predicate("event_date") or "true"))
    by_state = {row["state"]: row["count"] for row in touched.groupBy("state").count().collect()}
    counts = Counts(sum(by_state.values()), *(by_state.get(s, 0) for s in ("kept", "quarantined", "duplicate", "superseded")))
    good = touched.where("state = 'kept'").drop("refused", "state", "unreadable", "raw_record", "event_date")
    others = {n: _seen(context, table, n, origin) for n in table.reads if n != name}
    refused = touched.where("state = 'quarantined'")
    return Batch(table.function(**{name: good}, **others), changes.predicate(table.slice_by), _days(changes), origin, counts, refused)


def _from_changes(context: Context, table: Table, touched: list[str]) -> Batch | None:
    parts = [reading.changed_days(context, table, name) for name in touched]
    changes = Changes(None if any(p.days is None for p in parts) else sorted({d for p in parts for d in p.days or []}))
    if changes.days == [] or (changes.days is None and not any(delta.row_count(context.lake / name) for name in touched)):
        return None
    origin = Origin()
    frames = {name: _seen(context, table, name, origin, changes) for name in table.reads}
    return Batch(table.function(**frames), changes.predicate(table.slice_by), _days(changes), origin)


def _snapshot(context: Context, table: Table) -> Batch:
    as_ofs, origin = list(context.run.as_ofs), Origin()
    frames = {name: _seen(context, table, name, origin) for name in table.reads}
    return Batch(table.function(**frames), delta.between("as_of", as_ofs), [str(d) for d in as_ofs], origin)


def _seen(context: Context, table: Table, name: str, origin: Origin, changes: Changes | None = None) -> Any:
    """What the annotation of parameter `name` lets the function see; notes its version."""
    read = table.reads[name]
    if read.how == "settings":
        return context.settings
    if read.how == "model":
        pinned = context.champion(read.name or "")
        origin.models[read.name or ""] = pinned.version if pinned else None
        return pinned
    origin.inputs[name] = delta.version_of(context.lake / name)
    if read.how == "touched" and changes is not None:
        frame = delta.read(context.spark, context.lake / name)
        predicate = changes.predicate(TABLES[name].slice_by)
        return frame if predicate is None else frame.where(predicate)
    return reading.as_seen(context, name, read)


def _days(changes: Changes) -> list[str] | None:
    return None if changes.days is None else [str(d) for d in changes.days]


def as_changes(days: list[str] | None) -> Changes:
    """The days of a batch as changes again."""
    return Changes(None if days is None else [date.fromisoformat(d) for d in days])
