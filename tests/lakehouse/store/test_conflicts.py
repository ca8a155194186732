"""Two that write one table: Delta refuses whoever computed upon an older version, and the whole
build is done again.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from bench.small import SMALL
from lakehouse.base.spark import session_for_few_rows, session_for_many_rows
from lakehouse.build import runner
from lakehouse.store import delta
from lakehouse.store.lease import leased
from settings.places import ROOT
from tests.shops import TENANT, Shop, line

DAYS = ("2017-01-02", "2017-01-03", "2017-01-04")
TABLES = (
    "bronze_orders",
    "silver_order_lines",
    "silver_customer_days",
    "silver_customer_product_days",
)


@pytest.mark.parametrize(
    "session", [session_for_many_rows, session_for_few_rows], ids=["many rows", "few rows"]
)
def test_rows_upon_an_older_version_are_refused_and_no_row_is_written(
    spark: SparkSession, tmp_path: Path, session: Callable[[SparkSession], SparkSession]
) -> None:
    path = tmp_path / "t"

    def ids(first: int) -> DataFrame:
        return session(spark).range(first, first + 3).coalesce(1)

    assert delta.replace(ids(0), path, None, {"run_id": "a"}, -1) == 0
    with pytest.raises(delta.Conflict, match=r"was at version -1 .* run it again"):
        delta.replace(ids(30), path, None, {"run_id": "first, too"}, -1)
    assert delta.replace(ids(10), path, "id >= 10", {"run_id": "b"}, 0) == 1
    # Delta itself says nothing here
    with pytest.raises(delta.Conflict, match=r"was at version 0 .* run it again"):
        delta.replace(ids(20), path, "id >= 20", {"run_id": "orphan"}, 0)
    delta.compact(path)  # a version of others in between is no conflict
    assert delta.replace(ids(20), path, "id >= 20", {"run_id": "c"}, 2) == 3
    assert sorted(delta.read_arrow(path)["id"].to_pylist()) == [0, 1, 2, 10, 11, 12, 20, 21, 22]


def test_a_build_is_done_again_as_a_whole_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)

    def overtaken(times: int) -> Callable[[], None]:
        def work() -> None:
            tries.append(1)
            if len(tries) <= times:
                raise delta.Conflict("overtaken")

        return work

    runner.again_after_conflict(overtaken(2))
    assert len(tries) == 3
    assert 1 <= pauses[0] <= 1.5
    assert 2 <= pauses[1] <= 3
    tries.clear()
    with pytest.raises(delta.Conflict):
        runner.again_after_conflict(overtaken(99))
    assert len(tries) == 5


@pytest.mark.own_jvm("a process stops itself in the middle of a commit")
def test_an_orphan_that_stood_still_before_its_commit_is_fenced_by_its_retry(
    shop_in: Callable[[str], Shop], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The orphan stops itself where its first bronze table is about to be committed; the retry runs
    to its end; the orphan wakes up.
    """
    shop, alone = shop_in("shop"), shop_in("alone")
    for one in (shop, alone):
        deliver(one)
    alone.run(DAYS[0], "2017-01-05")
    task = {"AIRFLOW_CTX_DAG_ID": "d", "AIRFLOW_CTX_TASK_ID": "t", "AIRFLOW_CTX_DAG_RUN_ID": "r"}
    code = (
        "import os, signal, sys\nfrom lakehouse.store import delta\nfrom headwater.cli import main\nwrite = delta.replace\n"
        "def stand_still(*given):\n    os.kill(os.getpid(), signal.SIGSTOP)\n    return write(*given)\n"
        f"delta.replace = stand_still\nsys.argv = {command('ingest', 'silver')!r}\nmain()"
    )
    orphan = started(
        [sys.executable, "-c", code], shop, {**task, "HEADWATER_SPARK__TABLES_AT_ONCE": "1"}
    )
    while Path(f"/proc/{orphan.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "T":
        time.sleep(0.2)
    for name, value in task.items():
        monkeypatch.setenv(name, value)
    shop.settings = shop.settings.model_copy(
        update={"lease": shop.settings.lease.model_copy(update={"stale_seconds": 3})}
    )
    shop.run(DAYS[0], "2017-01-05")
    while orphan.poll() is None:  # it stops before each of its two tables at once
        os.kill(orphan.pid, signal.SIGCONT)
        time.sleep(0.5)
    error = (orphan.stderr.read() if orphan.stderr else "")[-3000:]
    assert orphan.returncode == 1, error
    assert "may not commit" in error or "another run has committed to it since" in error
    assert_same(shop, alone)
    newest = delta.commits(shop.lake / "bronze_orders")[0]
    assert newest.fence == 2


@pytest.mark.own_jvm("three runs at once")
def test_backfill_daily_run_and_optimize_at_once_end_as_one_after_the_other(
    shop_in: Callable[[str], Shop],
) -> None:
    shop, alone = shop_in("shop"), shop_in("alone")
    for one in (shop, alone):
        deliver(one)
    alone.run(DAYS[0], DAYS[2])
    alone.run(DAYS[2], "2017-01-05")
    backfill = started([sys.executable, "-m", *command("ingest", "silver", end=DAYS[2])], shop)
    daily = started([sys.executable, "-m", *command("ingest", "silver", start=DAYS[2])], shop)
    housekeeping = started([sys.executable, "-m", *command("optimize", start=DAYS[2])], shop)
    for run in (backfill, daily, housekeeping):
        error = run.communicate(timeout=1200)[1]
        assert run.returncode == 0, error[-3000:]
    assert_same(shop, alone)


def deliver(shop: Shop) -> None:
    for n, day in enumerate(DAYS):
        # o0 comes again each day with another amount: the order of arrival decides, not the order
        # of the runs
        shop.deliver(
            day,
            line("7", f"o{n + 1}", "p1", "1.50", day),
            line("8", "o0", "p1", f"{n + 1}.00", day),
        )


def command(*stages: str, start: str = DAYS[0], end: str = "2017-01-05") -> list[str]:
    return ["jobs.main", "run", *stages, "--tenant", TENANT, "--start", start, "--end", end]


def started(
    words: list[str], shop: Shop, more: dict[str, str] | None = None
) -> subprocess.Popen[str]:
    environment = {**os.environ, **SMALL, "HEADWATER_HOME": str(shop.home), **(more or {})}
    return subprocess.Popen(
        words,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )


def assert_same(one: Shop, other: Shop) -> None:
    for table in TABLES:
        assert one.rows(table) == other.rows(table), table
    assert other.rows("silver_order_lines", "order_id", "amount") == [
        ("o0", "3.0000"),
        ("o1", "1.5000"),
        ("o2", "1.5000"),
        ("o3", "1.5000"),
    ]


def test_a_lease_can_be_taken_where_there_is_no_lake_yet(
    tmp_path: Path, shop_in: Callable[[str], Shop]
) -> None:
    with leased(
        tmp_path / "new" / "lake", "first", "silver", shop_in("shop").settings.lease
    ) as mine:
        assert mine.number == 1
