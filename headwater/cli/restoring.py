"""The way back when a table lost commits, rows or files."""

from typing import Annotated

import typer

from headwater.cli.front import app
from jobs.main import CHANGED
from settings.model import load_settings


@app.command()
def restore(
    tables: Annotated[
        list[str] | None, typer.Argument(help="Tables; none: all that are damaged.")
    ] = None,
    tenant: CHANGED = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done and lost.")
    ] = False,
) -> None:
    """Go back to the last whole version of every damaged table, and say which run brings the lost
    rows back.
    """
    from headwater.operate.restoring import restore_tables  # noqa: PLC0415

    for sentence in restore_tables(load_settings(tenant), tables or [], dry_run=dry_run):
        print(sentence, flush=True)
