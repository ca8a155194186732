"""One Spark session for all tests, and small shops that live in a folder of the test."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # the DAG tests run in Airflow's environment, which has none of these
    from pyspark.sql import SparkSession

    from tests.shops import Shop


@pytest.fixture(scope="session")
def spark() -> SparkSession:
    from lakehouse.settings import load_settings
    from lakehouse.spark import session
    from tests.shops import TENANT

    os.environ["HEADWATER_SPARK__DRIVER_MEMORY"] = "3g"  # the whole year goes through it once
    os.environ["HEADWATER_SPARK__SHUFFLE_PARTITIONS"] = "2"
    return session(load_settings(TENANT))


@pytest.fixture
def shop_in(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Shop]:
    """Empty shops by name, each with a folder of its own; of the demo's kind, or as a tenant's YAML declares them."""
    from tests.shops import Shop

    def open_shop(name: str, declared: str | None = None) -> Shop:
        monkeypatch.setenv("HEADWATER_HOME", str(tmp_path / name))
        return Shop(tmp_path / name, declared)

    return open_shop
