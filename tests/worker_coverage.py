"""Spark's Python workers with their lines counted: what `spark.python.daemon.module` names when the
tests run under `pytest --cov`.

Spark forks a process for each task from this daemon and ends it without Python's own farewell, so
that the lines are saved by hand.
"""

from collections.abc import Callable
from typing import Any

import coverage
from pyspark import daemon

_work: Callable[..., None] = vars(daemon)["worker_main"]


def _counted(*args: Any, **options: Any) -> None:
    counting = coverage.Coverage(data_suffix=True)
    counting.start()
    try:
        _work(*args, **options)
    finally:
        counting.stop()
        counting.save()


vars(daemon)["worker_main"] = _counted

if __name__ == "__main__":
    vars(daemon)["manager"]()
