"""`make bench-partitions`: should a table of customers be partitioned by segment? Two as-of dates
of a million made-up profiles in four layouts: what a day costs to write, and what a read costs.

Each layout is written by the same session after one write that warms it up. The reads go through
delta-rs and Arrow, as an app without Spark would read; each is the median of five.
"""

import time
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Annotated, NamedTuple

import pyarrow.dataset as ds
import typer
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from bench.cpu import spent
from bench.demo import temporary_home
from jobs import DEMO
from jobs.gold.segments import NO_ORDERS, SEGMENTS
from lakehouse.base.spark import session
from lakehouse.store import delta
from settings.model import load_settings

NAMES = (*dict.fromkeys(name for name, *_ in SEGMENTS), NO_ORDERS)
FIRST = date(2017, 12, 31)
DAYS = (FIRST, FIRST + timedelta(days=1))
READS = 5
NUMBERS = 20  # columns of numbers: a profile has about as many


class Layout(NamedTuple):
    """How the rows of one as-of date lie in files: folders of these columns, rows in the order of
    those.
    """

    name: str
    partitions: tuple[str, ...]
    order: tuple[str, ...]


LAYOUTS = (
    Layout("as today", (), ()),
    Layout("rows in order of segment", (), ("rfm_segment", "customer_id")),
    Layout("folders of as_of", ("as_of",), ()),
    Layout("folders of as_of, segment", ("as_of", "rfm_segment"), ()),
)


class Cost(NamedTuple):
    """What a layout costs: CPU seconds to write the second day, files and MB of both days, and
    milliseconds of the clock to read one segment, one customer and all customers of a day.
    """

    write: float
    files: int
    mb: float
    segment: float
    customer: float
    everybody: float


def main(
    customers: Annotated[int, typer.Option(min=1, help="Rows per as-of date.")] = 1_000_000,
) -> None:
    """Print a line per layout."""
    typer.echo(f"{'':<26}  write  files     MB  segment  customer  everybody")
    with temporary_home(keep=False) as home:
        spark = session(load_settings(DEMO))
        write(profiles(spark, DAYS[0], customers), home / "warm", LAYOUTS[0])
        for number, layout in enumerate(LAYOUTS):
            path = home / f"layout_{number}"
            typer.echo(line_of(layout, cost_of(spark, path, layout, customers)))


def cost_of(spark: SparkSession, path: Path, layout: Layout, customers: int) -> Cost:
    """Write both days in this layout, and read the second one."""
    write(profiles(spark, DAYS[0], customers), path, layout)
    rows = profiles(spark, DAYS[1], customers)
    took = spent(partial(write, rows, path, layout, DAYS[1]))
    files = [*path.rglob("*.parquet")]
    day = ds.field("as_of") == DAYS[1]
    return Cost(
        took.cpu_seconds,
        len(files),
        sum(file.stat().st_size for file in files) / 1e6,
        milliseconds(lambda: read(path, day & (ds.field("rfm_segment") == NAMES[0]))),
        milliseconds(lambda: read(path, day & (ds.field("customer_id") == str(customers // 2)))),
        milliseconds(lambda: read(path, day)),
    )


def profiles(spark: SparkSession, as_of: date, customers: int) -> DataFrame:
    """One row per customer, with a segment that a seventh of them leaves from one day to the next
    (14.6 % do in the demo's shop); the same rows each time.
    """
    number = (as_of - FIRST).days
    staying = F.xxhash64("id", F.when(F.col("id") % 7 == 0, number).otherwise(0))
    names = F.array(*map(F.lit, NAMES))
    hashes = [F.xxhash64("id", F.lit(place), F.lit(number)) for place in range(NUMBERS)]
    return spark.range(customers).select(
        F.col("id").cast("string").alias("customer_id"),
        F.lit(as_of).alias("as_of"),
        F.element_at(names, (F.pmod(staying, F.lit(len(NAMES))) + 1).cast("int")).alias(
            "rfm_segment"
        ),
        *(
            F.round(F.pmod(value, F.lit(100_000)) / 100, 2).alias(f"value_{place}")
            for place, value in enumerate(hashes)
        ),
    )


def write(rows: DataFrame, path: Path, layout: Layout, day: date | None = None) -> None:
    """Write the rows in a layout; of a table that stands, replace one as-of date."""
    if layout.order:
        rows = rows.repartitionByRange(2, *layout.order).sortWithinPartitions(*layout.order)
    else:
        rows = rows.coalesce(1)
    writer = rows.write.format("delta").mode("overwrite").partitionBy(*layout.partitions)
    if day:
        writer = writer.option("replaceWhere", f"as_of = DATE'{day}'")
    writer.save(str(path))


def read(path: Path, where: ds.Expression) -> int:
    """Read all columns of some rows; returns how many rows there are."""
    return int(delta.dataset(path).to_table(filter=where).num_rows)


def milliseconds(work: Callable[[], int]) -> float:
    """The median over some reads, each of which finds a row."""
    taken = []
    for _ in range(READS):
        began = time.perf_counter()
        assert work(), "nothing was read"
        taken.append(time.perf_counter() - began)
    return median(taken) * 1000


def line_of(layout: Layout, cost: Cost) -> str:
    """The line of a layout."""
    return (
        f"{layout.name:<26}{cost.write:5.1f} s{cost.files:7}{cost.mb:7.0f}{cost.segment:6.0f} ms"
        f"{cost.customer:7.0f} ms{cost.everybody:8.0f} ms"
    )


if __name__ == "__main__":
    typer.run(main)
