"""How good the models are on dates that nothing was chosen on."""

import sys
from contextlib import redirect_stdout
from typing import Annotated

import typer

from headwater.cli.front import Format, app, show_rows
from jobs.main import CHANGED, day
from settings.model import load_settings


@app.command("evaluate")
def evaluate_kind(
    kind: Annotated[str, typer.Argument(help="A kind of model: a file of models/kinds/.")],
    as_of: Annotated[list[str], typer.Option(help="Measure as of this date; once per date.")],
    tenant: CHANGED = "",
    format: Annotated[Format, typer.Option()] = Format.TABLE,
) -> None:
    """Fit a kind of model on the windows before each date and measure it on the days of its label
    from the date on; a goal that is missed is said to be.
    """
    from jobs.stages.evaluation import evaluate, shown  # noqa: PLC0415

    with redirect_stdout(sys.stderr):  # progress of the tables is not part of the answer
        table, missed = evaluate(load_settings(tenant), kind, sorted({day(text) for text in as_of}))
    show_rows(shown(table, kind) if format is Format.TABLE else table, format)
    for sentence in missed:
        print(f"missed: {sentence}", file=sys.stderr)
