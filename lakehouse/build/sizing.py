"""Which session computes a batch, and which judges and commits it: that for few rows where they are
few.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pyarrow.dataset as ds
from pyspark.sql import DataFrame

from lakehouse.base.caching import cached, cached_rows
from lakehouse.base.few_rows import arrow_of, has_few_rows
from lakehouse.base.spark import (
    active_in_this_thread,
    session_for_few_rows,
    session_for_many_rows,
)
from lakehouse.store import delta
from lakehouse.store.context import Context


def sized(context: Context, rows: Callable[[], int]) -> Context:
    """The context with the session that fits so many rows, which becomes the active one of this
    thread.

    The setting `spark.few_rows` is the most rows that are built in the driver; where it is 0, the
    rows are not even counted.
    """
    most = context.settings.spark.few_rows
    if most == 0:
        return context
    fits = session_for_few_rows if rows() <= most else session_for_many_rows
    chosen = fits(context.spark)
    active_in_this_thread(chosen)
    return replace(context, spark=chosen)


def kept(context: Context, frame: DataFrame) -> tuple[Context, DataFrame]:
    """The frame, computed once and kept until the block of `caching` ends, and the context with the
    session that fits its rows.

    Few rows that are made of many, such as the features of a date, are computed by Spark and come
    to the driver to be judged and committed.
    """
    frame, most = cached(frame), context.settings.spark.few_rows
    if has_few_rows(frame) or most == 0 or frame.count() > most:
        return context, frame
    rows = arrow_of(frame)
    if rows is None:
        return context, frame
    context = sized(context, lambda: rows.num_rows)
    return context, cached_rows(context.spark, rows, frame.schema)


def rows_of_days(context: Context, name: str, column: str, days: list[date] | None) -> int:
    """Rows of a table on these days (None: all of them), at the version that this build sees."""
    version = context.version_of(name)
    if days is None or version < 0:
        return row_count_of(context, name)
    where = ds.field(column).isin(days) | ds.field(column).is_null()
    return int(delta.dataset(context.lake / name, version).count_rows(filter=where))


def row_count_of(context: Context, name: str) -> int:
    """The number of rows of an input at the version that this build reads; 0 without the table."""
    return (
        delta.row_count(context.lake / name, context.version_of(name))
        if context.version_of(name) >= 0
        else 0
    )
