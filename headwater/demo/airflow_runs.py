"""`make demo`: Airflow is started, runs a backfill, a training and a day of one tenant, each
watched to its end, and is stopped again.
"""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console

from headwater.local.client import ApiError, Client
from headwater.local.progress import TaskLog, log_path
from headwater.local.server import ServerError, running
from headwater.local.view import TaskProgress, View, view_on
from settings.airflow import airflow_home
from settings.errors import SettingsError
from settings.model import load_settings, load_shared

POLL_SECONDS = 1.0
ENDED = ("success", "failed")
NOT_BEGUN = ("waiting", "scheduled", "queued")
# how long Airflow may not answer before it counts as lost: Spark can take both cores for a while
SILENCE_SECONDS = 120
INTERRUPTED = 130  # what a shell reports after Ctrl-C


@dataclass(frozen=True)
class Step:
    """One DAG run to trigger: with parameters, or for a data interval."""

    dag_id: str
    conf: dict[str, Any] = field(default_factory=dict)
    interval: tuple[datetime, datetime] | None = None


def run_demo(
    tenant: str, console: Console, *, first_day: date | None = None, until: date | None = None
) -> int:
    """Backfills all days but the last, trains as of the last day, then runs the last day as its
    daily run; 0 when all succeeded.

    The days are `[first_day, until)`, by default the tenant's `first_day` and `active_until`.
    Airflow is stopped in any case.
    """
    try:
        succeeded = run_steps(demo_steps(tenant, *_days_of(tenant, first_day, until)), console)
    except KeyboardInterrupt:
        console.print("Interrupted: Airflow and its tasks are stopped")
        return INTERRUPTED
    except (ServerError, ApiError, SettingsError) as error:
        console.print(str(error), style="red", markup=False, highlight=False)
        return 1
    return 0 if succeeded else 1


def run_steps(steps: list[Step], console: Console) -> bool:
    """Start Airflow, run the steps one after another as long as they succeed, and stop it; whether
    all succeeded.
    """
    started = time.monotonic()
    console.print("Starting Airflow on 127.0.0.1 ...", highlight=False)
    with running() as client:
        console.print(
            f"Airflow is ready at {client.url} after {time.monotonic() - started:.0f} s",
            highlight=False,
        )
        with view_on(console) as view:
            succeeded = _run_all(client, steps, view)
    console.print(
        f"Airflow is stopped; the runs took {time.monotonic() - started:.0f} s with start and stop",
        highlight=False,
    )
    return succeeded


def demo_steps(tenant: str, first_day: date, until: date, zone: ZoneInfo) -> list[Step]:
    """The three runs; an interval's days begin at the tenant's midnight. Training's ends with the
    last day: its as-of.
    """
    last_day = until - timedelta(days=1)
    if first_day >= last_day:
        raise ServerError(
            f"{tenant}: first day {first_day} and end {until} leave no day to backfill before the"
            " last one"
        )
    backfill = {"start": first_day.isoformat(), "end": last_day.isoformat()}
    return [
        Step(f"{tenant}_backfill", conf=backfill),
        # Airflow makes no task for a run dated before its DAG's first day
        Step(
            f"{tenant}_training",
            interval=(
                midnight(max(first_day, last_day - timedelta(days=7)), zone),
                midnight(last_day, zone),
            ),
        ),
        Step(f"{tenant}_daily", interval=(midnight(last_day, zone), midnight(until, zone))),
    ]


