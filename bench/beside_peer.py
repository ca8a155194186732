"""`make bench-peer`: the demo's shop by us and by one plain script (`bench/peer.py`), without
Airflow: CPU seconds of loading a year, of training, and of the day after, and how many times ours
are the script's.

Every stage of both is a process of its own, start of Python and Java included. The script gives
none of our promises, which its first lines list, so the ratio is what these cost.
"""

import subprocess
import sys
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

import typer

from bench.cpu import Spent, spent
from bench.demo import refuse_foreign_places, temporary_home
from bench.programs import apart
from headwater.demo.shops import land
from jobs import DEMO
from jobs.stages.pipeline import run
from lakehouse.base.run import Run
from lakehouse.intake.landing import landing_of
from settings.model import Settings, load_settings, load_shared
from settings.places import ROOT


class Stage(NamedTuple):
    """What both do with some arrival days: the script's stage, and the DAG whose stages are
    ours.
    """

    name: str
    dag: str
    start: date
    end: date


def main() -> None:
    """Land the shop, carry out the stages in turn, and print a line per stage."""
    with temporary_home(keep=False) as home:
        settings = load_settings(DEMO)
        refuse_foreign_places(settings)
        first, end = settings.tenant.first_day, settings.tenant.active_until
        assert end is not None, "the demo's shop has an end"
        land(settings, end)
        typer.echo(f"{'':<7}{'Headwater':>22}{'the script':>22}   CPU")
        for stage in stages_of(first, end):
            theirs = spent(partial(by_script, settings, stage, home / "peer"))
            ours = spent(partial(by_us, settings, stage))
            typer.echo(line_of(stage.name, ours, theirs))


def stages_of(first: date, end: date) -> tuple[Stage, ...]:
    """A load of all days but the last, a training as of the last, and the last day, as in
    `make demo`.
    """
    last, day = end - timedelta(days=1), timedelta(days=1)
    return (
        Stage("load", "backfill", first, last),
        Stage("train", "training", last - day, last),
        Stage("day", "daily", last, end),
    )


def by_us(settings: Settings, stage: Stage) -> None:
    """Our stages, as the DAG has them, in one application."""
    of_days = Run(settings.tenant.name, stage.start, stage.end)
    for stages in load_shared().airflow.applications[stage.dag]:
        apart(run, settings, of_days, list(stages))


def by_script(settings: Settings, stage: Stage, into: Path) -> None:
    """The script's stage."""
    options = {
        "--landing": landing_of(settings),
        "--into": into,
        "--start": stage.start,
        "--end": stage.end,
    }
    words = [str(word) for option in options.items() for word in option]
    # not imported: our processes import this file, and would import XGBoost with it
    program = [sys.executable, "-m", "bench.peer", stage.name, *words]
    subprocess.run(program, check=True, cwd=ROOT, stdout=sys.stderr)


def line_of(name: str, ours: Spent, theirs: Spent) -> str:
    """The line of a stage: what both took, and the ratio of the CPU seconds."""
    took = "".join(f"{each.cpu_seconds:8.1f} CPU s{each.seconds:6.1f} s" for each in (ours, theirs))
    return f"{name:<7}{took}{ours.cpu_seconds / theirs.cpu_seconds:6.1f} times"


if __name__ == "__main__":
    main()
