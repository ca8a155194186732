"""Runs killed at random instants and started again end in the rows of a run left alone: a handful
of `make bench-crash`.
"""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from bench.crash import Tally, Way, Work, compare, disturb, finish, tables
from lakehouse.store import delta
from tests.shops import Shop

RUN = ("ingest", "silver")  # the bench goes on to gold
START, END = "2017-01-01", "2017-01-08"


@pytest.mark.own_jvm("runs are killed")
def test_killed_runs_leave_what_one_run_leaves(shop_in: Callable[[str], Shop]) -> None:
    alone, killed = (Work(shop_in(name).home, RUN, START, END) for name in ("alone", "killed"))
    for name in ("alone", "killed"):
        shop_in(name).land(END, customers=30)
    tally, chance = Tally(), random.Random(7)  # the same instants, as far as a machine is the same
    began = time.monotonic()
    finish(alone, tally)
    disturb(killed, len(Way), time.monotonic() - began, chance, tally)
    compare(killed.lake(), alone.lake(), tally)
    assert "silver_customer_days" in tables(alone.lake())
    assert tally.kills == len(Way)
    assert tally.before_end > 0, "no run was killed before its end"
    assert tally.is_clean, "\n".join(tally.remarks)


def test_a_lost_a_doubled_and_an_unreadable_table_are_told(
    tmp_path: Path, spark: SparkSession
) -> None:
    """The comparison itself sees what it is there for."""
    for lake, rows in (("one", "(1), (2), (2)"), ("other", "(1), (2), (3)")):
        for name in ("silver_a", "silver_b"):
            delta.replace(spark.sql(f"VALUES {rows} AS t(id)"), tmp_path / lake / name, None, {})
    next((tmp_path / "one/silver_b").glob("*.parquet")).unlink()
    compare(tmp_path / "one", tmp_path / "other", tally := Tally())
    assert (tally.lost, tally.duplicated, tally.unreadable) == (1, 1, 1)
    assert not tally.is_clean
