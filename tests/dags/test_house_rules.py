"""What holds for every DAG of every tenant."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from airflow.timetables.interval import CronDataIntervalTimetable as Timetable
from house import build
from house.conf import airflow, shared, tenants
from house.notifier import notify_failure
from pydantic import ValidationError

from settings.airflow import Airflow
from settings.errors import SettingsError
from settings.places import ROOT

KINDS = ("backfill", "daily", "maintenance", "training")
POOLS = {"closed_shop": "headwater_closed_shop", "open_shop": "headwater_open_shop"}


def test_no_file_fails_to_import(bag: Any) -> None:
    assert bag.import_errors == {}


def test_every_tenant_has_every_dag(dags: Any) -> None:
    assert list(dags) == sorted(
        f"{tenant}_{kind}" for tenant in ("closed_shop", "open_shop") for kind in KINDS
    )


def test_dags_start_paused_and_catch_nothing_up(dags: Any) -> None:
    assert {
        name: (dag.is_paused_upon_creation, dag.catchup, dag.max_active_runs)
        for name, dag in dags.items()
    } == dict.fromkeys(dags, (True, False, 1))


def test_tags_name_the_tenant_and_the_kind(dags: Any) -> None:
    for tenant in POOLS:
        for kind in KINDS:
            assert dags[f"{tenant}_{kind}"].tags == {"headwater", tenant, kind}


def test_every_task_has_owner_retries_time_limit_pool_and_notifier(dags: Any) -> None:
    for dag in dags.values():
        tenant = next(name for name in POOLS if dag.dag_id.startswith(name))
        assert dag.tasks
        for task in dag.tasks:
            assert task.owner == "data-engineering"
            assert task.retries >= 1
            assert task.retry_delay >= timedelta(seconds=1)
            assert task.execution_timeout == timedelta(minutes=airflow().timeout_minutes)
            assert task.pool == POOLS[tenant]
            assert list(task.on_failure_callback) == [notify_failure]


def test_the_pools_tasks_use_are_the_pools_that_conf_makes(dags: Any) -> None:
    made = {airflow().pool.name_for(tenant.name) for tenant in tenants()}
    assert {task.pool for dag in dags.values() for task in dag.tasks} == made
    assert airflow().pool.slots == 1  # two runs of one tenant would write the same tables


def test_a_task_that_once_succeeded_runs_again_when_cleared(dags: Any) -> None:
    assert not any(task.durable for dag in dags.values() for task in dag.tasks)


def test_tasks_of_a_dag_run_one_after_another_in_the_order_of_conf(dags: Any) -> None:
    for name, dag in dags.items():
        groups = airflow().applications[name.split("_", 2)[2]]
        wanted = (
            ["backfill"] if name.endswith("_backfill") else ["_".join(stages) for stages in groups]
        )
        tasks = dag.topological_sort()
        assert [task.task_id for task in tasks] == wanted
        assert [task.upstream_task_ids for task in tasks] == [
            set(),
            *({before} for before in wanted[:-1]),
        ]


def test_timetables_are_cron_in_the_tenants_zone(dags: Any) -> None:
    assert dags["closed_shop_backfill"].timetable.can_be_scheduled is False
    for kind in ("daily", "maintenance", "training"):
        for tenant, zone in (("closed_shop", "America/New_York"), ("open_shop", "Europe/Berlin")):
            timetable = dags[f"{tenant}_{kind}"].timetable
            assert (type(timetable).__name__, str(timetable.timezone)) == (
                "CronDataIntervalTimetable",
                zone,
            )
    expressions = [
        dags[f"open_shop_{kind}"].timetable.expression
        for kind in ("daily", "maintenance", "training")
    ]
    # midnight; Monday at three; midnight before Sunday
    assert expressions == ["0 0 * * *", "0 3 * * 1", "0 0 * * 0"]


def test_the_schedule_of_a_closed_shop_ends_with_its_last_day(dags: Any) -> None:
    last_second = datetime(2018, 1, 1, 4, 59, 59, tzinfo=UTC)  # 23:59:59 of 2017-12-31 in New York
    for kind in ("daily", "maintenance", "training"):
        assert dags[f"closed_shop_{kind}"].end_date == last_second
        assert dags[f"open_shop_{kind}"].end_date is None
    assert dags["closed_shop_backfill"].end_date is None  # its days may still be run again


def test_a_day_of_23_and_one_of_25_hours_are_one_interval_each() -> None:
    timetable = Timetable("@daily", timezone="America/New_York")
    for noon_after, hours in (
        (datetime(2017, 3, 13, 17, tzinfo=UTC), 23),
        (datetime(2017, 11, 6, 17, tzinfo=UTC), 25),
    ):
        import pendulum

        interval = timetable.infer_manual_data_interval(run_after=pendulum.instance(noon_after))
        assert interval.end - interval.start == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"retrys": 3}, "retrys"),  # a misspelt key is an error, not a default
        ({"sizes": {"daily": {}}}, "must name the same DAGs"),
        ({"applications": {"daily": [["ingest"]]}}, "must name the same DAGs"),
        ({"retries": 0}, "retries"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Airflow.model_validate(airflow().model_dump() | change)


def test_the_files_of_conf_are_read_as_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key twice is refused, and the DAGs' reader is that of the jobs: tests/settings has the
    rest.
    """
    copytree(os.environ["HEADWATER_CONF"], tmp_path / "conf")
    monkeypatch.setenv("HEADWATER_CONF", str(tmp_path / "conf"))
    for name, read in (
        ("airflow.yml", shared),
        ("base.yml", shared),
        ("environments/laptop.yml", shared),
        ("tenants/open_shop.yml", tenants),
    ):
        path = tmp_path / "conf" / name
        whole = path.read_text()
        path.write_text("outer: {a: 1,\n  a: 2}\n")
        with pytest.raises(
            SettingsError, match=rf"{name}, line 2: the key a stands twice, first in line 1"
        ):
            read.__wrapped__()
        path.write_text(whole)


