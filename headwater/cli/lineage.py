"""What a table or a column comes from, and what comes from it."""

from typing import Annotated

import pandas as pd
import typer

from headwater.cli.front import TENANT, Format, app, console, show_rows
from jobs import DEMO


@app.command()
def lineage(
    name: Annotated[
        str,
        typer.Argument(
            metavar="TABLE[.COLUMN]",
            help="Such as gold_kpis, gold_kpis.amount_sum or landing_orders.quantity.",
        ),
    ],
    tenant: TENANT = DEMO,
    format: Annotated[
        Format, typer.Option(help="How the rows of a column are printed.")
    ] = Format.TABLE,
) -> None:
    """Show what a table or a column is built from, down to the delivered files, and what is built
    from it.
    """
    from headwater.operate.inspection import downstream, upstream  # noqa: PLC0415

    if "." in name:
        show_rows(of_column(tenant, name), format)
        return
    for title, names in (("built from", upstream(name)), ("read by", downstream(name))):
        console.print(f"{name} is {title}: {', '.join(names) or 'nothing'}")


def of_column(tenant: str, name: str) -> pd.DataFrame:
    """One row per table and kind of dependence: what the column comes from (`up`) and what comes
    from it (`down`).

    Raises:
        ValueError: there is no such column; names the nearest match.
    """
    from lakehouse.lineage.column_lineage import downstream, lineage_of, require_column, upstream  # noqa: PLC0415

    columns = lineage_of(tenant)
    require_column(columns, name)
    rows: dict[tuple[str, str, str], list[str]] = {}
    for way, relatives in (("up", upstream(columns, name)), ("down", downstream(columns, name))):
        for kind, names in (("direct", relatives.direct), ("indirect", relatives.indirect)):
            for relative in names:
                table, _, column = relative.partition(".")
                rows.setdefault((way, kind, table), []).append(column)
    return pd.DataFrame(
        [(*key, ", ".join(named)) for key, named in rows.items()],
        columns=["way", "kind", "table", "columns"],
    )
