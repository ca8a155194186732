"""One Spark session for all tests of a worker, small shops in folders of their tests, and which tests a worker takes together."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # the DAG tests run in Airflow's environment, which has none of these
    from pyspark.sql import SparkSession

    from tests.shops import Shop

# Rooms whose files share a costly fixture: one worker runs the whole room.
SHARED = ("published", "models", "fetching")
# Rooms that take minutes begin first, so that no worker waits for them alone at the end.
LONG = ("published", "slices", "year", "lakehouse", "lineage")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Under `pytest -n`, the tests of a file stay together, as the fixtures of a module want it."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    here = Path(__file__).parent
    for item in items:
        path = item.path.relative_to(here)
        item.add_marker(pytest.mark.xdist_group(path.parts[0] if path.parts[0] in SHARED else path.stem))
    items.sort(key=lambda item: LONG.index(room) if (room := item.path.relative_to(here).parts[0]) in LONG else len(LONG))


@pytest.fixture(scope="session")
def spark() -> SparkSession:
    from lakehouse.settings import load_settings
    from lakehouse.spark import session
    from tests.shops import TENANT

    os.environ["HEADWATER_SPARK__DRIVER_MEMORY"] = "3g"  # the whole year goes through it once
    os.environ["HEADWATER_SPARK__SHUFFLE_PARTITIONS"] = "2"
    return session(load_settings(TENANT))


@pytest.fixture(scope="module", autouse=True)
def _logs_forgotten() -> Iterator[None]:
    """Spark forgets the tables of a module at its end: Delta keeps each log it has read for an hour, 40 MiB for a run of a small shop."""
    yield
    if "lakehouse.spark" not in sys.modules:  # no session yet
        return
    from pyspark.sql import SparkSession

    if (spark := SparkSession.getActiveSession()) is not None:
        spark.sparkContext._jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()
        gc.collect()  # and Python's references to objects of the JVM


@pytest.fixture
def shop_in(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Shop]:
    """Empty shops by name, each with a folder of its own; of the demo's kind, or as a tenant's YAML declares them."""
    from tests.shops import Shop

    def open_shop(name: str, declared: str | None = None) -> Shop:
        monkeypatch.setenv("HEADWATER_HOME", str(tmp_path / name))
        return Shop(tmp_path / name, declared)

    return open_shop
