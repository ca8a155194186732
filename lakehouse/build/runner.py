"""Builds tables: reads the inputs, computes, conforms, judges, commits once and records."""

import random
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import TypeVar

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.base.asking import asking
from lakehouse.base.caching import caching
from lakehouse.base.errors import storage_errors
from lakehouse.base.few_rows import has_few_rows
from lakehouse.base.spark import active_in_this_thread
from lakehouse.base.value_errors import value_errors
from lakehouse.build import reading
from lakehouse.build.batch import Batch, as_changes
from lakehouse.build.batches import batch_of
from lakehouse.build.binding import for_tenant
from lakehouse.build.build_order import order_of
from lakehouse.build.openlineage_events import Account, emitting_events
from lakehouse.build.sizing import kept
from lakehouse.build.staleness import SNAPSHOT, mark_stale
from lakehouse.contract.checks import Check
from lakehouse.contract.columns import impersonal_columns, types_of
from lakehouse.contract.conforming import conformed
from lakehouse.contract.layers import BRONZE
from lakehouse.contract.reads import Read
from lakehouse.contract.table import TABLES, Table
from lakehouse.intake import horizon
from lakehouse.quality import anomaly_check, deequ, metrics, verdicts
from lakehouse.store import delta, ledger, ops
from lakehouse.store.context import Context
from lakehouse.store.ops import Counts

QUARANTINE = (
    "quarantined_for",
    "raw_record",
    "event_date",
    "arrived_on",
    "source_file",
    "source_line",
    "reasons",
)
PAUSES = (1, 2, 4, 8)  # seconds before a build is tried again
Result = TypeVar("Result")
ROWS_PER_FILE = 500_000  # about 20 MB of order lines: one to three files a year on a laptop's data


def run_stage(context: Context, stage: str) -> None:
    """Build every table of the stage, each one as soon as its inputs are built. At most
    `spark.tables_at_once` tables are built at the same time.

    After the first failure no other build begins, and those that have begun go on to their end.
    What was committed before stays.

    Raises:
        CheckFailed, DeliveryError, ContractError: as the failing table says.
        Damaged: a table lost commits, rows or files, before anything was built.
        TooFarAhead: the stage makes snapshots, and one would lie too long after the newest
            delivery.
        Fenced: a newer run has taken the lake.
    """
    ledger.refuse_damage(context.lake, context.run.tenant)
    if stage != BRONZE.stage:
        ledger.refuse_lost_days(context.lake, context.run.tenant)
    if any(table.stage == stage and table.slice_by == SNAPSHOT for table in TABLES.values()):
        horizon.refuse_far_ahead(context)
    order = order_of(stage)
    order.prepare()
    pool = ThreadPoolExecutor(
        context.settings.spark.tables_at_once,
        initializer=active_in_this_thread,
        initargs=(context.spark,),
    )
    at_work: dict[Future[None], str] = {}
    try:
        while order.is_active():
            at_work |= {
                pool.submit(build, context, TABLES[name]): name for name in order.get_ready()
            }
            for future in wait(at_work, return_when=FIRST_COMPLETED).done:
                name = at_work.pop(future)
                future.result()
                order.done(name)
    finally:
        pool.shutdown(cancel_futures=True)


def build(context: Context, table: Table) -> None:
    """Build one table. A row of `ops_runs` and OpenLineage events say whether the build succeeded,
    failed or had nothing to do.
    """
    started, table = ops.now(), for_tenant(table, context.settings.tenant)
    try:
        with (
            emitting_events(context, table) as account,
            storage_errors(context.lake / table.name),
            value_errors(table.name),
        ):
            again_after_conflict(lambda: _try(_seeing(context, table), table, started, account))
    except Exception as error:
        _record_failure(context, table, started, error)
        raise


def _try(context: Context, table: Table, started: datetime, account: Account) -> None:
    """Build the table once, from the versions of its inputs that `context.seen` names."""
    account.outcomes.clear()  # of a try that met another run
    with caching():
        with asking(context.spark, table.name, "rows"):
            batch = batch_of(context, table)
        if batch.frame is None:
            _leave(context, table, batch, started)
        else:
            account.reads(batch)
            _write(context, table, batch, batch.frame, started, account)


def _seeing(context: Context, table: Table) -> Context:
    """The context with the versions that one try reads. The version of the table itself is read
    first, so that a commit of another run to it is noticed as a conflict.
    """
    others = (*table.inputs, *(check.table for check in table.checks if check.table))
    seen = {
        name: delta.version_of(context.lake / name)
        for name in (table.name, _quarantine_of(table), "ops_runs", *others)
    }
    return replace(context, seen=seen)


def again_after_conflict(work: Callable[[], Result]) -> Result:
    """Do the work and return its result. When another run has committed in the meantime, do all of
    it again after 1, 2, 4 and 8 s, each made up to half as long again by chance.

    A build takes seconds, so another one has ended after some of these pauses. Chance keeps two
    runs from trying at the same times.

    Raises:
        Conflict: another run had committed before the fifth try, too.
    """
    for pause in PAUSES:
        try:
            return work()
        except delta.Conflict as error:
            print(f"headwater again in about {pause} s: {error}", file=sys.stderr, flush=True)
            time.sleep(pause * random.uniform(1, 1.5))  # noqa: S311 - chance of a pause, not of a row
    return work()


