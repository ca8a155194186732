"""Caches Spark frames while one table is built and releases them when it is done. Each thread has
its own list of frames, so tables that are built side by side do not release each other's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from lakehouse.base.few_rows import arrow_of, frame_of, has_few_rows

_FRAMES: ContextVar[list[tuple[DataFrame, pa.Table | None]] | None] = ContextVar(
    "frames", default=None
)


@contextmanager
def caching() -> Iterator[None]:
    """Unpersist every frame that `cached` persisted in the block, when the block ends."""
    frames: list[tuple[DataFrame, pa.Table | None]] = []
    token = _FRAMES.set(frames)
    try:
        yield
    finally:
        _FRAMES.reset(token)
        for frame, rows in frames:
            if rows is None:
                frame.unpersist()


def cached(frame: DataFrame) -> DataFrame:
    """The frame, computed once and kept until the block of `caching` ends: few rows at once and in
    the driver, many rows when Spark first reads them. Outside of such a block it is returned as it
    is and not kept.
    """
    frames = _FRAMES.get()
    if frames is None:
        return frame
    if has_few_rows(frame) and (rows := arrow_of(frame)) is not None:
        return cached_rows(frame.sparkSession, rows, frame.schema)
    frames.append((frame.persist(), None))
    return frame


def cached_rows(spark: SparkSession, rows: pa.Table, schema: StructType) -> DataFrame:
    """The rows as a frame of this session, of which `rows_of` needs not compute them again within
    the block of `caching`.
    """
    frame, frames = frame_of(spark, rows, schema), _FRAMES.get()
    if frames is not None:
        frames.append((frame, rows))
    return frame


def rows_of(frame: DataFrame) -> pa.Table | None:
    """The rows of a frame of few rows, which `cached` has kept or which are computed now; None of a
    frame of many.
    """
    for kept, rows in _FRAMES.get() or ():
        if kept is frame:
            return rows
    return arrow_of(frame) if has_few_rows(frame) else None
