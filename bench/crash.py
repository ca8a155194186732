"""`make bench-crash`: runs that are killed at random instants and started again must end in the
rows of a run that was left alone.
"""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from bench.demo import temporary_home
from bench.small import SMALL
from headwater.demo.shops import land
from jobs import DEMO
from lakehouse.store import delta
from settings.model import load_settings
from settings.places import ROOT

# Every start of a lake is a try of the same Airflow task, as when Airflow lost its worker and tries
# again.
TASK = {
    "AIRFLOW_CTX_DAG_ID": "bench",
    "AIRFLOW_CTX_TASK_ID": "crash",
    "AIRFLOW_CTX_DAG_RUN_ID": "crash",
}
# an orphan is refused at its next commit: the longest table takes a tenth of this
ORPHAN_SECONDS = 300


class Way(StrEnum):
    """Who dies: the whole process group, the Python program alone, spark-submit alone, or nobody,
    so that the retry meets the orphan.
    """

    GROUP = "group"
    PYTHON = "python"
    SUBMIT = "submit"
    ALIVE = "alive"


@dataclass(frozen=True)
class Started:
    """A run under way and the file that its errors go to: a pipe would tie what outlives it to
    us.
    """

    process: subprocess.Popen[bytes]
    errors: Path

    def ended(self, seconds: float | None = None) -> tuple[int, str]:
        """Its exit code and last words, once it has ended."""
        code = self.process.wait(seconds)
        return code, self.errors.read_text()[-3000:]


@dataclass(frozen=True)
class Work:
    """What every run does: stages over arrival days, in the home of a shop."""

    home: Path
    stages: tuple[str, ...]
    start: str
    end: str

    def begun(self, way: Way) -> Started:
        """The run in a process group of its own: by spark-submit where that alone shall die."""
        program = ["run", *self.stages, "--tenant", DEMO, "--start", self.start, "--end", self.end]
        python = [sys.executable, "-m", "jobs.main", *program]
        submit = [
            str(Path(sys.executable).with_name("spark-submit")),
            "--driver-memory",
            "1g",
            str(ROOT / "jobs/main.py"),
            *program,
        ]
        environment = {
            **os.environ,
            **SMALL,
            **TASK,
            "HEADWATER_HOME": str(self.home),
            "PYSPARK_PYTHON": sys.executable,
        }
        words = submit if way is Way.SUBMIT else python
        errors = self.home / f"errors-{len(list(self.home.glob('errors-*')))}.log"
        with errors.open("wb") as file:
            process = subprocess.Popen(
                words,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=file,
                start_new_session=True,
                cwd=ROOT,
            )
        return Started(process, errors)

    def lake(self) -> Path:
        """Folder of its tables."""
        return self.home / "data/lake" / DEMO


