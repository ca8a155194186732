"""What every part of the command shares: the application, options, formats, and what an error ends as."""

import sys
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table as Grid

from jobs.airflow.settings import tenant_names
from lakehouse.errors import Mendable
from lakehouse.java import JavaError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A personalization lakehouse: raw customer data in, tables an app can read out.",
)
console = Console()

VARIABLE = "HEADWATER_TENANT"
TENANT = Annotated[str, typer.Option("--tenant", "-t", envvar=VARIABLE, help="A file name in conf/tenants/.")]


def the_tenant(name: str) -> str:
    """The tenant that a command changes: the one that is named, else the only one there is.

    Raises:
        ValueError: there are several, and none is named; lists them.
    """
    known = tenant_names()
    if name or len(known) == 1:
        return name or known[0]
    listed = ", ".join(known) or "none yet: `headwater tenant new` proposes one"
    raise ValueError(f"which tenant? This command changes something: name it with --tenant or {VARIABLE}. There are: {listed}")


# For commands that change something: nobody's tables are changed for want of a name. Their default is "".
CHANGED = Annotated[str, typer.Option("--tenant", "-t", envvar=VARIABLE, callback=the_tenant, help="A file name in conf/tenants/.")]


def commands(name: str, said: str) -> typer.Typer:
    """A group of commands under one word."""
    group = typer.Typer(no_args_is_help=True, help=said)
    app.add_typer(group, name=name)
    return group


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def main() -> None:
    """Run the command; errors that a person can mend are one message and exit code 1 (bad data) or 2 (bad use)."""
    try:
        app()
    except Exception as error:  # whatever is not ours to explain goes on with its traceback
        code = _exit_code(error)
        if code is None:
            raise
        print(f"headwater: {error}", file=sys.stderr)
        sys.exit(code)


def _exit_code(error: Exception) -> int | None:
    """What a person can mend; a broken installation (ImportError) is no such thing."""
    if isinstance(error, Mendable | JavaError):
        return 1
    return 2 if isinstance(error, ValueError) else None


def day(text: str) -> date:
    """A date in ISO form.

    Raises:
        ValueError: the text is not one.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"'{text}' is not a date such as 2017-12-31") from None


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


def _said(value: Any) -> str:
    return "" if value is None or value is pd.NaT or (isinstance(value, float) and value != value) else str(value)  # noqa: PLR0124 - NaN
