"""The stages train and gate: from the lake's features and labels to registered, judged models of
every kind.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta

import pandas as pd

from jobs.features.labels import deliveries_of
from jobs.models.registry import registry_of, setup_of
from lakehouse.contract.checks import WARN
from lakehouse.intake.horizon import known_until
from lakehouse.store import delta, ops
from lakehouse.store.context import Context
from lakehouse.store.records import outcome
from lakehouse.store.table_reading import rows_at
from models.judging.candidates import FEATURES, LABELS, trained
from models.kind import Kind, Tables
from models.kinds import declared
from models.learning.inputs import typed_frame
from models.learning.learner import LabelWindow
from models.learning.windows import lag_of, too_young, wanted_as_ofs
from models.registry.promotion import judge_and_promote, publish, stored_candidate
from settings.model import Settings

ORDERS = "bronze_orders"


def trained_as_of(context: Context, kind: Kind) -> date:
    """The date a training of the kind is as of: that of the run, or the day until which orders are
    known, where that is earlier.

    A shop whose newest delivery is late would otherwise find its newest label too young, week after
    week, and never train. A label of which even less is known, such as one over redemptions, goes
    back by whole steps, so that its kind shares the as-of dates of the others.
    """
    setup, asked = setup_of(context.settings, kind), max(context.run.as_ofs)
    if setup.label is None:
        return asked
    day = min(asked, known_until(context.settings, ORDERS) or date.max)
    label_known = label_known_until(context.settings, setup.label) or day
    steps = -(-max(0, (day - label_known).days) // setup.step_days)
    return day - timedelta(days=steps * setup.step_days)


def label_known_until(settings: Settings, label: LabelWindow) -> date | None:
    """The day before which the deliveries that complete a label are known; None without any."""
    return known_until(settings, deliveries_of(label.name))


def training_as_ofs(context: Context) -> list[date]:
    """The labelled as-of dates that the trainings of all kinds need, as far as the shop had opened
    by then; and of each kind the one whose label ends with the run.

    That one is among them where all deliveries are there. Else its label is null, for all to see,
    until labels are made again.
    """
    days: set[date] = set()
    for kind in declared().values():
        setup = setup_of(context.settings, kind)
        if setup.label:
            days.add(max(context.run.as_ofs) - timedelta(days=lag_of(setup)))
            days.update(wanted_as_ofs(trained_as_of(context, kind), kind.windows, setup))
    return sorted(day for day in days if day > context.settings.tenant.first_day)


def tables_of(kinds: Iterable[Kind]) -> tuple[str, ...]:
    """The tables that kinds learn from: features, labels and their populations."""
    return tuple(dict.fromkeys((FEATURES, LABELS, *(kind.population.table for kind in kinds))))


def train(context: Context) -> None:
    """Train and register a challenger of each kind; too little history is said, not an error.

    The clock of a kind starts where that of the one before stopped, so that the seconds of all are
    those of the stage.
    """
    started, registry, kinds = ops.now(), registry_of(context.settings), declared().values()
    tables = _frames(context, kinds)
    for kind in kinds:
        with _sparing(context, "train", kind, started):
            versions = {name: delta.version_of(context.lake / name) for name in tables_of([kind])}
            setup = setup_of(context.settings, kind)
            candidate = trained(kind, tables, trained_as_of(context, kind), setup)
            registered = publish(registry, context.run.tenant, kind, candidate, versions)
            message = (
                candidate.reason
                if registered is None
                else f"version {registered.version}, identity {registered.identity[:12]}"
                f"{_waiting(context, kind)}"
            )
            status = "warned" if registered is None else "done"
            _record(context, "train", kind, started, status, message)
        started = ops.now()


@contextmanager
def _sparing(context: Context, stage: str, kind: Kind, started: datetime) -> Iterator[None]:
    """A kind that is not published never makes a run fail: what goes wrong with it is recorded as a
    warning.
    """
    try:
        yield
    except Exception as error:
        if kind.is_published:
            raise
        _record(context, stage, kind, started, "warned", f"{type(error).__name__}: {error}")


def _waiting(context: Context, kind: Kind) -> str:
    """What is said of a model that is as of an earlier day than its run: which label is too
    young.
    """
    asked, setup = max(context.run.as_ofs), setup_of(context.settings, kind)
    if setup.label is None:
        return ""
    newest = asked - timedelta(days=lag_of(setup))
    young = too_young(setup.label, [newest], label_known_until(context.settings, setup.label))
    return f"; trained as of {trained_as_of(context, kind)}, not {asked}, {young}" if young else ""


def gate(context: Context) -> None:
    """Judge each challenger; only one that passes becomes champion."""
    started, kinds = ops.now(), declared().values()
    tables = _frames(context, kinds)
    for kind in kinds:
        with _sparing(context, "gate", kind, started):
            _judge(context, kind, tables, started)
        started = ops.now()


def _judge(context: Context, kind: Kind, tables: Tables, started: datetime) -> None:
    registry, setup = registry_of(context.settings), setup_of(context.settings, kind)
    day = trained_as_of(context, kind)
    candidate = stored_candidate(registry, context.run.tenant, kind, tables, day, setup)
    decision = judge_and_promote(registry, context.run.tenant, kind, candidate)
    outcomes = [
        replace(outcome(f.rule, WARN, f.passed, None, "", f.sentence), message=f.sentence)
        for f in decision.verdict.findings
    ]
    ops.record_checks(context.lake, context.run, "gate", f"model_{kind.name}", outcomes)
    message = (
        f"champion is version {decision.champion_after}"
        if decision.verdict.passed
        else "; ".join(decision.verdict.sentences)
    )
    status = "done" if decision.verdict.passed else "warned"
    _record(context, "gate", kind, started, status, message)


def rows_as_of(context: Context, table: str, as_ofs: Iterable[date]) -> pd.DataFrame:
    """The rows of a table as of some dates, in the types that it declares, read without a JVM."""
    return typed_frame(rows_at(context.lake / table, "as_of", sorted(as_ofs)))


def _frames(context: Context, kinds: Iterable[Kind]) -> Tables:
    wanted = {*training_as_ofs(context), max(context.run.as_ofs)}
    return {name: rows_as_of(context, name, wanted) for name in tables_of(kinds)}


def _record(
    context: Context, stage: str, kind: Kind, started: datetime, status: str, message: str
) -> None:
    ops.record(
        context.lake,
        context.run,
        stage,
        f"model_{kind.name}",
        started,
        status,
        said=message if status == "warned" else "",
    )
    print(f"headwater {stage} {kind.name}: {message}", flush=True)
