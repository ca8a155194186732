"""When each stage of a demo was at work: from Airflow's database and from `ops_runs`. Instants are
seconds since 1970.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from lakehouse.store import delta

SPARK_START = "Spark start"
OTHER = "other"


class Interval(NamedTuple):
    """From an instant to a later one."""

    start: float
    end: float


class Built(NamedTuple):
    """One row of `ops_runs`: a stage was at work on one table."""

    stage: str
    interval: Interval


@dataclass(frozen=True)
class DagRun:
    """One run of a DAG from its trigger to its end, and the last attempt of each of its tasks."""

    dag_id: str
    interval: Interval
    tasks: tuple[Interval, ...]


def dag_runs(database: Path) -> list[DagRun]:
    """The ended runs that an Airflow which has stopped left in its SQLite database, in the order
    they were triggered.
    """
    with closing(sqlite3.connect(database)) as airflow:
        runs = airflow.execute(
            "SELECT dag_id, run_id, queued_at, end_date FROM dag_run WHERE end_date NOT NULL ORDER"
            " BY queued_at"
        ).fetchall()
        tasks = airflow.execute(
            "SELECT run_id, dag_id, start_date, end_date FROM task_instance WHERE end_date NOT NULL"
        ).fetchall()
    return [
        DagRun(
            dag_id,
            Interval(_instant(queued), _instant(ended)),
            tuple(
                Interval(_instant(task[2]), _instant(task[3]))
                for task in tasks
                if task[:2] == (run_id, dag_id)
            ),
        )
        for dag_id, run_id, queued, ended in runs
    ]


def built_tables(lake: Path) -> list[Built]:
    """All rows of the lake's `ops_runs`."""
    rows = (
        delta.read_arrow(lake / "ops_runs").select(["stage", "started_at", "ended_at"]).to_pylist()
    )
    return [
        Built(row["stage"], Interval(row["started_at"].timestamp(), row["ended_at"].timestamp()))
        for row in rows
    ]


def stages_of(run: DagRun, built: Iterable[Built]) -> dict[str, list[Interval]]:
    """When each stage of the run was at work, in the order they began; `other` is what neither
    Spark start nor a stage covers.
    """
    here = sorted(
        (b for b in built if run.interval.start <= b.interval.start < run.interval.end),
        key=lambda b: b.interval,
    )
    stages = {SPARK_START: [Interval(task.start, _first_start(task, here)) for task in run.tasks]}
    for stage, interval in here:
        stages.setdefault(stage, []).append(interval)
    covered = [interval for intervals in stages.values() for interval in intervals]
    return {name: union(intervals) for name, intervals in stages.items() if intervals} | {
        OTHER: without(run.interval, covered)
    }


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """The same instants as disjoint intervals, the earliest first: tables of one stage may be built
    side by side.
    """
    apart: list[Interval] = []
    for start, end in sorted(intervals):
        if apart and start <= apart[-1].end:
            apart[-1] = Interval(apart[-1].start, max(end, apart[-1].end))
        else:
            apart.append(Interval(start, end))
    return apart


def without(whole: Interval, intervals: Iterable[Interval]) -> list[Interval]:
    """What is left of the whole when the intervals are taken out."""
    left, at = [], whole.start
    for start, end in union(intervals):
        if at < min(start, whole.end):
            left.append(Interval(at, min(start, whole.end)))
        at = max(at, end)
    return [*left, Interval(at, whole.end)] if at < whole.end else left


def seconds_of(intervals: Iterable[Interval]) -> float:
    """Seconds that at least one of the intervals covers."""
    return sum(end - start for start, end in union(intervals))


def _first_start(task: Interval, here: list[Built]) -> float:
    """When the task's first table was begun; its end when it began none."""
    return min(
        (b.interval.start for b in here if task.start <= b.interval.start <= task.end),
        default=task.end,
    )


def _instant(text: str) -> float:
    # SQLite keeps no zone; Airflow writes UTC
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
