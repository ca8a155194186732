"""Which session builds a batch: that for few rows where it is known beforehand to be small."""

from dataclasses import replace
from datetime import date

import pyarrow.dataset as ds

from lakehouse.base.spark import active_in_this_thread, session_for_few_rows
from lakehouse.store import delta
from lakehouse.store.context import Context


def sized(context: Context, rows: int | None) -> Context:
    """The context with the session that fits so many rows (None: nobody knows how many), which
    becomes the active one of this thread.

    The setting `spark.few_rows` is the most rows that are built in the driver.
    """
    is_small = rows is not None and rows <= context.settings.spark.few_rows
    chosen = session_for_few_rows(context.spark) if is_small else context.spark
    active_in_this_thread(chosen)
    return replace(context, spark=chosen)


def rows_of_days(context: Context, name: str, column: str, days: list[date] | None) -> int:
    """Rows of a table on these days (None: all of them), at the version that this build sees."""
    version = context.version_of(name)
    if version < 0:
        return 0
    path = context.lake / name
    if days is None:
        return delta.row_count(path, version)
    where = ds.field(column).isin(days) | ds.field(column).is_null()
    return int(delta.dataset(path, version).count_rows(filter=where))
