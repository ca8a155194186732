"""The first stage: what the databases and web APIs of a tenant have for the run's days, put into
the landing zone as files.

Everything after it is the same as for files that a shop delivers. A day that is there is left
alone, so that a backfill reads what was landed then, unless the run says `refetch`.
"""

import shutil
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from lakehouse.base.errors import UserError
from lakehouse.fetch.databases import fetch_table, write_no_rows
from lakehouse.fetch.fetched import FetchError, is_there, part_of, publish, recover
from lakehouse.fetch.webapis import fetch_pages, write_no_records
from lakehouse.intake.landing import folder_of
from lakehouse.store import ops
from lakehouse.store.context import Context
from lakehouse.store.ops import NOTHING, Counts
from settings.sources import Source


def fetch(context: Context) -> None:
    """Fetch every source that has `jdbc` or `api`, the others even when one fails.

    Raises:
        FetchError: sources could not be fetched; all are listed.
    """
    wrong: list[str] = []
    for name, source in context.settings.tenant.sources.items():
        if not (source.jdbc or source.api):
            continue
        started = ops.now()
        try:
            rows, message = _fetch(context, name, source)
        except UserError as error:
            wrong.append(str(error))
            ops.record(
                context.lake, context.run, "fetch", name, started, "failed", message=str(error)
            )
        else:
            counts = NOTHING if rows is None else Counts(rows, rows)
            ops.record(
                context.lake,
                context.run,
                "fetch",
                name,
                started,
                "unchanged" if rows is None else "done",
                counts,
                message=message,
            )
    if wrong:
        raise FetchError("\n".join(wrong))


def _fetch(context: Context, name: str, source: Source) -> tuple[int | None, str]:
    """Rows landed, None when there was nothing to fetch, and what a person should know."""
    folder = folder_of(context.settings, name)
    folder.mkdir(parents=True, exist_ok=True)
    recover(folder)
    zone = ZoneInfo(context.settings.tenant.zone)
    early = [
        day
        for day in context.run.days
        if ops.now() < datetime.combine(day + timedelta(days=1), time.min, zone)
    ]
    wanted = [
        day
        for day in context.run.days
        if day not in early and (context.run.refetch or not is_there(folder, day))
    ]
    message = (
        f"not over yet in {zone.key}, and so not fetched: {', '.join(map(str, early))}"
        if early
        else ""
    )
    rows = None
    for day in wanted:
        try:
            rows = (rows or 0) + _fetch_day(
                context, source, folder, day, is_newest=day == wanted[-1]
            )
        except UserError as error:
            raise FetchError(f"{name} {day}: {error}") from None
    return rows, message


def _fetch_day(
    context: Context, source: Source, folder: Path, day: date, *, is_newest: bool
) -> int:
    """Land one day. Where days cannot be told apart, the newest takes everything and those before
    it are without rows.
    """
    made = part_of(folder, day, "whole")
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    part = part_of(folder, day)
    mark: dict[str, Any] = {"rows": 0}
    if source.jdbc and (source.jdbc.is_of_a_day or is_newest):
        mark = fetch_table(context.spark, source, day, context.settings.tenant.zone, folder, made)
    elif source.api and (source.api.is_of_a_day or is_newest):
        mark = fetch_pages(source.api, day, part, made)
    elif source.jdbc:
        write_no_rows(source, made)
    else:
        write_no_records(made)
    publish(made, folder, day, mark | {"fetched_at": ops.now().isoformat()})
    shutil.rmtree(part, ignore_errors=True)
    return int(mark["rows"]) + int(mark.get("deleted", 0))
