"""Refused rows: list and show them, replay them after a fix, drop them with a reason."""

import getpass
from typing import Annotated

import typer

from headwater.cli.front import TENANT, Format, commands, console, show_rows
from jobs import DEMO
from jobs.main import CHANGED
from settings.model import load_settings

quarantine_app = commands(
    "quarantine",
    "Refused rows: list and show them, replay them after a fix, drop them with a reason.",
)
TABLE = Annotated[
    str, typer.Argument(help="The table that refused them, such as silver_order_lines.")
]


@quarantine_app.command("list")
def list_refused(
    tenant: TENANT = DEMO, format: Annotated[Format, typer.Option()] = Format.TABLE
) -> None:
    """Count the refused rows by table and kind of reason."""
    from headwater.operate.quarantine import summary  # noqa: PLC0415

    show_rows(summary(load_settings(tenant)), format)


@quarantine_app.command("show")
def show_refused(
    table: TABLE,
    tenant: TENANT = DEMO,
    limit: Annotated[int, typer.Option(min=1)] = 20,
    format: Annotated[Format, typer.Option()] = Format.TABLE,
) -> None:
    """Show refused rows: file, line, reasons, and the text as delivered."""
    from headwater.operate.quarantine import refused_rows  # noqa: PLC0415

    show_rows(refused_rows(load_settings(tenant), table).head(limit), format)


@quarantine_app.command("replay")
def replay_refused(table: TABLE, tenant: CHANGED = "") -> None:
    """Run the arrival days of the refused rows again, after the file, the mapping or the rule was
    mended.
    """
    from headwater.operate.quarantine import replay  # noqa: PLC0415

    before, after, messages = replay(load_settings(tenant), table)
    for sentence in messages:
        console.print(sentence, highlight=False)
    console.print(f"{before} rows of {table} were refused before, {after} are now", highlight=False)


@quarantine_app.command("drop")
def drop_refused(
    table: TABLE,
    file: Annotated[str, typer.Option(help="File, as `headwater quarantine show` names it.")],
    why: Annotated[
        str, typer.Option(help="Why these rows are not wanted; kept with your name in ops_dropped.")
    ],
    line: Annotated[int | None, typer.Option(min=1, help="Only this line.")] = None,
    tenant: CHANGED = "",
) -> None:
    """Put refused rows aside for good; bronze keeps them as delivered."""
    from headwater.operate.quarantine import drop  # noqa: PLC0415

    count = drop(load_settings(tenant), table, file, line, why, getpass.getuser())
    console.print(f"{count} rows of {file} are put aside", highlight=False)
