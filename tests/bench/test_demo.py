from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.demo import (
    BenchError,
    Clock,
    Row,
    Totals,
    as_json,
    as_table,
    refuse_foreign_places,
    rows_of,
    temporary_home,
)
from bench.memory import MEASURES, Meter, Process, Recording, Sample, peaks, sums
from bench.timeline import Built, DagRun, Interval, seconds_of, stages_of, union, without
from settings.model import load_settings

# Four tables of one stage: two overlap, one lies inside them, one begins where they end, and the
# last is apart.
SIDE_BY_SIDE = [Interval(20, 25), Interval(0, 6), Interval(4, 10), Interval(5, 7), Interval(10, 12)]


def test_tables_built_side_by_side_count_once() -> None:
    assert union(SIDE_BY_SIDE) == [Interval(0, 12), Interval(20, 25)]
    assert seconds_of(SIDE_BY_SIDE) == 12 + 5
    assert seconds_of([]) == 0


@pytest.mark.parametrize(
    ("whole", "left"),
    [
        pytest.param(
            Interval(-3, 30), [(-3, 0), (12, 20), (25, 30)], id="before, between and after"
        ),
        pytest.param(Interval(2, 22), [(12, 20)], id="begins and ends inside"),
        pytest.param(Interval(13, 15), [(13, 15)], id="in the gap"),
        pytest.param(Interval(4, 11), [], id="all of it taken out"),
    ],
)
def test_what_is_left_of_a_run(whole: Interval, left: list[tuple[float, float]]) -> None:
    assert without(whole, SIDE_BY_SIDE) == left


DAILY = DagRun("shop_daily", Interval(100, 160), (Interval(102, 130), Interval(132, 158)))
BUILT = [
    Built("gold", Interval(140, 150)),  # recorded first, begun last
    Built("ingest", Interval(110, 120)),
    Built("ingest", Interval(112, 125)),  # beside the other
    Built("silver", Interval(125, 130)),
    Built("silver", Interval(90, 99)),  # of an earlier run
]


def test_stages_of_a_run_are_in_the_order_they_began_and_add_up_to_it() -> None:
    stages = stages_of(DAILY, BUILT)
    assert list(stages.items()) == [
        ("Spark start", [(102, 110), (132, 140)]),  # each task starts a Spark of its own
        ("ingest", [(110, 125)]),
        ("silver", [(125, 130)]),
        ("gold", [(140, 150)]),
        ("other", [(100, 102), (130, 132), (150, 160)]),
    ]
    assert sum(seconds_of(intervals) for intervals in stages.values()) == 60


def test_a_task_that_builds_no_table_is_all_spark_start() -> None:
    assert stages_of(DAILY, BUILT[:1])["Spark start"] == [(102, 130), (132, 140)]


PROCESSES = {
    1: Process(parent=0, name="python", mib=10),  # this command
    2: Process(parent=1, name="python", mib=20),  # the keeper
    3: Process(parent=2, name="airflow", mib=40),  # a task
    4: Process(parent=3, name="java", mib=800),  # spark-submit
    5: Process(parent=4, name="python", mib=100),  # the driver program
    6: Process(parent=5, name="python", mib=1),  # what the driver program starts
}


def test_memory_belongs_to_spark_below_a_java_and_to_airflow_elsewhere() -> None:
    assert sums(1, PROCESSES) == {
        "jvm": 800,
        "python": 101,
        "airflow": 60,
        "command": 10,
        "spark": 901,
        "all": 971,
    }


def test_pss_is_read_again_when_rss_has_moved_by_a_twentieth_or_a_process_came_or_went() -> None:
    meter, reads = Meter(), iter([60, 80, 50])
    looks = [
        ({7}, 100, 60),  # first seen: read
        ({7}, 105, 65),  # 5 % more: not read, moves with RSS
        ({7}, 94, 80),  # 6 % less than when it was read: read
        ({7, 8}, 94, 50),  # a process came, which may share its pages: read
    ]
    for pids, rss, pss in looks:
        meter.look_at(pids)
        assert meter.pss(7, rss, lambda: next(reads)) == pss
    assert next(reads, None) is None


def test_a_process_whose_parent_is_gone_is_counted() -> None:
    left = {pid: process for pid, process in PROCESSES.items() if pid != 4}
    assert sums(1, left) == {
        "jvm": 0,
        "python": 0,
        "airflow": 161,
        "command": 10,
        "spark": 0,
        "all": 171,
    }


def sample(at: float, jvm: float, python: float) -> Sample:
    return Sample(
        at,
        {
            "jvm": jvm,
            "python": python,
            "airflow": 5,
            "command": 1,
            "spark": jvm + python,
            "all": jvm + python + 6,
        },
    )


SAMPLES = [
    sample(109.9, 990, 90),  # just before ingest
    sample(110.0, 300, 10),  # at its very start
    sample(124.0, 100, 150),  # Python's peak comes when the JVM is low: 150 + 300 was never held
    sample(127.0, 700, 20),  # silver
]