def test_a_mistake_in_the_rest_of_a_tenants_file_stops_no_dag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copytree(os.environ["HEADWATER_CONF"], tmp_path / "conf")
    monkeypatch.setenv("HEADWATER_CONF", str(tmp_path / "conf"))
    with (tmp_path / "conf/tenants/open_shop.yml").open("a") as file:
        file.write("curency: EUR\nsources: {orders: {}}\n")
    assert [tenant.zone for tenant in tenants.__wrapped__()] == [
        "America/New_York",
        "Europe/Berlin",
    ]


def test_variables_override_what_dags_are_built_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_OWNER", "someone")
    monkeypatch.setenv("HEADWATER_AIRFLOW__POOL__SLOTS", "1")
    monkeypatch.setenv("HEADWATER_AIRFLOW__SIZES__DAILY__EXECUTOR_CORES", "2")
    monkeypatch.setenv("HEADWATER_TENANT__ACTIVE_UNTIL", "2021-03-01")
    read = shared.__wrapped__()
    assert (read.owner, read.airflow.sizes["daily"].executor_cores) == ("someone", 2)
    assert {str(tenant.end_date) for tenant in tenants.__wrapped__()} == {
        "2021-02-28 23:59:59+01:00",
        "2021-02-28 23:59:59-05:00",
    }
    monkeypatch.setenv("HEADWATER_AIRFLOW__RETRYS", "1")
    with pytest.raises(
        SettingsError,
        match=r"HEADWATER_AIRFLOW__RETRYS: airflow\.retrys: .* Did you mean retries\?",
    ):
        shared.__wrapped__()


def test_airflows_environment_has_the_settings_installed(tmp_path: Path) -> None:
    """Without the path of this test run (-I)."""
    code = "import settings.schedules; from settings.places import IS_CHECKOUT; print(IS_CHECKOUT)"
    environment = {"HEADWATER_CONF": os.environ["HEADWATER_CONF"]}
    done = subprocess.run(
        [sys.executable, "-I", "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_without_a_checkout_the_program_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wheel beside the DAGs has jobs/main.py too, but Airflow's libraries instead of those that
    it needs.
    """
    assert build.program() == str(ROOT / "jobs/main.py")
    monkeypatch.setattr(build, "IS_CHECKOUT", False)
    with pytest.raises(
        SettingsError, match=r"set HEADWATER_AIRFLOW__PROGRAM to the file jobs/main\.py of"
    ):
        build.program()
    monkeypatch.setattr(
        build,
        "airflow",
        lambda: airflow().model_copy(update={"program": "local:///opt/jobs/main.py"}),
    )
    assert build.program() == "local:///opt/jobs/main.py"
