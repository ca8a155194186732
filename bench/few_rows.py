"""`make bench-few-rows`: up to how many rows is a batch cheaper in the driver? Ingest and silver of
two deliveries, each with `spark.few_rows` at 0 and above their rows, every run in a process of its
own.
"""

from datetime import date
from functools import partial
from typing import NamedTuple

import typer

from bench.cpu import spent
from bench.demo import temporary_home
from bench.programs import apart
from headwater.demo.shops import land
from jobs import DEMO
from jobs.stages.pipeline import run
from lakehouse.base.run import Run
from lakehouse.store import delta
from lakehouse.store.context import lake_of
from settings.model import Settings, load_settings

FIRST = date(2017, 1, 1)
ALL_OF_THEM = 10_000_000  # more rows than any of these deliveries has


class Delivered(NamedTuple):
    """One source of the demo's shop, from its first day until one."""

    source: str
    until: date


DELIVERIES = (
    Delivered("orders", date(2017, 1, 25)),
    Delivered("promotions", date(2017, 1, 2)),
)


class Taken(NamedTuple):
    """What a run took."""

    rows: int
    cpu_seconds: float
    seconds: float


def main() -> None:
    """Print a line per delivery and way."""
    for delivered in DELIVERIES:
        for few_rows in (0, ALL_OF_THEM):
            typer.echo(line_of(delivered, few_rows, taken(delivered, few_rows)))


def taken(delivered: Delivered, few_rows: int) -> Taken:
    """Ingest and silver of the delivery in an empty home."""
    with temporary_home(keep=False):
        settings = of_source(load_settings(DEMO), delivered.source, few_rows)
        land(settings, delivered.until, promotions=delivered.source == "promotions")
        of_days = Run(settings.tenant.name, FIRST, delivered.until)
        took = spent(partial(apart, run, settings, of_days, ["ingest", "silver"]))
        bronze = lake_of(settings) / f"bronze_{delivered.source}"
        return Taken(delta.row_count(bronze), *took)


def of_source(settings: Settings, source: str, few_rows: int) -> Settings:
    """The shop with this source alone."""
    tenant = settings.tenant.model_copy(
        update={"sources": {source: settings.tenant.sources[source]}}
    )
    spark = settings.spark.model_copy(update={"few_rows": few_rows})
    return settings.model_copy(update={"tenant": tenant, "spark": spark})


def line_of(delivered: Delivered, few_rows: int, of_run: Taken) -> str:
    """The line of a run."""
    way = "in the driver" if few_rows else "by Spark"
    return (
        f"{of_run.rows:>9} rows of {delivered.source:<10} {way:<13}"
        f" {of_run.cpu_seconds:6.0f} CPU s {of_run.seconds:5.0f} s"
    )


if __name__ == "__main__":
    main()
