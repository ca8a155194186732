"""`headwater run ... --profile`: what a run asked Spark for, read from Spark's event log."""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import psutil

from jobs.main import Order, carry_out
from lakehouse.base import event_logs
from lakehouse.base.asking import DESCRIPTION
from settings.model import load_settings

# What Spark calls a job that no step of ours has named, such as one of Delta's own threads.
UNNAMED = "(not named)"
SQL_STARTED = "org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart"
# The fields of a cost, as a person reads them.
COLUMNS = ("asked by", "SQL", "jobs", "stages", "tasks", "CPU s", "s")
NANOSECONDS, MILLISECONDS = 1e-9, 1e-3


@dataclass
class Cost:
    """What one step of a table's build asked Spark for.

    `task_cpu_seconds` are of the tasks alone: what the driver takes to plan them is not in Spark's
    log. `job_seconds` is how long jobs ran, of the clock.
    """

    asked_by: str
    sql_executions: int = 0
    jobs: int = 0
    stages: int = 0
    tasks: int = 0
    task_cpu_seconds: float = 0.0
    job_seconds: float = 0.0


@dataclass(frozen=True)
class Profile:
    """A run's costs by step, dearest first; what all of its processes took; and where Spark's event
    log lies.
    """

    costs: list[Cost]
    seconds: float
    cpu_seconds: float
    logs: list[Path]

    def table(self) -> str:
        """A line per step below the names of the columns, within 80 columns of a terminal."""
        rows = pd.DataFrame([astuple(cost) for cost in self.costs], columns=[*COLUMNS])
        return rows.to_string(index=False, float_format="{:.2f}".format)

    def sentences(self) -> list[str]:
        """The run as a whole."""
        tasks = sum(cost.task_cpu_seconds for cost in self.costs)
        return [
            f"{sum(cost.jobs for cost in self.costs)} Spark jobs and"
            f" {sum(cost.sql_executions for cost in self.costs)} SQL executions.",
            f"The run took {self.seconds:.1f} s, and {self.cpu_seconds:.1f} CPU seconds of Java and"
            f" Python: {tasks:.1f} in Spark's tasks, the others to start, to plan and to judge.",
            f"Spark's event log: {', '.join(map(str, self.logs))}. It is deleted after"
            f" {event_logs.KEPT_DAYS} days, by the stage vacuum.",
        ]


def profiled(order: Order) -> Profile:
    """Carry out the order in a session that writes an event log, end the session, and read it."""
    settings, run_id = load_settings(order.run.tenant), order.run.run_id
    started, before = time.monotonic(), _cpu_seconds()
    with_log = event_logs.with_event_log(settings, run_id)
    try:
        carry_out(order, with_log)
        cpu_seconds, seconds = _cpu_seconds() - before, time.monotonic() - started
    finally:
        logs = event_logs.ended(event_logs.folder_of(settings, run_id))
    return Profile(costs_in(lines_of(logs)), seconds, cpu_seconds, logs)


def lines_of(logs: Iterable[Path]) -> Iterable[str]:
    """Every line of the logs: one event."""
    for log in logs:
        with log.open(encoding="utf-8") as lines:
            yield from lines


def costs_in(lines: Iterable[str]) -> list[Cost]:
    """The costs by step of an event log, the most CPU seconds first, then by name.

    The tasks of a stage count for the job that named the stage first: a later job that names it
    again skips it.
    """
    log = _Log()
    for line in lines:
        event = json.loads(line)
        if (note := log.notes.get(event["Event"])) is not None:
            note(event)
    return sorted(log.costs.values(), key=lambda cost: (-cost.task_cpu_seconds, cost.asked_by))


class _Log:
    """What the events so far say."""

    def __init__(self) -> None:
        self.costs: dict[str, Cost] = {}
        self.step_of_stage: dict[int, str] = {}
        self.began: dict[int, tuple[str, int]] = {}
        self.notes: dict[str, Callable[[dict[str, Any]], None]] = {
            "SparkListenerJobStart": self._job_starts,
            "SparkListenerJobEnd": self._job_ends,
            "SparkListenerStageCompleted": self._stage_ends,
            "SparkListenerTaskEnd": self._task_ends,
            SQL_STARTED: self._sql_starts,
        }

    def _of(self, step: str) -> Cost:
        return self.costs.setdefault(step, Cost(step))

    def _job_starts(self, event: dict[str, Any]) -> None:
        step = event.get("Properties", {}).get(DESCRIPTION, UNNAMED)
        self._of(step).jobs += 1
        self.began[event["Job ID"]] = step, event["Submission Time"]
        for stage in event["Stage IDs"]:
            self.step_of_stage.setdefault(stage, step)

    def _job_ends(self, event: dict[str, Any]) -> None:
        step, began = self.began.pop(event["Job ID"])
        self._of(step).job_seconds += (event["Completion Time"] - began) * MILLISECONDS

    def _stage_ends(self, event: dict[str, Any]) -> None:
        self._of(self.step_of_stage[event["Stage Info"]["Stage ID"]]).stages += 1

    def _task_ends(self, event: dict[str, Any]) -> None:
        cost = self._of(self.step_of_stage[event["Stage ID"]])
        cost.tasks += 1
        cpu = (event.get("Task Metrics") or {}).get("Executor CPU Time", 0)
        cost.task_cpu_seconds += cpu * NANOSECONDS

    def _sql_starts(self, event: dict[str, Any]) -> None:
        step = event.get("description", "")
        self._of(step if ": " in step else UNNAMED).sql_executions += 1


def _cpu_seconds() -> float:
    """User and system seconds of this process and the living ones below it."""
    here = psutil.Process()
    times = [process.cpu_times() for process in (here, *here.children(recursive=True))]
    return float(sum(spent.user + spent.system for spent in times))
