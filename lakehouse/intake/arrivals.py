"""What of a source's deliveries a run takes in: which files of which days, and what a person should
know of the others.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lakehouse.base.run import Run
from lakehouse.contract.checks import ERROR, WARN
from lakehouse.intake.landing import (
    Delivery,
    DeliveryError,
    UnfinishedDelivery,
    deliveries,
    files_of,
    folder_of,
    landing_of,
)
from lakehouse.store import ops
from lakehouse.store.context import Context
from lakehouse.store.records import FileRecord, Outcome, outcome
from settings.model import Settings
from settings.sources import Source

LOADED, REPEATED, WITHDRAWN, MISSING = "loaded", "repeated", "withdrawn", "missing"
# of a file that is there, against the manifest
NEW, CHANGED, AS_LOADED = "new", "changed", "as_loaded"


@dataclass(frozen=True)
class Arrivals:
    """The files to load, the arrival days they replace in bronze, and what was noticed."""

    source: str
    days: list[date]
    files: list[Delivery]
    repeated: list[Delivery] = field(default_factory=list)
    withdrawn: list[FileRecord] = field(default_factory=list)
    missing: list[date] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def records(self, run: Run, rows: dict[str, int]) -> list[FileRecord]:
        """Rows for the manifest, once the files are loaded and counted."""
        kept = [
            _record(run, self.source, LOADED, delivery, rows.get(delivery.name, 0))
            for delivery in self.files
        ]
        again = [_record(run, self.source, REPEATED, delivery, None) for delivery in self.repeated]
        withdrawn = [
            replace(
                row,
                run_id=run.run_id,
                tenant=run.tenant,
                file_state=WITHDRAWN,
                loaded_at=ops.now(),
            )
            for row in self.withdrawn
        ]
        return [*kept, *again, *withdrawn, *missing_records(run, self.source, self.missing)]


def arrivals(context: Context, name: str) -> Arrivals:
    """What the run takes in of the source: its own days, and days that an earlier run found without
    a delivery that is there now.

    Raises:
        DeliveryError: a delivery is broken, or overdue by the source's promise; all are listed, and
            overdue days are kept in the manifest.
    """
    settings, source, own = (
        context.settings,
        context.settings.tenant.sources[name],
        set(context.run.days),
    )
    manifest = ops.newest_files(context.lake, name)
    loaded = loaded_of(manifest)
    arrived, missing = _arrived_and_missing(context, name, sorted(own))
    late = [
        day
        for day in sorted(_waiting(settings, manifest, own, arrived) - own)
        if files_of(settings, name, day)
    ]
    late_arrived, late_missing = _arrived_and_missing(context, name, late)
    arrived, missing = (
        sorted([*arrived, *late_arrived], key=lambda delivery: (delivery.day, delivery.name)),
        [*missing, *late_missing],
    )
    days = sorted([*own, *late])
    states = states_of(arrived, loaded, days)
    files, repeated = _without_repeated(settings, arrived, loaded, source)
    outcomes = [
        *_missing_outcomes(name, missing),
        *_repeated_outcomes(name, repeated),
        *_changed_outcomes(
            name, [delivery.name for delivery in files if states[delivery.name] == CHANGED]
        ),
        *_drift_outcomes(name, files, source),
        *_freshness(context, name, arrived, loaded),
    ]
    withdrawn = [loaded[file] for file, state in states.items() if state == WITHDRAWN]
    return Arrivals(
        name, [d for d in days if d not in missing], files, repeated, withdrawn, missing, outcomes
    )


def loaded_of(manifest: list[FileRecord]) -> dict[str, FileRecord]:
    """The manifest's rows of the files that are loaded, by name."""
    return {row.source_file: row for row in manifest if row.file_state == LOADED}


def states_of(
    arrived: list[Delivery], loaded: dict[str, FileRecord], days: list[date]
) -> dict[str, str]:
    """How each file of these days stands against the manifest, by name: new, changed, as it was
    loaded, or withdrawn.
    """
    states = {file: WITHDRAWN for file, row in loaded.items() if row.arrived_on in days}
    for delivery in arrived:
        before = loaded.get(delivery.name)
        states[delivery.name] = (
            NEW if before is None else AS_LOADED if before.sha256 == delivery.sha256 else CHANGED
        )
    return states


def _waiting(
    settings: Settings, manifest: list[FileRecord], own: set[date], arrived: list[Delivery]
) -> set[date]:
    """Days that were found without their delivery, and days of a file that was left out for one
    that is no longer there.
    """
    elsewhere = [row for row in manifest if row.file_state == LOADED and row.arrived_on not in own]
    there = {
        row.sha256 for row in elsewhere if (landing_of(settings) / row.source_file).exists()
    } | {delivery.sha256 for delivery in arrived}
    filled = {row.arrived_on for row in manifest if row.file_state in (LOADED, REPEATED)}
    return {
        row.arrived_on
        for row in manifest
        if (row.file_state == MISSING and row.arrived_on not in filled)
        or (row.file_state == REPEATED and row.sha256 not in there)
    }


