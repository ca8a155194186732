"""`headwater run --dry-run`: says what a run would change and writes nothing."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from jobs.stages.pipeline import context_of
from lakehouse.base.caching import caching
from lakehouse.base.run import Run
from lakehouse.build.staleness import snapshots_of
from lakehouse.contract.layers import SILVER, bronze_of
from lakehouse.contract.mapping import event_date, refuse_senseless
from lakehouse.contract.table import TABLES
from lakehouse.intake.arrivals import AS_LOADED, CHANGED, NEW, WITHDRAWN, loaded_of, states_of
from lakehouse.intake.files import delivered_rows
from lakehouse.intake.landing import DeliveryError, deliveries, files_of, work_of
from lakehouse.store import delta, ops
from lakehouse.store.context import Context
from lakehouse.store.table_reading import values_above
from settings.model import Settings


@dataclass
class SourcePreview:
    """What a run would do with one source: how many files have which state, which days lack a file,
    and which event days the rows of the files have.
    """

    source: str
    files: Counter[str] = field(default_factory=lambda: Counter({WITHDRAWN: 0}))
    missing: list[date] = field(default_factory=list)
    wrong: str = ""
    event_days: list[date] = field(default_factory=list)

    def row(self) -> dict[str, object]:
        """The preview as one row of the table that the command shows."""
        days = self.event_days
        return {
            "source": self.source,
            **{state: self.files[state] for state in (NEW, CHANGED, AS_LOADED, WITHDRAWN)},
            "days_missing": len(self.missing),
            "event_days": len(days),
            "first_event_day": days[0] if days else None,
            "last_event_day": days[-1] if days else None,
            "wrong": self.wrong,
        }


def previews(settings: Settings, run: Run) -> tuple[list[SourcePreview], list[dict[str, object]]]:
    """One preview per source that has anything to do, and the published snapshots that would be
    stale if the rows of those days differ.

    The event days are those of the files' rows and of the rows that bronze has for the same arrival
    days. The run itself may find more days, since it also searches up to 400 arrival days back for
    earlier versions of the same keys. Nothing is written.
    """
    context = context_of(settings, run)
    every_source = [
        _preview(context, name) for name in settings.tenant.sources if bronze_of(name) in TABLES
    ]
    days = [day for preview in every_source for day in preview.event_days]
    with_work = [
        preview
        for preview in every_source
        if preview.files.total() or preview.missing or preview.wrong
    ]
    return with_work, _stale(context, min(days)) if days else []


def _preview(context: Context, name: str) -> SourcePreview:
    settings, days, preview = context.settings, context.run.days, SourcePreview(name)
    try:
        here = deliveries(settings, name, days)
    except DeliveryError as error:
        preview.wrong = str(error)
        return preview
    preview.files.update(
        states_of(here, loaded_of(ops.newest_files(context.lake, name)), days).values()
    )
    preview.missing = [
        day
        for day in days
        if settings.tenant.sources[name].delivery == "daily" and not files_of(settings, name, day)
    ]
    source, bronze = settings.tenant.sources[name], context.lake / bronze_of(name)
    with caching():
        rows, _ = delivered_rows(context.spark, source, here, work_of(settings, name))
        refuse_senseless(rows, source, name)
        dates = rows.select(event_date(source).alias("event_date"))
        if delta.exists(bronze):
            standing = delta.read(context.spark, bronze).where(delta.between("arrived_on", days))
            dates = dates.union(standing.select("event_date"))
        preview.event_days = sorted(
            row[0] for row in dates.distinct().collect() if row[0] is not None
        )
    return preview


def _stale(context: Context, first: date) -> list[dict[str, object]]:
    readers = sorted(
        {
            name
            for table in TABLES.values()
            if table.layer == SILVER.name
            for name in snapshots_of(table)
        }
    )
    dates = {name: values_above(context.lake / name, "as_of", first) for name in readers}
    return [
        {"table_name": name, "as_of": day}
        for name, as_ofs in dates.items()
        for day in as_ofs
        if day not in context.run.as_ofs
    ]
