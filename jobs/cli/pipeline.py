"""Commands that run something: stages, the demo, Airflow, the doctor, the dictionary."""

from datetime import timedelta
from typing import Annotated

import pandas as pd
import typer

from jobs import DEMO
from jobs.cli.front import CHANGED, Format, app, console, day, show_rows
from lakehouse.settings import IS_CHECKOUT, REPOSITORY, load_settings

# The demo is of its own shop, whatever tenant the environment names.
DEMOS = Annotated[str, typer.Option("--tenant", "-t", help="A shop that `headwater land` can play.")]


@app.command()
def run(
    stages: Annotated[
        list[str], typer.Argument(help="fetch ingest silver features labels train gate score gold release report optimize vacuum")
    ],
    start: Annotated[str, typer.Option(help="First arrival day.")],
    end: Annotated[str, typer.Option(help="Day after the last arrival day (exclusive).")],
    tenant: CHANGED = "",
    as_of: Annotated[list[str] | None, typer.Option(help="Publish as of these dates instead of --end.")] = None,
    as_of_every: Annotated[int | None, typer.Option(help="Publish as of every N days, ending at --end.")] = None,
    stale: Annotated[bool, typer.Option("--stale", help="Publish anew every snapshot that waits for it, too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what the run would touch, and write nothing.")] = False,
    refetch: Annotated[bool, typer.Option("--refetch", help="Stage fetch: get days again that are there.")] = False,
) -> None:
    """Run stages of the pipeline over a range of arrival days, in one Spark application."""
    from jobs.pipeline import run as run_pipeline  # noqa: PLC0415
    from jobs.planning import plans, run_with_stale  # noqa: PLC0415
    from lakehouse.run import Run  # noqa: PLC0415

    first, last = day(start), day(end)
    dates = sorted({day(text) for text in as_of or []})
    if as_of_every:
        dates = sorted({*dates, *(last - timedelta(days=n) for n in range(0, (last - first).days, as_of_every))})
    settings, one = load_settings(tenant), Run(tenant, first, last, tuple(dates), refetch=refetch)
    if dry_run:
        found, snapshots = plans(settings, one)
        show_rows(pd.DataFrame([plan.row() for plan in found]), Format.TABLE)
        show_rows(pd.DataFrame(snapshots, columns=["table_name", "as_of"]).rename(columns={"as_of": "stale if rows differ"}), Format.TABLE)
    elif stale:
        run_with_stale(settings, one, stages)
    else:
        run_pipeline(settings, one, stages)


@app.command()
def land(
    tenant: CHANGED = "",
    until: Annotated[str | None, typer.Option(help="Deliver only days before this one.")] = None,
    customers: Annotated[int | None, typer.Option(min=1, help="A smaller shop: only the first so many customers.")] = None,
    promotions: Annotated[bool, typer.Option("--promotions", help="The promotions of every week too: 20.9 million rows.")] = False,
) -> None:
    """Play the shop: write packaged data into the landing zone as a shop would deliver it."""
    from jobs.landing import land as deliver  # noqa: PLC0415

    count = deliver(load_settings(tenant), day(until) if until else None, customers, promotions=promotions)
    console.print(f"{count} files delivered")


@app.command()
def doctor() -> None:
    """Try every part of the set-up, and say what to do about what fails."""
    from jobs.doctor import doctor as examine  # noqa: PLC0415

    raise typer.Exit(0 if examine(console) else 1)


@app.command()
def docs() -> None:
    """Write conf/lineage.json, what every column comes from, and docs/tables.md, the dictionary of all tables and columns."""
    from jobs.dictionary import write_tables_page  # noqa: PLC0415
    from jobs.lineage import write_lineage  # noqa: PLC0415
    from lakehouse.column_lineage import LINEAGE_FILE  # noqa: PLC0415

    if not IS_CHECKOUT:
        raise ValueError("`headwater docs` writes into a checkout; this is an installed package")
    write_lineage(LINEAGE_FILE)
    write_tables_page(REPOSITORY / "docs/tables.md")


@app.command()
def demo(tenant: DEMOS = DEMO) -> None:
    """Land a year of data, run backfill, training and a daily run through Airflow, and show the result."""
    from jobs.airflow.demo import run_demo  # noqa: PLC0415
    from jobs.catalog import summary  # noqa: PLC0415

    land(tenant)
    code = run_demo(tenant, console)
    if code == 0:
        summary(load_settings(tenant), console)
    raise typer.Exit(code)


@app.command()
def up() -> None:
    """Start Airflow's scheduler and web page on this machine's loopback address."""
    from jobs.airflow.server import up as start  # noqa: PLC0415

    console.print(f"Airflow is at {start()}")


@app.command()
def down() -> None:
    """Stop Airflow."""
    from jobs.airflow.server import down as stop  # noqa: PLC0415

    console.print(f"{stop()} processes ended")
