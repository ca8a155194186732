"""`make bench-demo`: the demo as a user gets it, in a temporary home, with the seconds and the peak
memory of each of its stages.
"""

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.memory import EVERY_SECONDS, Recording, measure_name, peaks, recording
from bench.timeline import Built, DagRun, Interval, built_tables, dag_runs, seconds_of, stages_of
from headwater.demo.airflow_runs import run_demo
from headwater.demo.shops import land
from headwater.local.processes import StillRunningError
from jobs import DEMO
from jobs.main import day
from jobs.models.registry import SQLITE
from lakehouse.base.java import JavaError, jar_paths, java_home
from lakehouse.store.context import lake_of
from settings.airflow import airflow_home
from settings.model import Settings, load_settings
from settings.places import ROOT, absolute

HOME = "HEADWATER_HOME"
COLUMNS = {
    "jvm": "JVM",
    "python": "Python",
    "spark": "Spark",
    "airflow": "Airflow",
    "command": "command",
    "all": "all",
}


class BenchError(RuntimeError):
    """The demo cannot be measured; the message says why and what to do."""


class Format(StrEnum):
    """How the result is printed."""

    TABLE = "table"
    JSON = "json"


@dataclass(frozen=True)
class Row:
    """A part of the demo, or a stage within the DAG run `within`; peaks are None where no sample
    was taken.
    """

    name: str
    within: str
    seconds: float
    peak_mib: dict[str, float | None]


@dataclass(frozen=True)
class Totals:
    """The demo as a whole; `pipeline_seconds` go from the first DAG run's trigger to the last one's
    end.
    """

    pipeline_seconds: float
    whole_seconds: float
    peak_spark_mib: float | None
    peak_all_mib: float | None
    memory_measure: str
    samples: int
    sampling_core_share: float
    cores: int
    spark_version: str


@dataclass(frozen=True)
class Clock:
    """Instants that only the caller of the demo knows."""

    started: float
    landed: float
    ended: float


