"""Frames kept in memory while one table is built, and let go when it is done; tables built side by
side do not touch each other's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pyspark.sql import DataFrame

_FRAMES: ContextVar[list[DataFrame] | None] = ContextVar("frames", default=None)


@contextmanager
def caching() -> Iterator[None]:
    """Let go, at the end of the block, of every frame that `held` kept in it."""
    frames: list[DataFrame] = []
    token = _FRAMES.set(frames)
    try:
        yield
    finally:
        _FRAMES.reset(token)
        for frame in frames:
            frame.unpersist()


def cached(frame: DataFrame) -> DataFrame:
    """The frame, computed once and kept until the block of `holding` ends; outside of one it is not
    kept.
    """
    frames = _FRAMES.get()
    if frames is not None:
        frames.append(frame.persist())
    return frame