def _days_of(
    tenant: str, first_day: date | None, until: date | None
) -> tuple[date, date, ZoneInfo]:
    shop = load_settings(tenant).tenant
    until = until or shop.active_until
    if until is None:
        raise ServerError(
            f"tenant {tenant} has no active_until in conf/tenants/{tenant}.yml: name the end of the"
            " demo's days"
        )
    return first_day or shop.first_day, until, ZoneInfo(shop.zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which the tenant's day begins, in UTC."""
    return datetime.combine(day, clock(), tzinfo=zone).astimezone(UTC)


def _run_all(client: Client, steps: list[Step], view: View) -> bool:
    """The steps one after another, as long as they succeed; the DAGs are paused again afterwards,
    as they were found.
    """
    tenant = steps[0].dag_id.rpartition("_")[0]
    for kind in load_shared().airflow.applications:
        if left := client.fail_unfinished(f"{tenant}_{kind}"):
            view.say(
                f"{tenant}_{kind}: unfinished runs of a stopped server are marked as failed:"
                f" {', '.join(left)}"
            )
    for step in steps:
        client.pause(step.dag_id, paused=False)
        try:
            if not _run_one(client, step, view):
                return False
        finally:
            with suppress(ApiError):  # only a courtesy: a server that is gone must not hide why
                client.pause(step.dag_id, paused=True)
    return True


def _run_one(client: Client, step: Step, view: View) -> bool:
    run_id = client.trigger(step.dag_id, conf=step.conf, interval=step.interval)
    watch = _Watch(client, step.dag_id, run_id, view)
    minutes = load_shared().airflow.server.run_minutes
    deadline = time.monotonic() + minutes * 60
    while (state := watch.look()) not in ENDED:
        if time.monotonic() > deadline:
            view.say(f"{step.dag_id} has not ended after {minutes} minutes (server.run_minutes)")
            return False
        time.sleep(POLL_SECONDS)
    if state == "failed":
        watch.explain()
    if not watch.logs:
        view.say(f"{step.dag_id} ended without a task: its dates lie outside of the DAG's own")
    return state == "success" and bool(watch.logs)


@dataclass
class _Watch:
    """Follows one run through the API and the logs of its tasks."""

    client: Client
    dag_id: str
    run_id: str
    view: View
    logs: dict[tuple[str, int], TaskLog] = field(default_factory=dict)
    failed: dict[tuple[str, int], TaskLog] = field(default_factory=dict)
    answered: float = field(default_factory=time.monotonic)

    def look(self) -> str:
        """Shows what is new and returns the run's state."""
        try:
            state = self.client.run_state(self.dag_id, self.run_id)
            tasks = self.client.tasks(self.dag_id, self.run_id)
        except ApiError:
            if time.monotonic() - self.answered > SILENCE_SECONDS:
                raise
            return "unknown"
        self.answered = time.monotonic()
        for task in tasks:
            self._show(task)
        return state

    def explain(self) -> None:
        """Says why tasks failed: the last lines of the last attempt, and where its log is."""
        for (task_id, attempt), log in self.failed.items():
            log.read()
            self.view.say(f"{self.dag_id} {task_id} failed on attempt {attempt}. Its last lines:")
            for line in log.last_words():
                self.view.say(f"  | {line}")
            self.view.say(f"  log: {log.path}")

    def _show(self, task: dict[str, Any]) -> None:
        state, attempt, name = task["state"] or "waiting", task["try_number"], task["task_id"]
        log = self.logs.setdefault((name, attempt), TaskLog(self._path(name, attempt)))
        # a cleared task still names its former attempt
        begun = task["start_date"] is not None and state not in NOT_BEGUN
        new = log.read() if begun else []
        self.view.update(
            TaskProgress(self.dag_id, name, state, _age(task) if begun else 0.0, log.tables), new
        )
        if state == "failed":
            self.failed = {key: kept for key, kept in self.failed.items() if key[0] != name} | {
                (name, attempt): log
            }
        if state == "up_for_retry" and (name, attempt) not in self.failed:
            self.failed[name, attempt] = log
            self.view.say(
                f"{self.dag_id} {name}: attempt {attempt} failed, Airflow tries again:"
                f" {(log.last_words() or ['?'])[-1]}"
            )

    def _path(self, task_id: str, attempt: int) -> Path:
        return log_path(airflow_home() / "logs", self.dag_id, self.run_id, task_id, attempt)


def _age(task: dict[str, Any]) -> float:
    """Seconds from the start of the attempt to its end, or until now; Airflow keeps the duration of
    the former attempt meanwhile.
    """
    if task["end_date"] and task["duration"]:
        return float(task["duration"])
    return (datetime.now(UTC) - datetime.fromisoformat(task["start_date"])).total_seconds()
