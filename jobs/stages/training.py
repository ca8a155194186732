"""The stages train and gate: from the lake's features and labels to registered, judged models of
every kind.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache, partial

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
from models.learning.learner import LabelWindow, Setup
from models.learning.windows import lag_of, too_young, wanted_as_ofs
from models.registry.promotion import judge_and_promote, publish, stored_candidate
from models.registry.tracking import Registry
from settings.model import Settings

ORDERS = "bronze_orders"


@dataclass(frozen=True)
class KindTraining:
    """What a run's training of one kind is: with which setup, as of which date, and until which day
    the deliveries that complete its label are known (None: nobody knows, or it has no label).
    """

    kind: Kind
    setup: Setup
    as_of: date
    known_until: date | None = None


def trainings(context: Context) -> list[KindTraining]:
    """The training of every kind.

    It is as of the run's date, or of the day until which orders are known, where that is earlier: a
    shop whose newest delivery is late would otherwise find its newest label too young, week after
    week, and never train. A label of which even less is known, such as one over redemptions, goes
    back by whole steps, so that its kind shares the as-of dates of the others.
    """
    # the manifest is read once per table, however many kinds ask
    known = cache(partial(known_until, context.settings))
    return [_training(context, kind, known) for kind in declared().values()]


def _training(context: Context, kind: Kind, known: Callable[[str], date | None]) -> KindTraining:
    setup, asked = setup_of(context.settings, kind), max(context.run.as_ofs)
    if setup.label is None:
        return KindTraining(kind, setup, asked)
    day, label_known = min(asked, known(ORDERS) or date.max), known(deliveries_of(setup.label.name))
    steps = -(-max(0, (day - (label_known or day)).days) // setup.step_days)
    return KindTraining(kind, setup, day - timedelta(days=steps * setup.step_days), label_known)


def label_known_until(settings: Settings, label: LabelWindow) -> date | None:
    """The day before which the deliveries that complete a label are known; None without any."""
    return known_until(settings, deliveries_of(label.name))


def labelled_as_ofs(context: Context) -> list[date]:
    """The labelled as-of dates that the trainings of all kinds need, as far as the shop had opened
    by then; and of each kind the one whose label ends with the run.

    That one is among them where all deliveries are there. Else its label is null, for all to see,
    until labels are made again.
    """
    return _as_ofs_of(context, trainings(context))


def _as_ofs_of(context: Context, run_trainings: list[KindTraining]) -> list[date]:
    days: set[date] = set()
    for training in run_trainings:
        if training.setup.label:
            days.add(max(context.run.as_ofs) - timedelta(days=lag_of(training.setup)))
            days.update(wanted_as_ofs(training.as_of, training.kind.windows, training.setup))
    return sorted(day for day in days if day > context.settings.tenant.first_day)


def tables_of(kinds: Iterable[Kind]) -> tuple[str, ...]:
    """The tables that kinds learn from: features, labels and their populations."""
    return tuple(dict.fromkeys((FEATURES, LABELS, *(kind.population.table for kind in kinds))))


def train(context: Context) -> None:
    """Train and register a challenger of each kind; too little history is said, not an error.

    The clock of a kind starts where that of the one before stopped, so that the seconds of all are
    those of the stage.
    """
    started, registry, run_trainings = ops.now(), registry_of(context.settings), trainings(context)
    tables = _frames(context, run_trainings)
    for training in run_trainings:
        kind = training.kind
        with _sparing(context, "train", kind, started):
            versions = {name: delta.version_of(context.lake / name) for name in tables_of([kind])}
            candidate = trained(kind, tables, training.as_of, training.setup)
            registered = publish(registry, context.run.tenant, kind, candidate, versions)
            message = (
                candidate.reason
                if registered is None
                else f"version {registered.version}, identity {registered.identity[:12]}"
                f"{_waiting(context, training)}"
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


def _waiting(context: Context, training: KindTraining) -> str:
    """What is said of a model that is as of an earlier day than its run: which label is too
    young.
    """
    asked, setup = max(context.run.as_ofs), training.setup
    if setup.label is None:
        return ""
    newest = asked - timedelta(days=lag_of(setup))
    young = too_young(setup.label, [newest], training.known_until)
    return f"; trained as of {training.as_of}, not {asked}, {young}" if young else ""


def gate(context: Context) -> None:
    """Judge each challenger; only one that passes becomes champion."""
    started, registry, run_trainings = ops.now(), registry_of(context.settings), trainings(context)
    tables = _frames(context, run_trainings)
    for training in run_trainings:
        with _sparing(context, "gate", training.kind, started):
            _judge(context, registry, training, tables, started)
        started = ops.now()


def _judge(
    context: Context, registry: Registry, training: KindTraining, tables: Tables, started: datetime
) -> None:
    kind, day, setup = training.kind, training.as_of, training.setup
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


def _frames(context: Context, run_trainings: list[KindTraining]) -> Tables:
    wanted = {*_as_ofs_of(context, run_trainings), max(context.run.as_ofs)}
    names = tables_of(training.kind for training in run_trainings)
    return {name: rows_as_of(context, name, wanted) for name in names}


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
        message=message if status == "warned" else "",
    )
    print(f"headwater {stage} {kind.name}: {message}", flush=True)
