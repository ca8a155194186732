"""DAGs and tasks as the house wants them: owner, retries, pool, zone, notifier and the spark-submit
of one or more stages.
"""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from inspect import signature
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import DAG, CronDataIntervalTimetable

from house.conf import airflow, shared
from house.notifier import notify_failure
from settings.airflow import SPARK_DEFAULTS_AT
from settings.errors import SettingsError
from settings.places import IS_CHECKOUT, ROOT
from settings.schedules import Schedule

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
    kind: str, tenant: Schedule, *, schedule: str | None, description: str, **more: Any
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


def default_args(tenant: Schedule) -> dict[str, Any]:
    """What every task of the tenant shares."""
    settings = airflow()
    return {
        "owner": shared().owner,
        "retries": settings.retries,
        "retry_delay": timedelta(seconds=settings.retry_delay_seconds),
        "execution_timeout": timedelta(minutes=settings.timeout_minutes),
        "pool": settings.pool.name_for(tenant.name),
        "on_failure_callback": notify_failure,
    }


def applications(
    kind: str, tenant: Schedule, days: Days | None = None
) -> list[SparkSubmitOperator]:
    """One task per application of conf/airflow.yml, in its order, inside the current DAG."""
    days = days or Days()
    return [
        application(
            kind,
            tenant,
            "_".join(stages),
            ["run", *stages, "--tenant", tenant.name, "--start", days.start, "--end", days.end],
        )
        for stages in airflow().applications[kind]
    ]


def application(
    kind: str, tenant: Schedule, task_id: str, arguments: list[str] | str
) -> SparkSubmitOperator:
    """The task that submits jobs/main.py with these arguments."""
    size = airflow().sizes[kind]
    return SparkSubmitOperator(
        task_id=task_id,
        name=f"headwater_{tenant.name}_{kind}_{task_id}",
        conn_id=airflow().connection,
        application=program(),
        application_args=arguments,
        conf=dict(size.conf),
        # headwater/local/environment.py writes it
        properties_file=os.environ.get(SPARK_DEFAULTS_AT),
        **{
            "driver_memory": shared().spark.driver_memory,
            **size.model_dump(exclude={"conf"}, exclude_none=True),
        },
        **NOT_DURABLE,
    )


def program() -> str:
    """Return what spark-submit runs: `airflow.program`, else jobs/main.py of the checkout.

    Raises:
        SettingsError: there is no checkout; the package beside the DAGs would run with the
            libraries of Airflow.
    """
    if named := airflow().program:
        return named
    if not IS_CHECKOUT:
        raise SettingsError(
            "airflow.program names nothing, and this is no checkout: set HEADWATER_AIRFLOW__PROGRAM"
            " to the file jobs/main.py of the Spark environment"
        )
    return str(ROOT / "jobs/main.py")


def business_day(tenant: Schedule) -> Callable[[datetime | None], str]:
    """A macro: the tenant's calendar day of an instant, as YYYY-MM-DD."""
    zone = ZoneInfo(tenant.zone)

    def day(instant: datetime | None) -> str:
        """The day of one instant; refuses a run without one."""
        if instant is None:
            raise ValueError(
                f"this run of {tenant.name} has no data interval, so no day: trigger it with a"
                f" logical date; for days of your choice use {tenant.name}_backfill"
            )
        return instant.astimezone(zone).date().isoformat()

    return day
