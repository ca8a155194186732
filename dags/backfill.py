"""`<tenant>_backfill`: by hand, any stages over any range of days in one application, so 365 days
cost one JVM and not 365.
"""

from datetime import timedelta
from typing import Any

from airflow.sdk import Param
from house import airflow, house_dag, tenants
from house.build import application

from settings.schedules import Schedule

STAGES = airflow().applications["backfill"][0]


def params(tenant: Schedule) -> dict[str, Param]:
    """What the trigger form asks for; the dates it offers are the tenant's first day alone."""
    first = tenant.first_day
    return {
        "start": Param(
            first.isoformat(), type="string", format="date", description="First arrival day"
        ),
        "end": Param(
            (first + timedelta(days=1)).isoformat(),
            type="string",
            format="date",
            description="Day after the last arrival day",
        ),
        "stages": Param(
            STAGES,
            type="array",
            items={"type": "string"},
            minItems=1,
            description="Stages, in one application",
        ),
        "as_of": Param(
            [],
            type="array",
            items={"type": "string", "format": "date"},
            description="As-of dates; none: the end",
        ),
        "as_of_every": Param(
            None, type=["null", "integer"], minimum=1, description="As-of dates every so many days"
        ),
    }


def arguments(tenant: Schedule) -> Any:
    """A macro: the run's parameters as the command line of jobs/main.py."""

    def of(given: dict[str, Any]) -> list[str]:
        """The words of one run; refuses a range that is empty."""
        if given["start"] >= given["end"]:
            raise ValueError(
                f"backfill of {tenant.name}: start {given['start']} must be before end"
                f" {given['end']} (the end is exclusive)"
            )
        days = ["--start", given["start"], "--end", given["end"]]
        dates = [part for day in given["as_of"] for part in ("--as-of", day)]
        every = ["--as-of-every", str(given["as_of_every"])] if given["as_of_every"] else []
        return ["run", *given["stages"], "--tenant", tenant.name, *days, *dates, *every]

    return of


for tenant in tenants():
    with house_dag(
        "backfill",
        tenant,
        schedule=None,
        description="Stages of your choice over a range of days, in one pass",
        params=params(tenant),
        user_defined_macros={"arguments": arguments(tenant)},
        render_template_as_native_obj=True,  # the macro's list reaches spark-submit as a list
    ):
        application("backfill", tenant, "backfill", "{{ arguments(params) }}")
