"""Caches Spark frames while one table is built and releases them when it is done. Each thread has
its own list of frames, so tables that are built side by side do not release each other's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pyspark.sql import DataFrame

_FRAMES: ContextVar[list[DataFrame] | None] = ContextVar("frames", default=None)


@contextmanager
def caching() -> Iterator[None]:
    """Unpersist every frame that `cached` persisted in the block, when the block ends."""
    frames: list[DataFrame] = []
    token = _FRAMES.set(frames)
    try:
        yield
    finally:
        _FRAMES.reset(token)
        for frame in frames:
            frame.unpersist()


def cached(frame: DataFrame) -> DataFrame:
    """The frame, persisted until the block of `caching` ends; outside of such a block it is
    returned as it is and not persisted.
    """
    frames = _FRAMES.get()
    if frames is not None:
        frames.append(frame.persist())
    return frame
