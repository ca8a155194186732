"""What every part of the command shares: the application, options, formats, and what an error ends
as.
"""

import functools
import math
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table as Grid

from jobs.main import answered
from settings.old_names import notice
from settings.places import TENANT_AT

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A personalization lakehouse: raw customer data in, tables an app can read out.",
)
console = Console()

TENANT = Annotated[
    str, typer.Option("--tenant", "-t", envvar=TENANT_AT, help="A file name in conf/tenants/.")
]
Command = TypeVar("Command", bound=Callable[..., Any])


def commands(name: str, help_text: str) -> typer.Typer:
    """A group of commands under one word."""
    group = typer.Typer(no_args_is_help=True, help=help_text)
    app.add_typer(group, name=name)
    return group


def formerly(group: typer.Typer, old: str, new: str) -> Callable[[Command], Command]:
    """The command's name before, within its group, which works for one version with a notice; `old`
    and `new` as they are typed after `headwater`.
    """

    def declare(command: Command) -> Command:
        """Add the old name to the group; the command stays as it is."""

        @functools.wraps(command)
        def with_notice(*arguments: Any, **options: Any) -> Any:
            """The command, after a notice of its new name."""
            notice("command", f"`headwater {old}`", f"`headwater {new}`")
            return command(*arguments, **options)

        group.command(old.rsplit(maxsplit=1)[-1], hidden=True)(with_notice)
        return command

    return declare


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def main() -> None:
    """The `headwater` command."""
    answered(app)


def show_rows(frame: pd.DataFrame, format: Format) -> None:
    """Print a frame as a table, as JSON records or as CSV."""
    if format is Format.JSON:
        print(frame.to_json(orient="records", date_format="iso", default_handler=str))
        return
    if format is Format.CSV:
        print(frame.to_csv(index=False), end="")
        return
    grid = Grid(*map(str, frame.columns))
    for row in frame.itertuples(index=False):
        grid.add_row(*(_said(value) for value in row))
    console.print(grid)


def _said(value: object) -> str:
    is_nan = isinstance(value, float) and math.isnan(value)
    return "" if value is None or value is pd.NaT or is_nan else str(value)
