"""A small real shop, run through a real Airflow once: 400 households, five months, the four DAGs,
and then a bad day.
"""

from __future__ import annotations

import gzip
import io
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from rich.console import Console

from bench.small import SMALL
from headwater.demo.airflow_runs import Step, demo_steps, midnight, run_steps
from headwater.demo.shops import land
from lakehouse.store import release
from lakehouse.store.records import Release
from lakehouse.store.table_reading import read_frame
from settings.model import load_settings
from tests.shops import HEADER, TENANT, line

FIRST, UNTIL, CUSTOMERS = date(2017, 1, 1), date(2017, 5, 31), 400
MORE = {"HEADWATER_SPARK__DRIVER_MEMORY": "2g", "HEADWATER_AIRFLOW__RETRY_DELAY_SECONDS": "1"}
DAILY = ["ingest", "silver", "features", "score", "gold", "release", "report"]


@dataclass(frozen=True)
class House:
    """What Airflow left: a home, what the terminal showed, and the release that readers follow."""

    home: Path
    output: str
    succeeded: bool

    @property
    def lake(self) -> Path:
        return self.home / "data/lake" / TENANT

    @property
    def release(self) -> Release:
        current_release = release.current(self.lake)
        assert current_release is not None
        return current_release

    def table(self, name: str) -> pd.DataFrame:
        """The released rows of a gold table, or the newest ones of another."""
        return read_frame(self.lake / name, self.release.tables.get(name))

    @property
    def customers(self) -> set[str]:
        """Everybody who was delivered, ordered, or was reached by a campaign."""
        silver = ("silver_customers", "silver_customer_days", "silver_campaign_customers")
        return set().union(*(set(self.table(name)["customer_id"]) for name in silver))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Backfill, training, a day and maintenance, all good; then a day whose customers are all
    missing.
    """
    home, output = tmp_path_factory.mktemp("published"), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**SMALL, **MORE, "HEADWATER_HOME": str(home)}.items():
            patch.setenv(name, value)
        land(load_settings(TENANT), UNTIL, CUSTOMERS)
        _deliver_nulls(home / "data/landing" / TENANT, UNTIL)
        zone = ZoneInfo(load_settings(TENANT).tenant.zone)
        week = (midnight(UNTIL - timedelta(days=7), zone), midnight(UNTIL, zone))
        bad = {"start": str(UNTIL), "end": str(UNTIL + timedelta(days=1)), "stages": DAILY}
        steps = [
            *demo_steps(TENANT, FIRST, UNTIL, zone),
            Step(f"{TENANT}_maintenance", interval=week),
            Step(f"{TENANT}_backfill", conf=bad),
        ]
        succeeded = run_steps(steps, Console(file=output, width=200))
    yield House(home, output.getvalue(), succeeded)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def house(built: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """The house as Airflow left it, for reading only."""
    monkeypatch.setenv("HEADWATER_HOME", str(built.home))
    return built


@pytest.fixture
def copied(built: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """A copy of the house that a test may change."""
    for part in ("data/lake", "data/landing", "data/mlflow", "data/mlflow.db"):
        source, target = built.home / part, tmp_path / part
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    monkeypatch.setenv("HEADWATER_HOME", str(tmp_path))
    return House(tmp_path, built.output, built.succeeded)


@pytest.fixture
def headwater(house: House) -> Callable[..., str]:
    """The command's output on the house; the command must succeed."""
    return command


def command(*arguments: str) -> str:
    """Standard output of `headwater ARGUMENTS`."""
    from typer.testing import CliRunner

    from headwater.cli import app

    done = CliRunner().invoke(app, list(arguments), env={**os.environ, "COLUMNS": "250"})
    assert done.exit_code == 0, done.output
    return done.stdout


def _deliver_nulls(landing: Path, day: date) -> None:
    lines = [line("", f"n{number}", "p1", "1.50", str(day)) for number in range(60)]
    for source, name, text in (
        ("orders", "orders.csv.gz", "\n".join([HEADER, *lines, ""])),
        ("redemptions", "redemptions.jsonl.gz", ""),
    ):
        path = landing / source / str(day) / name
        path.parent.mkdir(parents=True)
        path.write_bytes(gzip.compress(text.encode()))
