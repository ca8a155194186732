"""The `headwater` command."""

import json
import sys
from contextlib import redirect_stdout
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table as Grid

from lakehouse.settings import REPOSITORY, Settings, load_settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A personalization lakehouse: raw customer data in, tables an app can read out.",
)
releases_app = typer.Typer(no_args_is_help=True, help="What readers follow: list releases, show one, return to an earlier one.")
app.add_typer(releases_app, name="release")
evaluate_app = typer.Typer(no_args_is_help=True, help="How good the models are on dates that nothing was chosen on.")
app.add_typer(evaluate_app, name="evaluate")
console = Console()

TENANT = Annotated[str, typer.Option("--tenant", "-t", help="A file name in conf/tenants/.")]
DEMO = "complete_journey"


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
    """What a person can mend; imported only now, so that `--help` and the doctor start without Spark."""
    from lakehouse.java import JavaError  # noqa: PLC0415

    if isinstance(error, JavaError):
        return 1
    if isinstance(error, ImportError):
        return None
    from lakehouse.contract import ContractError  # noqa: PLC0415
    from lakehouse.landing import DeliveryError  # noqa: PLC0415
    from lakehouse.ops import VanishedRows  # noqa: PLC0415
    from lakehouse.quality import CheckFailed  # noqa: PLC0415
    from lakehouse.release import ReleaseError  # noqa: PLC0415

    if isinstance(error, CheckFailed | DeliveryError | ContractError | VanishedRows | ReleaseError):
        return 1
    return 2 if isinstance(error, ValueError) else None


@app.command()
def run(
    stages: Annotated[list[str], typer.Argument(help="ingest silver features labels train gate score gold release report optimize vacuum")],
    start: Annotated[str, typer.Option(help="First arrival day.")],
    end: Annotated[str, typer.Option(help="Day after the last arrival day (exclusive).")],
    tenant: TENANT = DEMO,
    as_of: Annotated[list[str] | None, typer.Option(help="Publish as of these dates instead of --end.")] = None,
    as_of_every: Annotated[int | None, typer.Option(help="Publish as of every N days, ending at --end.")] = None,
) -> None:
    """Run stages of the pipeline over a range of arrival days, in one Spark application."""
    from jobs.pipeline import run as run_pipeline  # noqa: PLC0415
    from lakehouse.run import Run  # noqa: PLC0415

    first, last = day(start), day(end)
    dates = sorted({day(text) for text in as_of or []})
    if as_of_every:
        dates = sorted({*dates, *(last - timedelta(days=n) for n in range(0, (last - first).days, as_of_every))})
    settings = load_settings(tenant)
    run_pipeline(settings, Run(tenant, first, last, tuple(dates)), stages)


@app.command()
def land(
    tenant: TENANT = DEMO,
    until: Annotated[str | None, typer.Option(help="Deliver only days before this one.")] = None,
    customers: Annotated[int | None, typer.Option(min=1, help="A smaller shop: only the first so many customers.")] = None,
) -> None:
    """Play the shop: write the demo data into the landing zone as a shop would deliver it."""
    from jobs.landing import land as deliver  # noqa: PLC0415

    if tenant != DEMO:
        raise ValueError(f"only {DEMO} can be landed: other tenants deliver their own files")
    count = deliver(load_settings(tenant), day(until) if until else None, customers)
    console.print(f"{count} files delivered")


@app.command()
def tables(tenant: TENANT = DEMO, format: Annotated[Format, typer.Option()] = Format.TABLE) -> None:
    """List the tables: layer, path, version, rows, key and columns."""
    from jobs.catalog import catalog  # noqa: PLC0415

    rows = catalog(load_settings(tenant))
    if format is Format.JSON:
        print(json.dumps(rows, indent=2, default=str))
        return
    show_rows(
        pd.DataFrame([{k: v for k, v in row.items() if k in ("name", "layer", "version", "rows", "key", "slice_by")} for row in rows]),
        format,
    )


@app.command()
def show(
    table: str,
    tenant: TENANT = DEMO,
    customer: Annotated[str | None, typer.Option(help="Only this customer.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Only this as-of date.")] = None,
    limit: Annotated[int, typer.Option(min=1)] = 20,
    format: Annotated[Format, typer.Option()] = Format.TABLE,
) -> None:
    """Show rows of a table, at the released version when there is one."""
    from jobs.catalog import age_of, rows_of  # noqa: PLC0415

    settings = load_settings(tenant)
    show_rows(rows_of(settings, table, customer, day(as_of) if as_of else None, limit), format)
    print(age_of(settings, table), file=sys.stderr)


