"""Tables are known by name in Spark's own Hive catalog; in a process of its own, since a session
keeps the catalog it began with.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from headwater.operate.registration import register
from lakehouse.store import delta
from settings.places import ROOT
from tests.shops import TENANT, Shop

AGAIN_AND_READ = """
from headwater.operate.registration import register
from settings.model import load_settings
from lakehouse.base.spark import session
settings = load_settings("complete_journey")
print(register(settings))
print(session(settings).sql("SELECT count(*) FROM complete_journey.gold_kpis").first()[0])
"""


def test_without_a_catalog_it_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"set catalog\.kind to hive"):
        register(Shop(tmp_path).settings)


@pytest.mark.own_jvm("a session keeps the catalog that it began with")
def test_a_registered_table_is_read_by_name_and_may_be_registered_again(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    # the only table that stands in the lake
    delta.create(shop.lake / "gold_kpis", {"as_of": "date", "order_count": "bigint"})
    assert python(tmp_path, "-m", "headwater", "register", "--tenant", TENANT).split() == [
        f"{TENANT}.gold_kpis"
    ]
    assert python(tmp_path, "-c", AGAIN_AND_READ).splitlines() == [f"['{TENANT}.gold_kpis']", "0"]
    assert (tmp_path / "data/catalog/metastore").is_dir()


def python(home: Path, *words: str) -> str:
    environment = os.environ | {
        "HEADWATER_HOME": str(home),
        "HEADWATER_CATALOG__KIND": "hive",
        "HEADWATER_SPARK__DRIVER_MEMORY": "1g",
    }
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