def _record_failure(context: Context, table: Table, started: datetime, error: Exception) -> None:
    """Record a failed build. When the record cannot be written either, as on a full disk, the first
    error gets a note and stays the one that is raised.
    """
    try:
        ops.record(
            context.lake,
            context.run,
            table.stage,
            table.name,
            started,
            "failed",
            message=str(error),
        )
    except (OSError, delta.LogError) as second:
        error.add_note(f"and ops_runs could not be written: {second}")


def _leave(context: Context, table: Table, batch: Batch, started: datetime) -> None:
    """Leave the table as it is, since nothing arrived or changed. A table that does not exist yet
    is created empty, so that readers find it.

    Outcomes and records of deliveries are kept all the same, such as a file that is not due yet or
    was delivered before.
    """
    ops.record_checks(context.lake, context.run, table.stage, table.name, batch.outcomes)
    ops.record_files(context.lake, batch.files)
    path = context.lake / table.name
    if not delta.exists(path):
        source = table.delivered_by(context.settings.tenant)
        with context.committing():
            types = types_of(table.columns, source.all_columns if source else ())
            delta.create(path, types, impersonal_columns(table.name, context.settings.tenant))
    ops.record(
        context.lake,
        context.run,
        table.stage,
        table.name,
        started,
        "unchanged",
        version=delta.version_of(path),
    )


def _write(
    context: Context,
    table: Table,
    batch: Batch,
    delivered: DataFrame,
    started: datetime,
    account: Account,
) -> None:
    metadata = {
        "run_id": context.run.run_id,
        "days": batch.days,
        "inputs": batch.provenance.inputs,
        "models": batch.provenance.models,
        "fence": context.lease.number if context.lease else 0,
        "ops_runs": context.version_of("ops_runs"),
    }
    step = partial(asking, context.spark, table.name)
    frame = conformed(delivered, table)
    if not batch.is_cached or has_few_rows(frame):
        with step("rows"):
            context, frame = kept(context, frame)
    # before the checks, so that the refused rows can be looked at when a check fails
    with step("quarantine"):
        _quarantine(context, table, batch, metadata)
    with step("checks"):
        rows = _judge(context, table, frame, batch, account)
    with step("stale marks"):
        mark_stale(context, table, frame, batch)
    if table.source:
        days = [date.fromisoformat(day) for day in batch.days or ()]
        with step("metrics"):
            metrics.keep(context, table, frame, days)
    upon, impersonal = (
        context.version_of(table.name),
        impersonal_columns(table.name, context.settings.tenant),
    )
    with context.committing(), step("commit"):
        version = delta.replace(
            _in_files(frame, rows, table.slice_by),
            context.lake / table.name,
            batch.predicate,
            metadata,
            upon,
            impersonal,
        )
    account.version, account.rows = version, rows
    ops.record_files(context.lake, batch.files)
    counts = batch.counts if batch.counts.total else Counts(rows, rows)
    ops.record(
        context.lake, context.run, table.stage, table.name, started, "done", counts, version=version
    )


def _in_files(frame: DataFrame, rows: int, by: str) -> DataFrame:
    """The frame as so many rows are to lie in files; few rows need not be told."""
    files = max(1, -(-rows // ROWS_PER_FILE))
    if has_few_rows(frame):
        return frame
    return frame.repartitionByRange(files, by) if files > 1 else frame.coalesce(1)


def _judge(context: Context, table: Table, frame: DataFrame, batch: Batch, account: Account) -> int:
    """Measure and record the checks; returns the number of rows. Raises CheckFailed."""
    others = {c.table: _looked_into(context, c) for c in table.checks if c.table}
    outcomes, rows = deequ.measure(frame, table.every_check, others, context.run.as_ofs)
    outcomes += batch.outcomes
    if batch.intake:
        outcomes += verdicts.conservation(
            table, batch.counts, batch.intake.files, rows - batch.intake.deleted
        )
        outcomes += anomaly_check.outcomes(context, batch.intake.table, batch.intake.days)
    account.outcomes += outcomes
    ops.record_checks(context.lake, context.run, table.stage, table.name, outcomes)
    if wrong := verdicts.refused(outcomes):
        raise verdicts.CheckFailed(f"{table.name} is not written: " + "; ".join(wrong))
    return rows


def _looked_into(context: Context, check: Check) -> DataFrame:
    """The other table that a check reads: all of its rows, or only those as of the dates of the run
    when the check asks which dates have rows.
    """
    if not check.is_by_date:
        return context.table(check.table)
    return reading.as_seen(
        context,
        check.table,
        Read("snapshot" if TABLES[check.table].slice_by == "as_of" else "history"),
    )


def _quarantine(
    context: Context, table: Table, batch: Batch, metadata: Mapping[str, object]
) -> None:
    path = context.lake / _quarantine_of(table)
    if batch.refused is None or (batch.counts.quarantined == 0 and not delta.exists(path)):
        return
    rows = (
        batch.refused.select(F.lit(table.name).alias("quarantined_for"), "*")
        .withColumnRenamed("refused", "reasons")
        .select(*QUARANTINE)
    )
    predicate, impersonal = (
        as_changes(batch.days).predicate("event_date"),
        impersonal_columns(path.name, context.settings.tenant),
    )
    with context.committing():
        delta.replace(
            _in_files(rows, batch.counts.quarantined, "event_date"),
            path,
            predicate,
            metadata,
            context.version_of(path.name),
            impersonal,
        )


def _quarantine_of(table: Table) -> str:
    return f"{table.name}_quarantine"
