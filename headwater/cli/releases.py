"""What readers follow: list releases, show one, return to an earlier one."""

import json
from typing import Annotated

import pandas as pd
import typer

from headwater.cli.front import TENANT, Format, commands, console, show_rows
from jobs import DEMO
from jobs.main import CHANGED
from settings.model import Settings, load_settings

releases_app = commands(
    "release", "What readers follow: list releases, show one, return to an earlier one."
)


@releases_app.command("list")
def list_releases(tenant: TENANT = DEMO) -> None:
    """List releases, newest first."""
    from lakehouse.store.context import lake_of  # noqa: PLC0415
    from lakehouse.store.release import releases  # noqa: PLC0415

    rows = [
        {k: v for k, v in vars(r).items() if k != "tables"}
        for r in releases(lake_of(load_settings(tenant)))
    ]
    show_rows(pd.DataFrame(rows), Format.TABLE)


@releases_app.command("show")
def show_release(release_id: str, tenant: TENANT = DEMO) -> None:
    """Show the table and model versions of a release."""
    from lakehouse.store.context import lake_of  # noqa: PLC0415
    from lakehouse.store.release import ReleaseError, releases  # noqa: PLC0415

    matching = [r for r in releases(lake_of(load_settings(tenant))) if r.release_id == release_id]
    if not matching:
        raise ReleaseError(f"no release {release_id}; `headwater release list` shows them")
    print(json.dumps(vars(matching[0]), indent=2, default=str))


@releases_app.command("rollback")
def rollback_release(
    release_id: str,
    tenant: CHANGED = "",
    hold: Annotated[bool, typer.Option(help="Keep it until released by another rollback.")] = False,
) -> None:
    """Point readers and model aliases back to an earlier release."""
    from jobs.models.registry import registry_of  # noqa: PLC0415
    from lakehouse.store.context import lake_of  # noqa: PLC0415
    from lakehouse.store.release import rollback  # noqa: PLC0415
    from models.kinds import declared  # noqa: PLC0415
    from models.registry import tracking  # noqa: PLC0415

    settings: Settings = load_settings(tenant)
    back = rollback(lake_of(settings), release_id, hold=hold)
    for kind in declared():
        tracking.set_champion(registry_of(settings), tenant, kind, back.models.get(kind))
    console.print(f"readers follow {back.release_id} again" + (", held" if hold else ""))