def _arrived_and_missing(
    context: Context, name: str, days: list[date]
) -> tuple[list[Delivery], list[date]]:
    """The files of the days, and the days whose delivery is missing or unfinished but not
    overdue.
    """
    settings, source = context.settings, context.settings.tenant.sources[name]
    arrived: list[Delivery] = []
    missing: dict[date, str] = {}
    wrong: list[str] = []
    for day in days:
        try:
            here = deliveries(settings, name, [day])
            arrived += here
            if not here and source.delivery == "daily":
                missing[day] = (
                    f"{name} {day}: no file in {folder_of(settings, name) / str(day)}. "
                    "A closed day is a file with only a header; deliver it and run the day again"
                )
        except UnfinishedDelivery as error:
            missing[day] = str(error)
        except DeliveryError as error:
            wrong.append(str(error))
    if wrong:
        raise DeliveryError("\n".join(wrong))
    overdue = [
        day
        for day in missing
        if source.promise.when_missed == "error"
        and is_overdue(source, day, settings.tenant.zone, ops.now())
    ]
    if overdue:
        ops.record_files(context.lake, missing_records(context.run, name, list(missing)))
        raise DeliveryError("\n".join(missing[day] for day in overdue))
    return arrived, list(missing)


def is_overdue(source: Source, day: date, zone: str, now: datetime) -> bool:
    """Whether the delivery of the day should be there by now: promises are given in the tenant's
    zone, for the day after.
    """
    promise = source.promise
    if promise.by is None and promise.tolerated_days == 0:
        return True
    due = datetime.combine(
        day + timedelta(days=1 + promise.tolerated_days), promise.by or time.min, ZoneInfo(zone)
    )
    return now >= due


def _without_repeated(
    settings: Settings, arrived: list[Delivery], loaded: dict[str, FileRecord], source: Source
) -> tuple[list[Delivery], list[Delivery]]:
    """Files of events whose bytes are loaded under another name are left out; of entities, the same
    bytes on another day say it anew.
    """
    if source.event_date is None:
        return arrived, []
    names = {delivery.name for delivery in arrived}
    first = {
        row.sha256: file
        for file, row in loaded.items()
        if file not in names and (landing_of(settings) / file).exists()
    }
    files: list[Delivery] = []
    repeated: list[Delivery] = []
    for delivery in arrived:
        again = (
            not delivery.is_empty
            and first.setdefault(delivery.sha256, delivery.name) != delivery.name
        )
        (repeated if again else files).append(delivery)
    return files, repeated


def _missing_outcomes(name: str, missing: list[date]) -> list[Outcome]:
    message = (
        f"{name}: no whole delivery for {', '.join(map(str, missing))}; the next run after it"
        " arrives takes it in"
    )
    return [
        outcome(
            f"delivered({name})",
            WARN,
            not missing,
            float(len(missing)),
            "= 0 days missing",
            message,
        )
    ]


def _repeated_outcomes(name: str, repeated: list[Delivery]) -> list[Outcome]:
    message = (
        f"{name}: loaded before under another name, and left out:"
        f" {', '.join(delivery.name for delivery in repeated)}"
    )
    return [
        outcome(
            f"delivered_once({name})",
            WARN,
            not repeated,
            float(len(repeated)),
            "= 0 files repeated",
            message,
        )
    ]


def _changed_outcomes(name: str, changed: list[str]) -> list[Outcome]:
    message = f"{name}: changed since it was loaded, and taken in anew: {', '.join(changed)}"
    return [
        outcome(
            f"unchanged_files({name})",
            WARN,
            not changed,
            float(len(changed)),
            "= 0 files changed",
            message,
        )
    ]


def _drift_outcomes(name: str, files: list[Delivery], source: Source) -> list[Outcome]:
    new: dict[str, str] = {}
    for delivery in files:
        for column in delivery.unexpected(source):
            new.setdefault(column, delivery.name)
    message = f"{name}: new columns, kept in bronze and unknown to silver: " + ", ".join(
        f"{c} (first in {file})" for c, file in new.items()
    )
    return [
        outcome(
            f"no_new_columns({name})", WARN, not new, float(len(new)), "= 0 new columns", message
        )
    ]


def _freshness(
    context: Context, name: str, arrived: list[Delivery], loaded: dict[str, FileRecord]
) -> list[Outcome]:
    promise = context.settings.tenant.sources[name].promise
    if promise.within_days is None:
        return []
    days = [*(delivery.day for delivery in arrived), *(row.arrived_on for row in loaded.values())]
    newest = max((day for day in days if day < context.run.end), default=None)
    age = float((context.run.end - newest).days) if newest else None
    message = (
        f"{name}: the newest delivery is of {newest or 'no day at all'}, promised every"
        f" {promise.within_days} days; ask who delivers it"
    )
    level = ERROR if promise.when_missed == "error" else WARN
    return [
        outcome(
            f"fresh({name})",
            level,
            age is not None and age <= promise.within_days,
            age,
            f"<= {promise.within_days} days",
            message,
        )
    ]


def _record(run: Run, source: str, state: str, delivery: Delivery, rows: int | None) -> FileRecord:
    return FileRecord(
        run_id=run.run_id,
        tenant=run.tenant,
        source=source,
        source_file=delivery.name,
        file_state=state,
        sha256=delivery.sha256,
        arrived_on=delivery.day,
        loaded_at=ops.now(),
        file_bytes=delivery.bytes,
        file_rows=rows,
    )


def missing_records(run: Run, source: str, days: list[date]) -> list[FileRecord]:
    """Rows of the manifest for days without a delivery."""
    return [
        FileRecord(
            run_id=run.run_id,
            tenant=run.tenant,
            source=source,
            source_file="",
            file_state=MISSING,
            arrived_on=day,
            loaded_at=ops.now(),
        )
        for day in days
    ]