@app.command()
def path(table: str, tenant: TENANT = DEMO) -> None:
    """Print the path of a table and its released version."""
    from jobs.catalog import place_of  # noqa: PLC0415

    place, version = place_of(load_settings(tenant), table)
    print(f"{place} {version}")


@app.command()
def lineage(table: str) -> None:
    """Show what a table is built from and what is built from it."""
    from jobs.catalog import downstream, upstream  # noqa: PLC0415

    for title, names in (("built from", upstream(table)), ("read by", downstream(table))):
        console.print(f"{table} is {title}: {', '.join(names) or 'nothing'}")


@app.command()
def runs(
    tenant: TENANT = DEMO,
    limit: Annotated[int, typer.Option(min=1)] = 40,
    stale: Annotated[bool, typer.Option("--stale", help="Only snapshots that days before them have changed under since.")] = False,
    format: Annotated[Format, typer.Option()] = Format.TABLE,
) -> None:
    """Show what the latest runs did to each table."""
    from jobs.catalog import newest_runs  # noqa: PLC0415

    show_rows(newest_runs(load_settings(tenant), limit, stale=stale), format)


@releases_app.command("list")
def list_releases(tenant: TENANT = DEMO) -> None:
    """List releases, newest first."""
    from lakehouse.context import lake_of  # noqa: PLC0415
    from lakehouse.release import releases  # noqa: PLC0415

    found = [{k: v for k, v in vars(r).items() if k != "tables"} for r in releases(lake_of(load_settings(tenant)))]
    show_rows(pd.DataFrame(found), Format.TABLE)


@releases_app.command("show")
def show_release(release_id: str, tenant: TENANT = DEMO) -> None:
    """Show the table and model versions of a release."""
    from lakehouse.context import lake_of  # noqa: PLC0415
    from lakehouse.release import ReleaseError, releases  # noqa: PLC0415

    found = [r for r in releases(lake_of(load_settings(tenant))) if r.release_id == release_id]
    if not found:
        raise ReleaseError(f"no release {release_id}; `headwater release list` shows them")
    print(json.dumps(vars(found[0]), indent=2, default=str))


@releases_app.command("rollback")
def rollback_release(
    release_id: str, tenant: TENANT = DEMO, hold: Annotated[bool, typer.Option(help="Keep it until released by another rollback.")] = False
) -> None:
    """Point readers and model aliases back to an earlier release."""
    from jobs.models.registry import KINDS, registry_of  # noqa: PLC0415
    from lakehouse.context import lake_of  # noqa: PLC0415
    from lakehouse.release import rollback  # noqa: PLC0415
    from models import tracking  # noqa: PLC0415

    settings: Settings = load_settings(tenant)
    back = rollback(lake_of(settings), tenant, release_id, hold=hold)
    for kind in KINDS:
        tracking.set_champion(registry_of(settings), tenant, kind, back.models.get(kind))
    console.print(f"readers follow {back.release_id} again" + (", held" if hold else ""))


@evaluate_app.command("churn")
def evaluate_churn_model(
    as_of: Annotated[list[str], typer.Option(help="Measure as of this date; once per date.")],
    tenant: TENANT = DEMO,
    format: Annotated[Format, typer.Option()] = Format.TABLE,
) -> None:
    """Fit on the windows before each date and measure on the 28 days after it; a goal that is missed is said to be."""
    from jobs.evaluation import evaluate, shown  # noqa: PLC0415

    with redirect_stdout(sys.stderr):  # progress of the tables is not part of the answer
        table, missed = evaluate(load_settings(tenant), sorted({day(text) for text in as_of}))
    show_rows(shown(table) if format is Format.TABLE else table, format)
    for sentence in missed:
        print(f"missed: {sentence}", file=sys.stderr)


@app.command()
def doctor() -> None:
    """Try every part of the set-up, and say what to do about what fails."""
    from jobs.doctor import doctor as examine  # noqa: PLC0415

    raise typer.Exit(0 if examine(console) else 1)


@app.command()
def docs() -> None:
    """Write docs/tables.md, the dictionary of all tables and columns, from their definitions."""
    from jobs.dictionary import write_tables_page  # noqa: PLC0415

    write_tables_page(REPOSITORY / "docs/tables.md")


@app.command()
def demo(tenant: TENANT = DEMO) -> None:
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
