"""Commands that look at the lake: tables, rows, runs."""

import json
import sys
from typing import Annotated

import pandas as pd
import typer

from headwater.cli.front import TENANT, Format, app, show_rows
from jobs import DEMO
from jobs.main import CHANGED, day
from settings.model import load_settings


@app.command()
def tables(tenant: TENANT = DEMO, format: Annotated[Format, typer.Option()] = Format.TABLE) -> None:
    """List the tables: layer, path, version, rows, key and columns."""
    from headwater.operate.inspection import table_entries  # noqa: PLC0415

    rows = table_entries(load_settings(tenant))
    if format is Format.JSON:
        print(json.dumps(rows, indent=2, default=str))
        return
    show_rows(
        pd.DataFrame(
            [
                {
                    k: v
                    for k, v in row.items()
                    if k in ("name", "layer", "version", "rows", "key", "slice_by")
                }
                for row in rows
            ]
        ),
        format,
    )


@app.command()
def show(
    table: str,
    tenant: TENANT = DEMO,
    customer: Annotated[str | None, typer.Option(help="Only this customer.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Only this as-of date.")] = None,
    limit: Annotated[int, typer.Option(min=1)] = 20,
    columns: Annotated[str, typer.Option(help="Only these, parted by commas.")] = "",
    format: Annotated[Format, typer.Option()] = Format.TABLE,
) -> None:
    """Show rows of a table, at the released version when there is one."""
    from headwater.operate.inspection import age_of, rows_of  # noqa: PLC0415

    settings = load_settings(tenant)
    chosen = [name.strip() for name in columns.split(",") if name.strip()]
    date = day(as_of) if as_of else None
    show_rows(rows_of(settings, table, customer, date, limit, chosen), format)
    print(age_of(settings, table), file=sys.stderr)


@app.command()
def path(table: str, tenant: TENANT = DEMO) -> None:
    """Print the path of a table and its released version."""
    from headwater.operate.inspection import place_of  # noqa: PLC0415

    place, version = place_of(load_settings(tenant), table)
    print(f"{place} {version}")


@app.command()
def register(tenant: CHANGED = "") -> None:
    """Make the tables known by name in the catalog of the settings, as TENANT.TABLE; does nothing
    to their rows.
    """
    from headwater.operate.registration import register as make_known  # noqa: PLC0415

    for name in make_known(load_settings(tenant)):
        print(name)


@app.command()
def runs(
    tenant: TENANT = DEMO,
    limit: Annotated[int, typer.Option(min=1)] = 40,
    stale: Annotated[
        bool,
        typer.Option(
            "--stale", help="Only snapshots that days before them have changed under since."
        ),
    ] = False,
    format: Annotated[Format, typer.Option()] = Format.TABLE,
) -> None:
    """Show what the latest runs did to each table."""
    from headwater.operate.inspection import newest_runs  # noqa: PLC0415

    show_rows(newest_runs(load_settings(tenant), limit, stale=stale), format)
