"""What holds for every DAG of every tenant."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from airflow.timetables.interval import CronDataIntervalTimetable as Timetable
from house.conf import Conf, conf, tenants
from house.notifier import notify_failure
from house.yaml_files import value_of
from pydantic import ValidationError

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
            assert task.execution_timeout == timedelta(minutes=conf().timeout_minutes)
            assert task.pool == POOLS[tenant]
            assert list(task.on_failure_callback) == [notify_failure]


def test_the_pools_tasks_use_are_the_pools_that_conf_makes(dags: Any) -> None:
    made = {conf().pool.name.format(tenant=tenant.name) for tenant in tenants()}
    assert {task.pool for dag in dags.values() for task in dag.tasks} == made
    assert conf().pool.slots == 1  # two runs of one tenant would write the same tables


def test_a_task_that_once_succeeded_runs_again_when_cleared(dags: Any) -> None:
    assert not any(task.durable for dag in dags.values() for task in dag.tasks)


def test_tasks_of_a_dag_run_one_after_another_in_the_order_of_conf(dags: Any) -> None:
    for name, dag in dags.items():
        groups = conf().applications[name.split("_", 2)[2]]
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
        Conf.model_validate(conf().model_dump() | change)


def test_a_key_twice_is_refused_with_file_line_and_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copytree(os.environ["HEADWATER_CONF"], tmp_path / "conf")
    monkeypatch.setenv("HEADWATER_CONF", str(tmp_path / "conf"))
    for name, read in (
        ("airflow.yml", conf),
        ("base.yml", conf),
        ("environments/laptop.yml", conf),
        ("tenants/open_shop.yml", tenants),
    ):
        path = tmp_path / "conf" / name
        whole = path.read_text()
        path.write_text("outer: {a: 1,\n  a: 2}\n")
        with pytest.raises(
            ValueError, match=rf"{name}: line 2: the key a stands twice, first in line 1"
        ):
            read.__wrapped__()
        path.write_text(whole)
    monkeypatch.setenv("HEADWATER_AIRFLOW__NOTIFY", "{webhook: a, webhook: b}")
    with pytest.raises(
        ValueError, match="HEADWATER_AIRFLOW__NOTIFY: line 1: the key webhook stands twice"
    ):
        conf.__wrapped__()


def test_merged_keys_may_be_said_anew() -> None:
    assert value_of("{a: &a {x: 1, y: 2}, b: {<<: *a, y: 3}}", "here")["b"] == {"x": 1, "y": 3}
