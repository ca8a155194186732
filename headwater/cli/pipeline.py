"""Commands that run something: stages, the demo, Airflow, the doctor, the dictionary."""

from typing import Annotated

import pandas as pd
import typer

from headwater.cli.front import Format, app, console, show_rows
from jobs import DEMO
from jobs.main import CHANGED, Order, carry_out, day, with_the_parameters_of_a_run
from lakehouse.base.run import Run
from settings.model import load_settings
from settings.places import IS_CHECKOUT, ROOT

# The demo is of its own shop, whatever tenant the environment names.
DEMOS = Annotated[
    str, typer.Option("--tenant", "-t", help="A shop that `headwater land` can play.")
]


@app.command()
@with_the_parameters_of_a_run
def run(
    order: Order,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what the run would touch, and write nothing.")
    ] = False,
    profile: Annotated[
        bool,
        typer.Option(
            "--profile", help="Say at the end what each step of each table asked Spark for."
        ),
    ] = False,
) -> None:
    """Run stages of the pipeline over a range of arrival days, in one Spark application."""
    if dry_run:
        _show_dry_run(order.run)
    elif profile:
        _show_profile(order)
    else:
        carry_out(order)


def _show_profile(order: Order) -> None:
    from headwater.operate.profile import profiled  # noqa: PLC0415

    profile = profiled(order)
    for text in (profile.table(), *profile.sentences()):
        print(text)


def _show_dry_run(this_run: Run) -> None:
    from headwater.operate.dry_run import previews  # noqa: PLC0415

    sources, snapshots = previews(load_settings(this_run.tenant), this_run)
    show_rows(pd.DataFrame([preview.row() for preview in sources]), Format.TABLE)
    show_rows(
        pd.DataFrame(snapshots, columns=["table_name", "as_of"]).rename(
            columns={"as_of": "stale if rows differ"}
        ),
        Format.TABLE,
    )


@app.command()
def land(
    tenant: CHANGED = "",
    until: Annotated[str | None, typer.Option(help="Deliver only days before this one.")] = None,
    customers: Annotated[
        int | None, typer.Option(min=1, help="A smaller shop: only the first so many customers.")
    ] = None,
    promotions: Annotated[
        bool,
        typer.Option("--promotions", help="The promotions of every week too: 20.9 million rows."),
    ] = False,
) -> None:
    """Play the shop: write packaged data into the landing zone as a shop would deliver it."""
    from headwater.demo.shops import land as deliver  # noqa: PLC0415

    count = deliver(
        load_settings(tenant), day(until) if until else None, customers, promotions=promotions
    )
    console.print(f"{count} files delivered")


@app.command()
def doctor() -> None:
    """Try every part of the set-up, and say what to do about what fails."""
    from headwater.operate.doctor import doctor as examine  # noqa: PLC0415

    raise typer.Exit(0 if examine(console) else 1)


@app.command()
def docs() -> None:
    """Write conf/lineage.json, what every column comes from, docs/tables.md and
    docs/settings.md.
    """
    from headwater.docs.dictionary import write_tables_page  # noqa: PLC0415
    from headwater.docs.lineage import write_lineage  # noqa: PLC0415
    from lakehouse.lineage.column_lineage import LINEAGE_FILE  # noqa: PLC0415
    from settings.page import PAGE, write_table  # noqa: PLC0415

    if not IS_CHECKOUT:
        raise ValueError("`headwater docs` writes into a checkout; this is an installed package")
    write_lineage(LINEAGE_FILE)
    write_tables_page(ROOT / "docs/tables.md")
    write_table(ROOT / PAGE)


@app.command()
def demo(tenant: DEMOS = DEMO) -> None:
    """Land a year of data, run backfill, training and a daily run through Airflow, and show the
    result.
    """
    from headwater.demo.airflow_runs import run_demo  # noqa: PLC0415
    from headwater.operate.inspection import summary  # noqa: PLC0415

    land(tenant)
    code = run_demo(tenant, console)
    if code == 0:
        summary(load_settings(tenant), console)
    raise typer.Exit(code)


@app.command()
def up() -> None:
    """Start Airflow's scheduler and web page on this machine's loopback address."""
    from headwater.local.server import up as start  # noqa: PLC0415

    console.print(f"Airflow is at {start()}")


@app.command()
def down() -> None:
    """Stop Airflow."""
    from headwater.local.server import down as stop  # noqa: PLC0415

    console.print(f"{stop()} processes ended")
