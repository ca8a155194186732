"""`make bench-partitions` writes the same rows in each layout, and reads what it says it reads."""

from pathlib import Path

import pyarrow.dataset as ds
import pytest
from pyspark.sql import SparkSession

from bench.partitions import DAYS, LAYOUTS, NAMES, Cost, Layout, line_of, profiles, read, write

CUSTOMERS = 60


@pytest.mark.parametrize("layout", LAYOUTS[1::2], ids=lambda layout: layout.name)
def test_a_layout_holds_both_days(spark: SparkSession, tmp_path: Path, layout: Layout) -> None:
    write(profiles(spark, DAYS[0], CUSTOMERS), tmp_path, layout)
    write(profiles(spark, DAYS[1], CUSTOMERS), tmp_path, layout, DAYS[1])
    of_day = [ds.field("as_of") == day for day in DAYS]
    assert [read(tmp_path, where) for where in of_day] == [CUSTOMERS, CUSTOMERS]
    by_segment = [read(tmp_path, of_day[1] & (ds.field("rfm_segment") == name)) for name in NAMES]
    assert sum(by_segment) == CUSTOMERS
    assert read(tmp_path, of_day[1] & (ds.field("customer_id") == "7")) == 1
    has_folders = any("rfm_segment=" in str(path) for path in tmp_path.rglob("*"))
    assert has_folders is ("rfm_segment" in layout.partitions)


def test_a_seventh_of_the_customers_may_leave_its_segment(spark: SparkSession) -> None:
    before, after = (
        {row.customer_id: row.rfm_segment for row in profiles(spark, day, CUSTOMERS).collect()}
        for day in DAYS
    )
    moved = {customer for customer in before if before[customer] != after[customer]}
    assert moved
    assert all(int(customer) % 7 == 0 for customer in moved)
    assert set(before.values()) <= {*NAMES}


def test_a_line_names_its_layout_and_its_six_figures() -> None:
    line = line_of(LAYOUTS[3], Cost(7.25, 44, 151.2, 21.4, 30.6, 410.0))
    assert line == ("folders of as_of, segment   7.2 s     44    151    21 ms     31 ms     410 ms")
