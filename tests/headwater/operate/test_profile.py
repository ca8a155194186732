"""What a run asked Spark for, read from a few events; the whole command runs in
tests/lakehouse/fetch/test_secrets.py.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from headwater.operate.profile import SQL_STARTED, UNNAMED, Cost, Profile, costs_in
from lakehouse.base import event_logs
from settings.model import load_settings
from tests.shops import TENANT

CHECKS, COMMIT = "silver_order_lines: checks", "silver_order_lines: commit"


def job(number: int, step: str | None, stages: list[int], began: int) -> dict[str, Any]:
    """A job begins, `began` milliseconds after the first."""
    named = {} if step is None else {"spark.job.description": step}
    return {
        "Event": "SparkListenerJobStart",
        "Job ID": number,
        "Stage IDs": stages,
        "Submission Time": 1_000 + began,
        "Properties": {"spark.app.id": "local-1", **named},
    }


def job_end(number: int, ended: int) -> dict[str, Any]:
    return {"Event": "SparkListenerJobEnd", "Job ID": number, "Completion Time": 1_000 + ended}


def stage_end(number: int) -> dict[str, Any]:
    return {"Event": "SparkListenerStageCompleted", "Stage Info": {"Stage ID": number}}


def task(stage: int, cpu_seconds: float) -> dict[str, Any]:
    metrics = {"Executor CPU Time": int(cpu_seconds * 1e9), "Executor Run Time": 9}
    return {"Event": "SparkListenerTaskEnd", "Stage ID": stage, "Task Metrics": metrics}


def test_jobs_stages_tasks_and_cpu_seconds_are_those_of_the_step_that_asked() -> None:
    events = [
        {"Event": "SparkListenerApplicationStart", "App Name": "headwater"},
        {"Event": SQL_STARTED, "executionId": 0, "description": CHECKS},
        job(0, CHECKS, [0, 1], began=0),
        task(0, 0.5),
        task(0, 0.25),
        stage_end(0),
        task(1, 1.0),
        stage_end(1),
        job_end(0, ended=1_500),
        {"Event": SQL_STARTED, "executionId": 1, "description": COMMIT},
        job(1, COMMIT, [1, 2], began=2_000),  # stage 1 is not done again
        task(2, 2.0),
        stage_end(2),
        job_end(1, ended=2_250),
        {"Event": SQL_STARTED, "executionId": 2, "description": "collect at Delta.scala:12"},
        job(2, None, [3], began=3_000),
        {"Event": "SparkListenerTaskEnd", "Stage ID": 3, "Task Metrics": None},  # it failed
        stage_end(3),
        job_end(2, ended=3_125),
    ]
    assert costs_in(map(json.dumps, events)) == [
        Cost(COMMIT, 1, 1, 1, 1, 2.0, 0.25),
        Cost(CHECKS, 1, 1, 2, 3, 1.75, 1.5),
        Cost(UNNAMED, 1, 1, 1, 1, 0.0, 0.125),
    ]


def test_a_run_is_told_as_a_whole() -> None:
    costs = [Cost(COMMIT, 1, 2, 2, 2, 2.0, 0.25), Cost(CHECKS, 3, 1, 2, 3, 1.75, 1.5)]
    profile = Profile(costs, 13.04, 20.3, [Path("/logs/local-1")])
    jobs, cpu, place = profile.sentences()
    assert jobs == "3 Spark jobs and 4 SQL executions."
    assert "took 13.0 s, and 20.3 CPU seconds of Java and Python: 3.8 in Spark's tasks" in cpu
    assert "/logs/local-1" in place
    header, *lines = profile.table().splitlines()
    assert header.split() == ["asked", "by", "SQL", "jobs", "stages", "tasks", "CPU", "s", "s"]
    assert [line.split() for line in lines] == [
        [*COMMIT.split(), "1", "2", "2", "2", "2.00", "0.25"],
        [*CHECKS.split(), "3", "1", "2", "3", "1.75", "1.50"],
    ]


def test_a_log_is_its_owners_alone_and_goes_after_30_days(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_HOME", str(tmp_path))
    settings = load_settings(TENANT)
    conf = event_logs.with_event_log(settings, "r1").spark.conf
    folder = tmp_path / "data/profiles" / TENANT / "r1"
    assert conf["spark.eventLog.dir"] == f"file://{folder}"
    assert folder.stat().st_mode & 0o777 == 0o700
    (folder / "local-1").write_text("{}")
    (folder / ".local-1.crc").write_text("")  # of Hadoop's file system
    (log,) = event_logs.ended(folder)
    assert log == folder / "local-1"
    assert log.stat().st_mode & 0o777 == 0o600
    now = time.time()
    os.utime(folder, (now, now - 30 * 86_400 + 60))
    assert event_logs.delete_old(settings, now=now) == 0
    assert event_logs.delete_old(settings, now=now + 120) == 1
    assert not folder.exists()
