"""A run that is killed at random instants and started again ends in the rows of a run that was left alone."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable

from lakehouse.settings import REPOSITORY
from tests.shops import Shop

RUN = ("ingest", "silver", "features")
START, END = "2017-01-01", "2017-01-22"
KILLS = 3
SMALL = {"HEADWATER_SPARK__DRIVER_MEMORY": "1g", "HEADWATER_SPARK__SHUFFLE_PARTITIONS": "2"}


def test_killed_runs_leave_what_one_run_leaves(shop_in: Callable[[str], Shop]) -> None:
    alone, killed = shop_in("alone"), shop_in("killed")
    for shop in (alone, killed):
        shop.land(END, customers=30)
    alone.run(START, END, *RUN)
    chance = random.Random(7)  # the same instants, as far as a machine is the same
    done = [run_and_kill(killed, chance.randint(1, 14), chance.uniform(0, 1)) for _ in range(KILLS)]
    assert any(tables < 15 for tables in done), f"no run was killed before its end: {done}"
    killed.run(START, END, *RUN)
    tables = sorted(path.name for path in alone.lake.iterdir() if not path.name.startswith("ops_"))
    assert "features_customers" in tables
    assert [path.name for path in sorted(killed.lake.iterdir()) if not path.name.startswith("ops_")] == tables
    for table in tables:
        assert killed.rows(table) == alone.rows(table), table


def run_and_kill(shop: Shop, tables: int, seconds: float) -> int:
    """Start the run as a person would, and kill it with all it started some time after its n-th table; returns how many it had done."""
    command = [sys.executable, "-m", "jobs.main", "run", *RUN, "--start", START, "--end", END]
    environment = {**os.environ, **SMALL, "HEADWATER_HOME": str(shop.home)}
    run = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True, cwd=REPOSITORY
    )
    done = 0
    for text in run.stdout or ():
        done += "headwater progress" in text
        if done >= tables:
            break
    time.sleep(seconds)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    return done
