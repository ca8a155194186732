"""Housekeeping of the lake: fewer, larger files, and no files that nothing needs."""

from datetime import datetime

from lakehouse import delta, ops
from lakehouse.context import Context


def optimize(context: Context) -> None:
    """Compact the small files of every table."""
    for path in sorted(p for p in context.lake.iterdir() if delta.exists(p)):
        started = ops.now()
        removed = delta.compact(path)
        print(f"headwater progress stage=optimize table={path.name} status=done seconds={_since(started):.1f} rows={removed}", flush=True)


def vacuum(context: Context) -> None:
    """Delete files that no version of the last 35 days names: longer than the oldest release that is kept."""
    for path in sorted(p for p in context.lake.iterdir() if delta.exists(p)):
        started = ops.now()
        deleted = delta.vacuum(path)
        print(f"headwater progress stage=vacuum table={path.name} status=done seconds={_since(started):.1f} rows={deleted}", flush=True)


def _since(started: datetime) -> float:
    return (ops.now() - started).total_seconds()
