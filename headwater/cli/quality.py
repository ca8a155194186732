"""Anomalies of the deliveries, and their waiver by a person."""

import getpass
from typing import Annotated

import pandas as pd
import typer

from headwater.cli.front import TENANT, Format, commands, console, formerly, show_rows
from jobs import DEMO
from jobs.main import CHANGED, day
from settings.model import load_settings

quality_app = commands("quality", "Anomalies of the deliveries, and their waiver by a person.")


@quality_app.command("anomalies")
@formerly(quality_app, "quality unusual", "quality anomalies")
def show_anomalies(
    source: str, tenant: TENANT = DEMO, format: Annotated[Format, typer.Option()] = Format.TABLE
) -> None:
    """List every anomaly of a source's arrival days, with the expected range and who waived it."""
    from headwater.operate.waivers import anomaly_rows  # noqa: PLC0415

    show_rows(pd.DataFrame(anomaly_rows(load_settings(tenant), source)), format)


@quality_app.command("waive")
@formerly(quality_app, "quality accept", "quality waive")
def waive_values(
    source: str,
    days: Annotated[list[str], typer.Argument(help="Arrival days whose values are right.")],
    why: Annotated[str, typer.Option(help="The reason, for those who come after.")],
    check: Annotated[
        str | None, typer.Option(help="Only this value, such as size or sales_value.mean.")
    ] = None,
    who: Annotated[
        str | None, typer.Option(help="Who waives; by default the user of this machine.")
    ] = None,
    tenant: CHANGED = "",
) -> None:
    """Take the anomalies of some days for right, as they were observed: the next run lets them into
    silver; another delivery is judged anew.
    """
    from headwater.operate.waivers import waive_days  # noqa: PLC0415

    count = waive_days(
        load_settings(tenant),
        source,
        [day(text) for text in days],
        check,
        who or getpass.getuser(),
        why,
    )
    console.print(f"{count} values waived; run the days again")


@quality_app.command("page")
def write_page(tenant: CHANGED = "") -> None:
    """Write the page of quality over time as things stand, also when a run was stopped before its
    report; prints where it is.
    """
    from jobs.stages.pipeline import declare_tables  # noqa: PLC0415
    from jobs.stages.publishing import write_quality_page  # noqa: PLC0415

    declare_tables()
    console.print(str(write_quality_page(load_settings(tenant))))
