"""Housekeeping of the lake: fewer, larger files, and no files that nothing needs."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from lakehouse.base import event_logs
from lakehouse.build.runner import again_after_conflict
from lakehouse.contract.columns import impersonal_columns
from lakehouse.store import delta, ops
from lakehouse.store.context import Context
from lakehouse.store.ops import Counts


def optimize(context: Context) -> None:
    """Compact the small files of every table; the recorded rows are the files that were replaced.

    A table that was made before the house kept values of people out of the log is told to, and its
    log's last word on each file no longer holds any.
    """
    tenant = context.settings.tenant
    _each(
        context, "optimize", lambda path: delta.compact(path, impersonal_columns(path.name, tenant))
    )


def vacuum(context: Context) -> None:
    """Delete files that no version of the last 35 days names: longer than the oldest release that
    is kept; the rows are files. Spark's event logs of the tenant's runs go after 30 days.
    """
    event_logs.delete_old(context.settings)
    _each(context, "vacuum", delta.vacuum)


def _each(context: Context, stage: str, work: Callable[[Path], int]) -> None:
    for path in delta.tables(context.lake):
        started = ops.now()
        files = again_after_conflict(partial(_committed, context, path, work))
        version = delta.version_of(path)
        ops.record(
            context.lake,
            context.run,
            stage,
            path.name,
            started,
            "done",
            Counts(files, files),
            version=version,
        )


def _committed(context: Context, path: Path, work: Callable[[Path], int]) -> int:
    with context.committing():
        return work(path)
