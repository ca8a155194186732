"""The house's DAGs as Airflow reads them, from a conf/ of the test's own: one tenant whose zone has
summer time, one still active.
"""

import atexit
import os
import sys
import tempfile
from collections.abc import MutableMapping
from importlib.util import find_spec
from pathlib import Path
from shutil import copy, rmtree
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _conf(folder: Path) -> Path:
    """The repository's conf with tenants of known names, so that a new tenant changes no recorded
    file.
    """
    (folder / "tenants").mkdir(parents=True)
    (folder / "environments").mkdir()
    for name in ("airflow.yml", "base.yml", "environments/laptop.yml"):
        copy(ROOT / "conf" / name, folder / name)
    (folder / "tenants/closed_shop.yml").write_text(
        "zone: America/New_York\nfirst_day: 2017-01-01\nactive_until: 2018-01-01\n"
    )
    (folder / "tenants/open_shop.yml").write_text("zone: Europe/Berlin\nfirst_day: 2020-03-01\n")
    return folder


def _settle(environment: MutableMapping[str, str]) -> None:
    """Airflow reads its environment when it is imported, so this comes before any test module."""
    for name in [
        name
        for name in environment
        if name.startswith(("AIRFLOW", "HEADWATER_", "SPARK_DEFAULTS_OF_HEADWATER"))
    ]:
        del environment[name]
    home = Path(tempfile.mkdtemp(prefix="headwater-dags-"))
    atexit.register(rmtree, home, ignore_errors=True)
    environment["AIRFLOW_HOME"] = str(home / "airflow")
    environment["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
    environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"sqlite:///{home / 'airflow.db'}"
    environment["AIRFLOW_CONN_SPARK_DEFAULT"] = (
        '{"conn_type": "spark", "host": "local[*]", "extra": {"deploy-mode": "client"}}'
    )
    environment["HEADWATER_CONF"] = str(_conf(home / "conf"))
    environment["HEADWATER_HOME"] = str(home)
    sys.path.insert(0, str(ROOT / "dags"))


if find_spec("airflow"):
    _settle(os.environ)
else:  # the Spark side's pytest, which walks through all of tests/: these are for .venv-airflow's
    collect_ignore_glob = ["test_*.py"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record",
        action="store_true",
        help="write tests/dags/rendered/ anew instead of comparing with it",
    )


@pytest.fixture(scope="session")
def bag() -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(str(ROOT / "dags"), bundle_path=ROOT / "dags", bundle_name="dags-folder")


@pytest.fixture(scope="session")
def dags(bag: Any) -> Any:
    return dict(sorted(bag.dags.items()))
