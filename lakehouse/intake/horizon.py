"""Until when deliveries are known, and how far beyond them a snapshot may lie."""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

from lakehouse.base.errors import UserError
from lakehouse.contract.table import TABLES
from lakehouse.intake.arrivals import LOADED
from lakehouse.store import ops
from lakehouse.store.context import Context, lake_of
from settings.model import Settings


class TooFarAhead(UserError):
    """A snapshot would lie so long after the newest delivery that it would tell of the silence
    since, and not of the customers.
    """


def newest_delivery(lake: Path, sources: Iterable[str]) -> date | None:
    """The newest arrival day of which the manifest says that a file of one of these sources is
    loaded; None when there is none.

    A closed day, whose file holds no row, counts: its deliverer said that nothing happened.
    """
    return max(
        (file.arrived_on for file in ops.newest_files(lake, *sources) if file.file_state == LOADED),
        default=None,
    )


def known_until(settings: Settings, table: str) -> date | None:
    """The day before which the deliveries to a bronze table are known: the day after the newest
    that is loaded; None without one.
    """
    newest = newest_delivery(lake_of(settings), [TABLES[table].source])
    return newest and newest + timedelta(days=1)


def too_far_ahead(settings: Settings, as_ofs: Iterable[date]) -> list[date]:
    """The dates that lie more than `snapshots.days_ahead` after the newest delivery, in order; none
    where nothing was delivered.
    """
    newest = newest_delivery(lake_of(settings), settings.tenant.sources)
    return sorted(
        day for day in as_ofs if newest and (day - newest).days > settings.snapshots.days_ahead
    )


def refuse_far_ahead(context: Context, *, arriving: bool = False) -> None:
    """Refuse as-of dates more than `snapshots.days_ahead` after the newest delivery; `arriving`
    counts the run's own days as delivered.

    A lake without any delivery has nothing that could be told of a wrong date, so it is left to the
    stages to say what is missing.

    Raises:
        TooFarAhead: names date, newest delivery, days and setting.
    """
    settings, as_of = context.settings, max(context.run.as_ofs)
    loaded = newest_delivery(context.lake, settings.tenant.sources)
    newest = max(filter(None, (loaded, context.run.days[-1] if arriving else None)), default=None)
    allowed = settings.snapshots.days_ahead
    if newest and (as_of - newest).days > allowed:
        limit_name = (
            "the newest delivery" if newest == loaded else "the last day that this run takes in"
        )
        raise TooFarAhead(
            f"{settings.tenant.name}: a snapshot as of {as_of} would lie {(as_of - newest).days:,}"
            f" days after {newest}, {limit_name}; at most {allowed} are allowed"
            " (snapshots.days_ahead in conf/base.yml). Name an earlier date with --as-of or"
            " --end, or ingest what has been delivered since"
        )