def test_a_peak_is_of_one_instant_within_the_stage() -> None:
    assert peaks(SAMPLES, [Interval(110, 125)]) == {
        "jvm": 300,
        "python": 150,
        "airflow": 5,
        "command": 1,
        "spark": 310,
        "all": 316,
    }
    assert peaks(SAMPLES, [Interval(100, 110), Interval(125, 130)])["spark"] == 990 + 90
    assert peaks(SAMPLES, [Interval(140, 150)]) == dict.fromkeys(MEASURES)


def test_rows_tell_the_demo_from_landing_to_stop() -> None:
    backfill = DagRun("shop_backfill", Interval(60, 95), ())  # without a task no Spark is started
    rows = rows_of(
        Clock(started=0, landed=20, ended=165), [backfill, DAILY], BUILT, Recording(SAMPLES)
    )
    assert [(row.within, row.name, row.seconds, row.peak_mib["jvm"]) for row in rows] == [
        ("", "landing", 20, None),
        ("", "Airflow start", 40, None),
        ("", "shop_backfill", 35, None),
        ("shop_backfill", "silver", 9, None),
        ("shop_backfill", "other", 30, None),
        ("", "shop_daily", 60, 990),
        ("shop_daily", "Spark start", 16, 990),
        ("shop_daily", "ingest", 15, 300),
        ("shop_daily", "silver", 5, 700),
        ("shop_daily", "gold", 10, None),
        ("shop_daily", "other", 14, None),
        ("", "Airflow stop", 5, None),
    ]


LANDING: dict[str, float | None] = {
    "jvm": 0,
    "python": 0,
    "spark": 0,
    "airflow": 0,
    "command": 99.4,
    "all": 99.6,
}
ROWS = [
    Row("landing", "", 12.34, LANDING),
    Row("shop_daily", "", 60.0, peaks(SAMPLES, [DAILY.interval])),
    # shorter than the time between two samples
    Row("release", "shop_daily", 0.04, dict.fromkeys(MEASURES)),
]
TOTALS = Totals(
    pipeline_seconds=100.4,
    whole_seconds=164.6,
    peak_spark_mib=1080,
    peak_all_mib=1086.4,
    memory_measure="PSS",
    samples=4,
    sampling_core_share=0.012,
    cores=2,
    spark_version="3.5.9",
)


def test_the_table_indents_stages_and_shows_a_dash_without_a_sample() -> None:
    lines = as_table(ROWS, TOTALS).splitlines()
    assert lines[:4] == [
        "                                  seconds      JVM   Python    Spark  Airflow  command      all",
        "landing                              12.3        0        0        0        0       99      100",
        "shop_daily                           60.0      990      150     1080        5        1     1086",
        "  release                             0.0        -        -        -        -        -        -",
    ]
    assert lines[5].startswith("Pipeline 100 s,")
    assert lines[5].endswith(" 165 s.")
    assert lines[6] == "Peak memory: Spark applications 1080 MiB, everything 1086 MiB."
    assert "PSS in MiB, the peak of 4 samples 0.5 s apart (1.2% of a core)" in lines[7]
    assert lines[8] == "2 cores, Spark 3.5.9."


def test_json_keeps_what_was_measured() -> None:
    document = json.loads(as_json(ROWS, TOTALS))
    assert document["totals"]["whole_seconds"] == 164.6
    assert document["stages"][2] == {
        "name": "release",
        "within": "shop_daily",
        "seconds": 0.04,
        "peak_mib": dict.fromkeys(MEASURES),
    }


def test_the_home_is_there_only_inside_unless_it_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("bench.demo.ROOT", tmp_path)
    monkeypatch.setenv("HEADWATER_HOME", "/the/user's")
    with temporary_home(keep=False) as home:
        assert load_home() == str(home)
        assert home.is_dir()
    assert not home.exists()
    assert load_home() == "/the/user's"
    with temporary_home(keep=True) as kept:
        pass
    assert kept.is_dir()


def load_home() -> str:
    import os

    return os.environ["HEADWATER_HOME"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        pytest.param("HEADWATER_PATHS__LAKE", "/srv/lake", id="a lake of the user's"),
        pytest.param(
            "HEADWATER_MLFLOW_URI", "http://models.example.org", id="a shared MLflow server"
        ),
        pytest.param(
            "HEADWATER_MLFLOW_URI",
            "sqlite:////srv/mlflow.db",
            id="an absolute SQLite file: four slashes",
        ),
    ],
)
def test_settings_that_lead_out_of_the_home_are_refused(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    refuse_foreign_places(load_settings("complete_journey"))
    monkeypatch.setenv(variable, value)
    with pytest.raises(BenchError, match=rf"is {value} \({variable}\): outside"):
        refuse_foreign_places(load_settings("complete_journey"))
