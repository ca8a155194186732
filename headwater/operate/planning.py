"""What a run would touch, told before anything is written."""

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
class TablePlan:
    """What a run would find of one source: files by how they stand, days without one, and the event
    days that their rows lie on.
    """

    source: str
    files: Counter[str] = field(default_factory=lambda: Counter({WITHDRAWN: 0}))
    missing: list[date] = field(default_factory=list)
    wrong: str = ""
    event_days: list[date] = field(default_factory=list)

    def row(self) -> dict[str, object]:
        """As one row of a table."""
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


def plans(settings: Settings, run: Run) -> tuple[list[TablePlan], list[dict[str, object]]]:
    """One plan per source with anything to do, and the published snapshots that would be stale if
    the rows of those days differ.

    Event days are those of the files' rows and of the rows that stand for the same arrival days;
    earlier versions of the same keys may add days of their own, up to 400 back, which only the run
    itself looks for. Nothing is written.
    """
    context = context_of(settings, run)
    table_plans = [
        _plan(context, name) for name in settings.tenant.sources if bronze_of(name) in TABLES
    ]
    days = [day for plan in table_plans for day in plan.event_days]
    with_work = [plan for plan in table_plans if plan.files.total() or plan.missing or plan.wrong]
    return with_work, _stale(context, min(days)) if days else []


def _plan(context: Context, name: str) -> TablePlan:
    settings, days, plan = context.settings, context.run.days, TablePlan(name)
    try:
        here = deliveries(settings, name, days)
    except DeliveryError as error:
        plan.wrong = str(error)
        return plan
    plan.files.update(
        states_of(here, loaded_of(ops.newest_files(context.lake, name)), days).values()
    )
    plan.missing = [
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
        plan.event_days = sorted(row[0] for row in dates.distinct().collect() if row[0] is not None)
    return plan


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