@dataclass
class Tally:
    """What the kills did to the rows; all must stay 0."""

    kills: int = 0
    before_end: int = 0
    lost: int = 0
    duplicated: int = 0
    unreadable: int = 0
    remarks: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether no row is lost, twice, or in a table that cannot be read, and no restart
        failed.
        """
        return not (self.lost or self.duplicated or self.unreadable or self.remarks)


def main(
    kills: Annotated[int, typer.Option(min=1)] = 50,
    per_lake: Annotated[
        int,
        typer.Option(
            min=1, help="Kills in a row before a lake is finished, compared and begun anew."
        ),
    ] = 5,
    customers: Annotated[int, typer.Option(min=1, help="Of the real slice.")] = 30,
    end: Annotated[
        str, typer.Option(help="Day after the last arrival day, from 2017-01-01 on.")
    ] = "2017-01-22",
    stages: Annotated[str, typer.Option()] = "ingest silver features score gold",
    seed: Annotated[int, typer.Option()] = 7,
) -> None:
    """Kill, restart, compare whole tables with those of an undisturbed run; exits 1 when a row
    differs.
    """
    chance, tally = random.Random(seed), Tally()  # noqa: S311 - instants, no secrets
    with temporary_home(keep=False) as home:
        land(load_settings(DEMO), date.fromisoformat(end), customers)
        alone = Work(_shop(home, "alone"), tuple(stages.split()), "2017-01-01", end)
        began = time.monotonic()
        finish(alone, tally)
        seconds = time.monotonic() - began
        print(f"undisturbed: {seconds:.0f} s, {len(tables(alone.lake()))} tables", flush=True)
        lake = 0
        while tally.kills < kills:
            lake += 1
            work = Work(_shop(home, f"killed{lake}"), alone.stages, alone.start, end)
            disturb(work, min(per_lake, kills - tally.kills), seconds, chance, tally)
            compare(work.lake(), alone.lake(), tally)
            print(f"{tally.kills} kills, {summary(tally)}", flush=True)
    print(
        f"{tally.kills} kills at seed {seed}, {tally.before_end} before the run's end:"
        f" {summary(tally)}"
    )
    for sentence in tally.remarks:
        print(sentence)
    raise typer.Exit(0 if tally.is_clean else 1)


def disturb(work: Work, times: int, seconds: float, chance: random.Random, tally: Tally) -> None:
    """Start and interrupt the run so many times, uniformly over `seconds`, each start a retry of
    the one before; then let one end.
    """
    orphans = []
    for _ in range(times):
        way = list(Way)[tally.kills % len(Way)]
        run = work.begun(way)
        orphans += interrupted(run, way, chance.uniform(0, seconds), tally)
    finish(work, tally)
    for orphan in orphans:
        _ended(orphan, tally)


def interrupted(run: Started, way: Way, seconds: float, tally: Tally) -> list[Started]:
    """Wait, then kill who is to die; returns the run when it was left alive."""
    tally.kills += 1
    try:
        run.process.wait(seconds)
    except subprocess.TimeoutExpired:
        tally.before_end += 1
    if way is Way.ALIVE:
        return [run]
    if way is Way.GROUP:
        os.killpg(run.process.pid, signal.SIGKILL)
    else:
        run.process.kill()
    run.process.wait()
    return []


def finish(work: Work, tally: Tally) -> None:
    """Let a run end by itself; one that fails is said."""
    code, output = work.begun(Way.PYTHON).ended()
    if code:
        tally.remarks.append(f"a restart failed with {code}: {output}")


def _ended(orphan: Started, tally: Tally) -> None:
    """A run that was left alive has ended or been fenced by now, or is about to be."""
    try:
        code, output = orphan.ended(ORPHAN_SECONDS)
    except subprocess.TimeoutExpired:
        tally.remarks.append(f"an orphan was still alive after {ORPHAN_SECONDS} s")
        os.killpg(orphan.process.pid, signal.SIGKILL)
        orphan.process.wait()
        return
    if code and "may not commit" not in output and "has committed to it since" not in output:
        tally.remarks.append(f"an orphan ended with {code}: {output}")


def compare(actual: Path, wanted: Path, tally: Tally) -> None:
    """Compare every table of two lakes but the house's own records, by a hash of all rows, and row
    by row where that differs.
    """
    for name in sorted({*tables(actual), *tables(wanted)}):
        try:
            rows, other = rows_of(actual / name), rows_of(wanted / name)
        except Exception as error:  # whatever it is, the table cannot be read
            tally.unreadable += 1
            tally.remarks.append(f"{name} cannot be read: {error}")
            continue
        if digest(rows) != digest(other):
            lost, more = other - rows, rows - other
            tally.lost += lost.total()
            tally.duplicated += more.total()
            tally.remarks.append(
                f"{name}: {lost.total()} rows lost, {more.total()} too many, such as"
                f" {next(iter(lost or more))}"
            )


def tables(lake: Path) -> list[str]:
    """The tables of a lake but the house's own records."""
    return [path.name for path in delta.tables(lake) if not path.name.startswith("ops_")]


def rows_of(path: Path) -> Counter[Any]:
    """Every row as text, with how often it is there."""
    frame = delta.read_arrow(path)
    columns = sorted(frame.column_names)
    return Counter(tuple(str(row[name]) for name in columns) for row in frame.to_pylist())


def digest(rows: Counter[Any]) -> str:
    """A hash of all rows in any order."""
    return hashlib.sha256(repr(sorted(rows.items())).encode()).hexdigest()


def summary(tally: Tally) -> str:
    """The three numbers in words."""
    return (
        f"{tally.lost} lost, {tally.duplicated} duplicated, {tally.unreadable} unreadable,"
        f" {len(tally.remarks)} remarks"
    )


def _shop(home: Path, name: str) -> Path:
    """A home whose landing zone is the one that was landed."""
    place = home / name
    (place / "data").mkdir(parents=True)
    (place / "data/landing").symlink_to(home / "data/landing")
    return place


if __name__ == "__main__":
    typer.run(main)
