"""One Spark session for all tests of a worker, small shops in folders of their tests, and which
tests a worker takes together.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # the DAG tests run in Airflow's environment, which has none of these
    from pyspark.sql import SparkSession

    from tests.shops import Shop

# pytest -n sets it, and rich keeps the width that it finds when it is imported
os.environ.pop("COLUMNS", None)

SHARED = ("headwater/demo", "models", "lakehouse/fetch")
LONG = ("headwater/demo", "jobs/stages", "lakehouse")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Rooms that take minutes begin first, so that no worker waits for them alone at the end."""
    items.sort(key=lambda item: _place(item.nodeid, LONG))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Under `pytest -n`, the tests of a file stay in one process; those of a room that shares a
    costly fixture, too.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Rooms(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
        def _split_scope(self, nodeid: str) -> str:
            place = _place(nodeid, SHARED)
            return SHARED[place] if place < len(SHARED) else nodeid.split("::", maxsplit=1)[0]

    config.option.loadscopereorder = False  # in the order above
    return Rooms(config, log)


def _place(nodeid: str, rooms: tuple[str, ...]) -> int:
    """Which of the rooms a test lies in, by its number; how many rooms there are when in none."""
    homes = [n for n, room in enumerate(rooms) if nodeid.startswith(f"tests/{room}/")]
    return homes[0] if homes else len(rooms)


@pytest.fixture(scope="session")
def spark() -> SparkSession:
    import coverage

    from bench.small import FIRST_COMPILER
    from lakehouse.base.spark import session
    from settings.model import load_settings
    from tests.shops import TENANT

    os.environ["HEADWATER_SPARK__DRIVER_MEMORY"] = "3g"  # the whole year goes through it once
    os.environ["HEADWATER_SPARK__SHUFFLE_PARTITIONS"] = "2"
    # tests end before Java's second compiler earns back what it takes: half of their time
    conf = {"spark.driver.extraJavaOptions": FIRST_COMPILER}
    if coverage.Coverage.current() is not None:
        conf["spark.python.daemon.module"] = "tests.worker_coverage"
    os.environ["HEADWATER_SPARK__CONF"] = json.dumps(conf)
    return session(load_settings(TENANT))


@pytest.fixture(scope="module", autouse=True)
def _logs_forgotten() -> Iterator[None]:
    """Spark forgets the tables of a module at its end: Delta keeps each log it has read for an
    hour, 40 MiB for a run of a small shop.
    """
    yield
    if "lakehouse.base.spark" not in sys.modules:  # no session yet
        return
    from pyspark.sql import SparkSession

    if (spark := SparkSession.getActiveSession()) is not None:
        assert spark.sparkContext._jvm is not None
        spark.sparkContext._jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()
        gc.collect()  # and Python's references to objects of the JVM


@pytest.fixture
def shop_in(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Shop]]:
    """Empty shops by name, each with a folder of its own; of the demo's kind, or as a tenant's YAML
    declares them.
    """
    from bench.small import INTERPRETED
    from tests.shops import Shop

    def open_shop(name: str, declared: str | None = None) -> Shop:
        monkeypatch.setenv("HEADWATER_HOME", str(tmp_path / name))
        return Shop(tmp_path / name, declared)

    for key, value in INTERPRETED.items():
        spark.conf.set(key, value)
    yield open_shop
    for key in INTERPRETED:
        spark.conf.unset(key)


@pytest.fixture
def small_plans(spark: SparkSession) -> Iterator[SparkSession]:
    """The session, for tests that call functions of tables with a few rows: their plans are read,
    not compiled.
    """
    from tests.rows import SMALL_PLANS

    before = {key: spark.conf.get(key) for key in SMALL_PLANS}
    for key, value in SMALL_PLANS.items():
        spark.conf.set(key, value)
    yield spark
    for key, old in before.items():
        spark.conf.set(key, old or "")
