"""`make bench-volume`: 20.9 million rows of promotions to bronze and silver, beside plain Spark
that writes the same two Delta tables.

Plain Spark is what an engineer would write without a house: read the files as text, add arrival
day, file and a line number, write; read that, cast, keep one row per key, write. No contract, no
checks, no quarantine, no manifest, no lineage. Both are programs of their own with the same Spark,
jars, memory and number of cores, started one after the other, and start of the JVM included.
"""

import os
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from bench.demo import refuse_foreign_places, temporary_home
from bench.memory import EVERY_SECONDS, measure_name
from bench.programs import Program, cleared, headwater, measured
from headwater.demo.shops.complete_journey import deliver_promotions
from jobs import DEMO
from lakehouse.base.spark import session
from lakehouse.intake.landing import landing_of
from lakehouse.store import delta
from lakehouse.store.context import lake_of
from settings.model import Settings, load_settings

MEMORY = "4g"  # the driver, that is everything in local mode
NOTHING_ELSE = {
    f"HEADWATER_TENANT__SOURCES__{name}__DELIVERY": "occasional"
    for name in ("ORDERS", "REDEMPTIONS")
}
TABLES = ("bronze_promotions", "silver_promotions")
KEY = ["product_id", "store_id", "promotion_week", "display_location", "mailer_location"]


def main(
    until: Annotated[
        str, typer.Option(help="Deliver the weeks that begin before this day only.")
    ] = "2018-01-01",
    rounds: Annotated[
        int,
        typer.Option(min=1, help="How often both are measured; the ratio is that of the medians."),
    ] = 1,
    plain: Annotated[bool, typer.Option("--plain", hidden=True)] = False,
) -> None:
    """Land the promotions, run both programs in turn, and print seconds, peak memory and the
    ratio.
    """
    if plain:
        write_plainly(load_settings(DEMO))
        return
    os.environ |= {"HEADWATER_SPARK__DRIVER_MEMORY": MEMORY, **NOTHING_ELSE}
    with temporary_home(keep=False):
        settings, end = load_settings(DEMO), date.fromisoformat(until)
        refuse_foreign_places(settings)
        print(f"{deliver_promotions(landing_of(settings), settings, end)} files landed", flush=True)
        ours, theirs = [], []
        for _ in range(rounds):
            cleared(plain_lake(settings))
            theirs.append(
                measured("plain Spark", [sys.executable, "-m", "bench.volume", "--plain"])
            )
            print(_line(theirs[-1], plain_lake(settings)), flush=True)
            cleared(lake_of(settings))
            ours.append(
                measured(
                    "Headwater",
                    headwater("ingest", "silver", start=settings.tenant.first_day, end=end),
                )
            )
            print(_line(ours[-1], lake_of(settings)), flush=True)
    mine, other = (
        sorted(program.seconds for program in group)[len(group) // 2] for group in (ours, theirs)
    )
    print(f"Headwater takes {mine / other:.2f} times as long.")
    print(
        f"Memory is {measure_name()}, sampled every {EVERY_SECONDS} s; driver memory is {MEMORY}."
    )


def _line(program: Program, lake: Path) -> str:
    rows = [delta.row_count(lake / table) for table in TABLES]
    return (
        f"{program.name:<12}{program.seconds:>8.0f} s{program.peak:>8.0f} MiB, {rows[0]:,} rows in"
        f" bronze and {rows[1]:,} in silver, {sum(rows) / program.seconds:,.0f} per second"
    )


def plain_lake(settings: Settings) -> Path:
    """Where plain Spark writes."""
    return lake_of(settings).parent / "plain"


def write_plainly(settings: Settings) -> None:
    """The two tables by plain Spark."""
    spark, lake, source = (
        session(settings),
        plain_lake(settings),
        settings.tenant.sources["promotions"],
    )
    bronze, silver = (str(lake / table) for table in TABLES)
    _bronze(spark, landing_of(settings) / "promotions", source.columns).write.format("delta").save(
        bronze
    )
    typed = [F.expr(text).alias(name) for name, text in source.mapping.items()]
    rows = spark.read.format("delta").load(bronze).select(*typed, "arrived_on").dropDuplicates(KEY)
    rows.write.format("delta").save(silver)


def _bronze(spark: SparkSession, folder: Path, columns: list[str]) -> DataFrame:
    texts = ", ".join(f"{name} string" for name in columns)
    rows = spark.read.option("header", True).schema(texts).csv(str(folder / "*"))
    path = F.col("_metadata.file_path")
    return rows.select(
        *columns,
        F.to_date(F.regexp_extract(path, r"/(\d{4}-\d\d-\d\d)/", 1)).alias("arrived_on"),
        path.alias("source_file"),
        F.monotonically_increasing_id().alias("source_line"),
    )


if __name__ == "__main__":
    typer.run(main)
