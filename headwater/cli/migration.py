"""What a lake needs once after Headwater was renewed."""

from typing import Annotated

import typer

from headwater.cli.front import app
from jobs.main import CHANGED
from settings.model import load_settings


@app.command()
def migrate(
    tenant: CHANGED = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
) -> None:
    """Bring a lake that an older Headwater made to the format of this one; it may be killed and
    started again.
    """
    from headwater.operate.migration import migrate as bring  # noqa: PLC0415

    for sentence in bring(load_settings(tenant), dry_run=dry_run):
        print(sentence, flush=True)
