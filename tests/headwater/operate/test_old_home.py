"""A home that commit 5e31ac9 made (`tests/upgrade/make_home.py`) is migrated and goes through a
daily run: nothing is lost, nothing is built again, and what was published can be read.
"""

import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd
import pyarrow.dataset as ds
import pytest
from pyspark.sql import SparkSession

from bench.small import INTERPRETED
from headwater.operate.migration import migrate
from headwater.operate.waivers import anomaly_rows
from jobs.models.registry import champion, registry_of
from jobs.stages.training import rows_as_of
from lakehouse.base.run import Run
from lakehouse.contract.layers import layer_of
from lakehouse.contract.table import TABLES
from lakehouse.store import delta, ledger, ops
from lakehouse.store.context import Context
from lakehouse.store.lake_format import OlderLake
from lakehouse.store.ops import StaleSnapshot
from lakehouse.store.records import Release
from lakehouse.store.release import releases
from lakehouse.store.table_reading import read_frame
from models.registry import tracking
from settings.model import load_settings
from settings.places import ROOT
from tests.shops import Shop
from tests.upgrade.make_home import ARCHIVE, PUBLISHED, SCORES, TENANT

SECOND = PUBLISHED + timedelta(days=1)  # the second release; on this day arrives what is run here
END = PUBLISHED + timedelta(days=2)
DAILY = ["fetch", "ingest", "silver", "features", "score", "gold", "release", "report"]


@dataclass(frozen=True)
class Before:
    """The lake before the run: version and rows of each table, marks of stale snapshots, releases."""

    versions: dict[str, int]
    stale: list[StaleSnapshot]
    waivers: list[dict[str, Any]]
    releases: list[Release]


@dataclass(frozen=True)
class Home:
    """The home after the run, what it was before it, and what was said on the way."""

    shop: Shop
    before: Before
    refusal: str
    dry: tuple[bool, list[str]]


@pytest.fixture(scope="module")
def home(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("old") / "home"
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    shared = shutil.ignore_patterns("locks", "jars", "tenants")
    shutil.copytree(ROOT / "conf", folder / "conf", ignore=shared, dirs_exist_ok=True)
    places = {"HEADWATER_HOME": str(folder), "HEADWATER_CONF": str(folder / "conf")}
    for key, value in INTERPRETED.items():
        spark.conf.set(key, value)
    with patch.dict(os.environ, places):
        yield _renewed(Shop(folder, settings=load_settings(TENANT)))
    for key in INTERPRETED:
        spark.conf.unset(key)


def _renewed(shop: Shop) -> Home:
    with pytest.raises(OlderLake) as refused:
        shop.run(str(SECOND), str(END), *DAILY)
    (shop.home / "data/work").mkdir(exist_ok=True)
    before = Before(
        {path.name: delta.version_of(path) for path in delta.tables(shop.lake)},
        ops.stale_snapshots(shop.lake),
        shop.records("ops_acceptances"),
        releases(shop.lake),
    )
    content = _bytes(shop.home)
    would = [*migrate(shop.settings, dry_run=True)]
    dry = _bytes(shop.home) == content, would
    [*migrate(shop.settings, dry_run=False)]
    shop.run(str(SECOND), str(END), *DAILY)
    return Home(shop, before, str(refused.value), dry)


def _bytes(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_is_refused_until_it_is_migrated(home: Home) -> None:
    assert f"`headwater migrate --tenant {TENANT}`" in home.refusal
    is_untouched, words = home.dry
    assert is_untouched
    assert words == [
        "would copy the rows of ops_acceptances that ops_waivers lacks",
        "would delete ops_acceptances, whose rows are in ops_waivers",
        "the lake would have format 1; it had 0",
    ]


def test_the_run_has_replaced_its_own_day_and_date_alone(home: Home) -> None:
    """By layer: what arrived, when it happened, and the date that it was published as of."""
    replaced: dict[str, list[str] | None] = {}
    for name, version in home.before.versions.items():
        if name in TABLES:
            newer = [c for c in delta.commits(home.shop.lake / name) if c.version > version]
            assert len(newer) <= 1, f"{name} was built more than once"
            if newer:
                replaced[name] = newer[0].days
    days = {layer: [str(SECOND)] for layer in ("bronze", "silver")}
    dates = {layer: [str(END)] for layer in ("features", "models", "gold")}
    expected = {name: (days | dates)[layer_of(name).name] for name in replaced}
    assert replaced == expected
    assert {"bronze_orders", "silver_customer_days", "gold_customer_scores"} <= {*replaced}


def test_the_files_of_days_before_are_not_loaded_again(home: Home) -> None:
    rows = [row for row in home.shop.records("ops_files") if row["file_state"] == "loaded"]
    newest = max(rows, key=lambda row: row["loaded_at"])["run_id"]
    assert [row["arrived_on"] for row in rows if row["run_id"] == newest] == [SECOND]
    assert max(pd.Series([row["source_file"] for row in rows]).value_counts()) <= 2


def test_every_release_of_before_can_be_read(home: Home) -> None:
    now = releases(home.shop.lake)
    assert now[1:] == home.before.releases
    assert [release.as_of for release in now] == [END, SECOND, PUBLISHED]
    for release in now:
        for table, version in release.tables.items():
            assert delta.is_whole(home.shop.lake / table, version)
        scores = read_frame(
            home.shop.lake / "gold_customer_scores", release.tables["gold_customer_scores"]
        )
        assert (scores["as_of"] == release.as_of).sum() > 200


def test_the_champion_scores_as_it_did(home: Home) -> None:
    pinned = champion(home.shop.settings, "churn")
    assert pinned is not None
    assert pinned.version == "1"
    registry = registry_of(home.shop.settings)
    assert pinned.model.identity == tracking.identity_of_version(registry, TENANT, "churn", "1")
    rows = rows_as_of(_context(home.shop), "features_customers", [SECOND])
    with_orders = rows[rows["order_count"] > 0]
    scored = pinned.model.predict(with_orders, reasons=True)  # as tables are scored
    by_customer = dict(zip(scored["customer_id"], scored["value"], strict=True))
    # 9 significant digits are what tables keep
    assert by_customer == pytest.approx(json.loads(SCORES.read_text()), rel=1e-8)
    of_today = read_frame(home.shop.lake / "gold_customer_scores", where=ds.field("as_of") == END)
    assert {*of_today["model_version"].dropna()} == {"1"}


def test_waivers_and_marks_are_carried_over(home: Home) -> None:
    [waiver] = home.shop.records("ops_waivers")
    [old] = home.before.waivers
    assert waiver == {
        {"accepted_by": "waived_by", "accepted_at": "waived_at"}.get(name, name): value
        for name, value in old.items()
    }
    messages = {
        (row["day"], row["check"], row["waived_by"])
        for row in anomaly_rows(home.shop.settings, "orders")
    }
    assert (PUBLISHED, "store.completeness", "ada") in messages
    assert home.before.stale
    assert {snapshot.as_of for snapshot in home.before.stale} == {PUBLISHED}
    assert ops.stale_snapshots(home.shop.lake) == home.before.stale
    assert ledger.damages(home.shop.lake) == []


def _context(shop: Shop) -> Context:
    session = SparkSession.getActiveSession()
    assert session is not None
    return Context(session, shop.settings, Run(TENANT, SECOND, END))
