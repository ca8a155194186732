"""The life of every table: read as annotated, compute, conform, judge, commit once, record."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse import delta, ops, quality, reading
from lakehouse.columns import column
from lakehouse.context import Context
from lakehouse.contract import TABLES, WARN, Check, ContractError, Table, in_order
from lakehouse.landing import delivered_rows
from lakehouse.mapping import event_date
from lakehouse.ops import Counts
from lakehouse.reading import Changes

QUARANTINE = ("quarantined_for", "raw_record", "event_date", "arrived_on", "source_file", "source_line", "reasons")
MODEL_LOADER: dict[str, Callable[[Context, str], Any]] = {}  # filled by the jobs room, which may import the models room
ROWS_PER_FILE = 500_000  # about 20 MB of order lines: one to three files a year on a laptop's data


NOTHING = Counts()


@dataclass(frozen=True)
class Batch:
    """Rows about to be written, the slice they replace, and where the rows that came in went."""

    frame: DataFrame
    predicate: str | None
    days: list[str] | None
    inputs: dict[str, int]
    counts: Counts = NOTHING
    refused: DataFrame | None = None


def run_stages(context: Context, stages: list[str]) -> None:
    """Build every table of the stages, in the order of their inputs; stops at the first that fails.

    Raises:
        CheckFailed, DeliveryError, ContractError: as the failing table says; everything committed before stays.
    """
    ops.refuse_vanished_rows(context.lake)
    for table in in_order(stages):
        build(context, table)


def build(context: Context, table: Table) -> None:
    """Build one table and say so in `ops_runs`, whether it succeeds or fails."""
    started = ops.now()
    try:
        batch = _batch(context, table)
        frame = conformed(batch.frame, table).persist()
        _judge(context, table, frame, batch)
        rows = frame.count()
        counts = batch.counts if batch.counts.total else Counts(rows, rows)
        version = _commit(context, table, frame, replace(batch, counts=counts), rows)
        ops.record_run(context.lake, context.run, table.stage, table.name, started, "done", counts, version=version)
        _say(table, "done", (ops.now() - started).total_seconds(), rows)
    except Exception as error:
        ops.record_run(context.lake, context.run, table.stage, table.name, started, "failed", Counts(), error=str(error)[:2000])
        _say(table, "failed", (ops.now() - started).total_seconds(), 0)
        raise
    finally:
        context.spark.catalog.clearCache()


def _say(table: Table, status: str, seconds: float, rows: int) -> None:
    print(f"headwater progress stage={table.stage} table={table.name} status={status} seconds={seconds:.1f} rows={rows}", flush=True)


def _batch(context: Context, table: Table) -> Batch:
    if table.source:
        return _from_landing(context, table)
    bronze = [name for name, read in table.reads.items() if read.how == "touched" and TABLES[name].source]
    if bronze:
        return _from_bronze(context, table, bronze[0])
    return _from_tables(context, table)


def _from_landing(context: Context, table: Table) -> Batch:
    name = table.source or ""
    days = [str(d) for d in context.run.days]
    rows = delivered_rows(context.spark, context.settings, name, context.run)
    frame = table.function(rows).withColumn("event_date", event_date(context.settings.tenant.sources[name]))
    return Batch(frame, delta.between("arrived_on", context.run.days), days, {})


def _from_bronze(context: Context, table: Table, name: str) -> Batch:
    changes = reading.touched_days(context, table, name)
    rows = reading.versions_of_days(context, table, name, changes)
    rules = [rule() for rule in table.rules]
    sentences = [F.when(rule.broken, rule.sentence) for rule in rules]
    judged = rows.withColumn("refused", F.concat("unreadable", F.array_compact(F.array(*sentences))) if sentences else F.col("unreadable"))
    marked = reading.with_version_state(judged, table.key)
    touched = marked.where(changes.predicate("event_date") or "true").persist()
    by_state = {row["state"]: row["count"] for row in touched.groupBy("state").count().collect()}
    counts = Counts(sum(by_state.values()), *(by_state.get(s, 0) for s in ("kept", "quarantined", "duplicate", "superseded")))
    good = touched.where("state = 'kept'").drop("refused", "state", "unreadable", "raw_record", "event_date")
    inputs = {name: delta.version_of(context.lake / name)}
    others = {n: _seen(context, table, n, inputs) for n in table.reads if n != name}
    return Batch(
        table.function(**{name: good}, **others),
        changes.predicate(table.slice_by),
        _days(changes),
        inputs,
        counts,
        touched.where("state = 'quarantined'"),
    )


def _from_tables(context: Context, table: Table) -> Batch:
    inputs: dict[str, int] = {}
    touched = [name for name, read in table.reads.items() if read.how == "touched"]
    changes = Changes(None)
    if touched:
        parts = [reading.changed_days(context, table, name) for name in touched]
        changes = Changes(None if any(p.days is None for p in parts) else sorted({d for p in parts for d in p.days or []}))
    frames = {name: _seen(context, table, name, inputs, changes) for name in table.reads}
    if touched:
        return Batch(table.function(**frames), changes.predicate(table.slice_by), _days(changes), inputs)
    as_ofs = list(context.run.as_ofs)
    return Batch(table.function(**frames), delta.between("as_of", as_ofs), [str(d) for d in as_ofs], inputs)


def _seen(context: Context, table: Table, name: str, inputs: dict[str, int], changes: Changes | None = None) -> Any:
    read = table.reads[name]
    if read.how == "settings":
        return context.settings
    if read.how == "model":
        return MODEL_LOADER[read.name or ""](context, read.name or "")
    inputs[name] = delta.version_of(context.lake / name)
    if read.how == "touched" and changes is not None:
        frame = delta.read(context.spark, context.lake / name)
        predicate = changes.predicate(TABLES[name].slice_by)
        return frame if predicate is None else frame.where(predicate)
    return reading.as_seen(context, name, read)


def _days(changes: Changes) -> list[str] | None:
    return None if changes.days is None else [str(d) for d in changes.days]


def conformed(frame: DataFrame, table: Table) -> DataFrame:
    """The frame with exactly the contract's columns, types and order; floats keep 9 significant digits, so that sums in any order agree.

    Raises:
        ContractError: lists every column that is missing, not declared or of another type.
    """
    if table.source:
        return frame
    found = {f.name: f.dataType.simpleString() for f in frame.schema.fields}
    wanted = {name: column(name).type for name in table.columns}
    wrong = [f"missing {n} ({t})" for n, t in wanted.items() if n not in found]
    wrong += [f"not declared {n} ({t})" for n, t in found.items() if n not in wanted]
    wrong += [f"{n} is {found[n]}, declared {t}" for n, t in wanted.items() if n in found and not _fits(found[n], t)]
    if wrong:
        raise ContractError(f"{table.name} does not fit its contract: " + "; ".join(wrong))
    return frame.select(*(_nine_digits(n) if t == "double" else F.col(n).cast(t).alias(n) for n, t in wanted.items()))


def _fits(found: str, wanted: str) -> bool:
    return found == wanted or (found.startswith("decimal") and wanted.startswith("decimal")) or {found, wanted} <= {"int", "bigint"}


def _nine_digits(name: str) -> Any:
    value = F.col(name)
    digits = F.lit(8) - F.floor(F.log10(F.abs(value))).cast("int")
    scale = F.pow(F.lit(10.0), digits)
    return F.when(value.isNull() | F.isnan(value), F.lit(None)).when(value == 0, 0.0).otherwise(F.rint(value * scale) / scale).alias(name)


def _judge(context: Context, table: Table, frame: DataFrame, batch: Batch) -> None:
    checks = table.every_check
    others = {c.table: delta.read(context.spark, context.lake / c.table) for c in checks if c.kind == "joins"}
    outcomes = quality.measure(context.spark, frame, checks, others)
    outcomes += _conservation(table, batch.counts)
    ops.record_checks(context.lake, context.run, table.stage, table.name, outcomes)
    if wrong := quality.refused(outcomes):
        raise quality.CheckFailed(f"{table.name} is not written: " + "; ".join(wrong))


def _conservation(table: Table, counts: Counts) -> list[dict[str, Any]]:
    if not counts.total:
        return []
    share = counts.quarantined / counts.total
    lost = counts.total - counts.kept - counts.quarantined - counts.duplicate - counts.superseded
    return [
        _plain_outcome(table, Check("refused_share", "holds"), share, share <= table.refused_share, f"<= {table.refused_share:g}"),
        _plain_outcome(table, Check("rows_conserved", "rows"), float(lost), lost == 0, "= 0 rows lost"),
        _plain_outcome(table, Check("nothing_refused", "holds", level=WARN), share, share == 0, "= 0"),
    ]


def _plain_outcome(table: Table, check: Check, observed: float, passed: bool, expected: str) -> dict[str, Any]:
    message = (
        "" if passed else f"{check.name} of {table.name}: {observed:g}, expected {expected}; see {table.name}_quarantine for the sentences"
    )
    status = "passed" if passed else "failed"
    return {
        "check_name": check.name,
        "level": check.level,
        "status": status,
        "observed": observed,
        "expected": expected,
        "message": message,
    }


def _commit(context: Context, table: Table, frame: DataFrame, batch: Batch, rows: int) -> int:
    metadata = {"run_id": context.run.run_id, "days": batch.days, "inputs": batch.inputs}
    if batch.refused is not None:
        _quarantine(context, table, batch, metadata)
    files = max(1, -(-rows // ROWS_PER_FILE))
    ordered = frame.repartitionByRange(files, table.slice_by) if files > 1 else frame.coalesce(1)
    return delta.replace(ordered, context.lake / table.name, batch.predicate, metadata, files)


def _quarantine(context: Context, table: Table, batch: Batch, metadata: dict[str, Any]) -> None:
    path = context.lake / f"{table.name}_quarantine"
    if batch.refused is None or (batch.counts.quarantined == 0 and not delta.exists(path)):
        return
    rows = batch.refused.select(F.lit(table.name).alias("quarantined_for"), "*").withColumnRenamed("refused", "reasons").select(*QUARANTINE)
    predicate = Changes(None if batch.days is None else [date.fromisoformat(d) for d in batch.days]).predicate("event_date")
    delta.replace(rows, path, predicate, metadata, 1)
