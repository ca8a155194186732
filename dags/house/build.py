"""DAGs and tasks as the house wants them: owner, retries, pool, zone, notifier and the spark-submit
of one or more stages.
"""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from inspect import signature
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import DAG, CronDataIntervalTimetable

from house.conf import ROOT, Tenant, conf
from house.notifier import notify_failure

# The default, durable, skips the re-run of a task that once succeeded. Providers before Airflow 3.3
# lack the argument.
NOT_DURABLE = (
    {"durable": False} if "durable" in signature(SparkSubmitOperator.__init__).parameters else {}
)


class Days(NamedTuple):
    """The days of a run as templates, the end exclusive; by default those of the data interval in
    the tenant's zone.
    """

    start: str = "{{ business_day(data_interval_start) }}"
    end: str = "{{ business_day(data_interval_end) }}"


def house_dag(
    kind: str, tenant: Tenant, *, schedule: str | None, description: str, **more: Any
) -> DAG:
    """The DAG `<tenant>_<kind>`; `schedule` is cron in the tenant's zone, None for runs by hand
    only.

    Only a scheduled DAG ends with the tenant's `active_until`: Airflow also holds back manual runs
    dated after a DAG's end, and a closed shop may still be backfilled.
    """
    macros = {"business_day": business_day(tenant), **more.pop("user_defined_macros", {})}
    return DAG(
        f"{tenant.name}_{kind}",
        schedule=CronDataIntervalTimetable(schedule, timezone=tenant.zone) if schedule else None,
        start_date=tenant.start_date,
        end_date=tenant.end_date if schedule else None,
        description=description,
        default_args=default_args(tenant),
        tags=["headwater", tenant.name, kind],
        user_defined_macros=macros,
        catchup=False,
        is_paused_upon_creation=True,
        max_active_runs=1,
        **more,
    )


def default_args(tenant: Tenant) -> dict[str, Any]:
    """What every task of the tenant shares."""
    house = conf()
    return {
        "owner": house.owner,
        "retries": house.retries,
        "retry_delay": timedelta(seconds=house.retry_delay_seconds),
        "execution_timeout": timedelta(minutes=house.timeout_minutes),
        "pool": house.pool.name.format(tenant=tenant.name),
        "on_failure_callback": notify_failure,
    }


def applications(kind: str, tenant: Tenant, days: Days | None = None) -> list[SparkSubmitOperator]:
    """One task per application of conf/airflow.yml, in its order, inside the current DAG."""
    days = days or Days()
    return [
        application(
            kind,
            tenant,
            "_".join(stages),
            ["run", *stages, "--tenant", tenant.name, "--start", days.start, "--end", days.end],
        )
        for stages in conf().applications[kind]
    ]


def application(
    kind: str, tenant: Tenant, task_id: str, arguments: list[str] | str
) -> SparkSubmitOperator:
    """The task that submits jobs/main.py with these arguments."""
    size = conf().sizes[kind]
    return SparkSubmitOperator(
        task_id=task_id,
        name=f"headwater_{tenant.name}_{kind}_{task_id}",
        conn_id=conf().connection,
        application=str(program()),
        application_args=arguments,
        conf=dict(size.conf),
        # headwater/local/environment.py writes it
        properties_file=os.environ.get("SPARK_DEFAULTS_OF_HEADWATER"),
        **{
            "driver_memory": conf().driver_memory,
            **size.model_dump(exclude={"conf"}, exclude_none=True),
        },
        **NOT_DURABLE,
    )


def program() -> Path:
    """What spark-submit runs: jobs/main.py, or PROGRAM_OF_HEADWATER (tests of the Airflow side
    alone).
    """
    return Path(os.environ.get("PROGRAM_OF_HEADWATER") or ROOT / "jobs/main.py")


def business_day(tenant: Tenant) -> Callable[[datetime | None], str]:
    """A macro: the tenant's calendar day of an instant, as YYYY-MM-DD."""
    zone = ZoneInfo(tenant.zone)

    def day(instant: datetime | None) -> str:
        if instant is None:
            raise ValueError(
                f"this run of {tenant.name} has no data interval, so no day: trigger it with a"
                f" logical date; for days of your choice use {tenant.name}_backfill"
            )
        return instant.astimezone(zone).date().isoformat()

    return day