def main(
    first_day: Annotated[
        str | None, typer.Option(help="First day of the backfill; default: the shop's first day.")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(help="Day after the last one (exclusive); default: the shop's end."),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the temporary home and print where it is.")
    ] = False,
    format: Annotated[
        Format,
        typer.Option(help="Of the result on standard output; progress goes to standard error."),
    ] = Format.TABLE,
) -> None:
    """Run the demo in a temporary home and print seconds and peak memory per stage."""
    try:
        days = day(first_day) if first_day else None, day(until) if until else None
        with temporary_home(keep=keep):
            rows, totals = measured(load_settings(DEMO), *days)
    except (BenchError, JavaError, StillRunningError, ValueError, OSError) as error:
        print(f"bench.demo: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    print(as_json(rows, totals) if format is Format.JSON else as_table(rows, totals))


@contextmanager
def temporary_home(*, keep: bool) -> Iterator[Path]:
    """An empty HEADWATER_HOME on the disk of the repository, where data/ would be; removed
    afterwards unless it is kept.
    """
    (ROOT / ".cache").mkdir(exist_ok=True)
    home, before = (
        Path(tempfile.mkdtemp(prefix="bench-", dir=ROOT / ".cache")),
        os.environ.get(HOME),
    )
    os.environ[HOME] = str(home)
    try:
        yield home
    finally:
        if before is None:
            del os.environ[HOME]
        else:
            os.environ[HOME] = before
        if keep:
            print(f"bench.demo: kept {home}", file=sys.stderr)
        else:
            shutil.rmtree(home)


def measured(
    settings: Settings, first_day: date | None, until: date | None
) -> tuple[list[Row], Totals]:
    """Lands the data and runs the demo, and says what each part took.

    Raises:
        BenchError: settings lead out of the temporary home, or the demo did not succeed.
        JavaError: the machine lacks Java 17 or a jar.
    """
    refuse_foreign_places(settings)
    # what is missing is said before a minute is spent, and no probe of Java counts as a JVM of
    # Spark
    java_home(), jar_paths()
    with recording() as record:
        started = time.time()
        land(settings, until)
        landed = time.time()
        code = run_demo(
            settings.tenant.name, Console(stderr=True), first_day=first_day, until=until
        )
        clock = Clock(started, landed, time.time())
    if code:
        raise BenchError(
            f"the demo ended with code {code} for the reason above, so nothing was measured; --keep"
            " keeps its logs"
        )
    runs, built = dag_runs(airflow_home() / "airflow.db"), built_tables(lake_of(settings))
    return rows_of(clock, runs, built, record), totals_of(clock, runs, record)


def refuse_foreign_places(settings: Settings) -> None:
    """Nothing of the user's may be touched: every place that the settings name must be relative, so
    that it lies in the temporary home.

    Raises:
        BenchError: some are not; names them.
    """
    places = {f"paths.{name}": str(path) for name, path in settings.paths if absolute(path) == path}
    uri = settings.mlflow_uri
    if not uri.startswith(SQLITE) or Path(uri.removeprefix(SQLITE)).is_absolute():
        places["mlflow_uri"] = uri
    if places:
        foreign = ", ".join(
            f"{name} is {place} (HEADWATER_{name.upper().replace('.', '__')})"
            for name, place in places.items()
        )
        raise BenchError(
            f"{foreign}: outside the bench's temporary home. Make it relative in conf/, or unset"
            " the variable"
        )


def rows_of(clock: Clock, runs: list[DagRun], built: list[Built], record: Recording) -> list[Row]:
    """One row per part of the demo in the order of time, each DAG run followed by its stages."""
    parts: list[tuple[str, str, list[Interval]]] = [
        ("landing", "", [Interval(clock.started, clock.landed)]),
        ("Airflow start", "", [Interval(clock.landed, runs[0].interval.start)]),
    ]
    for run in runs:
        parts.append((run.dag_id, "", [run.interval]))
        parts += [
            (stage, run.dag_id, intervals) for stage, intervals in stages_of(run, built).items()
        ]
    parts.append(("Airflow stop", "", [Interval(runs[-1].interval.end, clock.ended)]))
    return [
        Row(name, within, seconds_of(intervals), peaks(record.samples, intervals))
        for name, within, intervals in parts
    ]


def totals_of(clock: Clock, runs: list[DagRun], record: Recording) -> Totals:
    """The whole demo, and what it ran on."""
    whole = Interval(clock.started, clock.ended)
    highest = peaks(record.samples, [whole])
    return Totals(
        pipeline_seconds=max(run.interval.end for run in runs)
        - min(run.interval.start for run in runs),
        whole_seconds=seconds_of([whole]),
        peak_spark_mib=highest["spark"],
        peak_all_mib=highest["all"],
        memory_measure=measure_name(),
        samples=len(record.samples),
        sampling_core_share=record.processor_seconds / seconds_of([whole]),
        cores=(
            len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else os.cpu_count() or 1
        ),
        spark_version=version("pyspark"),
    )


def as_json(rows: list[Row], totals: Totals) -> str:
    """One object with `stages` and `totals`; seconds and MiB as measured."""
    return json.dumps({"stages": [asdict(row) for row in rows], "totals": asdict(totals)}, indent=2)


def as_table(rows: list[Row], totals: Totals) -> str:
    """Lines for a person: the stages of a DAG run indented below it, a dash where no sample was
    taken, totals last.
    """
    header = f"{'':<32}{'seconds':>9}" + "".join(f"{title:>9}" for title in COLUMNS.values())
    names = ["  " * bool(row.within) + row.name for row in rows]
    lines = [
        f"{name:<32}{row.seconds:>9.1f}{_cells(row.peak_mib)}".rstrip()
        for name, row in zip(names, rows, strict=True)
    ]
    return "\n".join([header, *lines, "", *_sentences(totals)])


def _cells(peak_mib: dict[str, float | None]) -> str:
    return "".join(f"{_said(peak_mib[measure]):>9}" for measure in COLUMNS)


def _said(mib: float | None) -> str:
    return "-" if mib is None else f"{mib:.0f}"


def _sentences(totals: Totals) -> list[str]:
    return [
        (
            f"Pipeline {totals.pipeline_seconds:.0f} s, from the first DAG run's trigger to the"
            " last one's end; with landing and Airflow's start and stop"
            f" {totals.whole_seconds:.0f} s."
        ),
        (
            f"Peak memory: Spark applications {_said(totals.peak_spark_mib)} MiB, everything"
            f" {_said(totals.peak_all_mib)} MiB."
        ),
        (
            f"Memory is {totals.memory_measure} in MiB, the peak of {totals.samples} samples"
            f" {EVERY_SECONDS} s apart ({totals.sampling_core_share:.1%} of a core); - where a"
            " stage was shorter. JVM is Spark's, Python its driver program and workers, Spark both"
            " at once, command this process."
        ),
        f"{totals.cores} cores, Spark {totals.spark_version}.",
    ]


if __name__ == "__main__":
    typer.run(main)
