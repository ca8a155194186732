"""The whole pipeline as one call: the same for the command line, for Airflow's spark-submit and for
the tests.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import partial

from features.declaring import declared
from jobs.models.registry import champion
from jobs.stages import maintenance, publishing, training
from jobs.stages.declaring import declare_layers
from lakehouse.base.asking import asking
from lakehouse.base.errors import storage_errors
from lakehouse.base.run import Run
from lakehouse.base.spark import session
from lakehouse.build.runner import run_stage
from lakehouse.build.staleness import SNAPSHOT
from lakehouse.contract.layers import (
    BRINGING,
    FEATURES,
    LAYERS,
    LEARNING,
    SILVER,
    STAGE_NAMES,
    stages_until,
)
from lakehouse.contract.table import TABLES
from lakehouse.fetch import stage as fetching
from lakehouse.intake.horizon import refuse_far_ahead, too_far_ahead
from lakehouse.store import ledger, ops
from lakehouse.store.context import Context, lake_of
from lakehouse.store.lease import leased
from settings.model import Settings
from settings.nearest import did_you_mean

Action = Callable[[Context], None]


ACTIONS: dict[str, Action] = {  # of the stages that build no tables
    "fetch": fetching.fetch,
    "train": training.train,
    "gate": training.gate,
    "release": publishing.release,
    "report": publishing.report,
    "optimize": maintenance.optimize,
    "vacuum": maintenance.vacuum,
}


def declare_tables() -> None:
    """Import every module of the layers, so that their tables are known."""
    declared()
    declare_layers(*LAYERS)


def run(settings: Settings, this_run: Run, stages: list[str]) -> None:
    """Run the stages in the house's order, in one Spark application.

    Raises:
        ValueError: an unknown stage; names the nearest match.
        TooFarAhead: the stages make or read snapshots, and one would lie too long after the newest
            delivery; nothing was built.
    """
    for name in stages:
        if name not in STAGE_NAMES:
            raise ValueError(
                f"no stage {name}."
                + did_you_mean(name, STAGE_NAMES)
                + f" There are: {', '.join(STAGE_NAMES)}"
            )
    with at_work(settings, this_run, stages) as context:
        if {*stages} & {
            *LEARNING,
            *(table.stage for table in TABLES.values() if table.slice_by == SNAPSHOT),
        }:
            refuse_far_ahead(context, arriving=bool({*stages} & BRINGING))
        for stage in STAGE_NAMES:
            if stage in stages:
                here = replace(
                    context, run=replace(this_run, as_ofs=as_ofs_of(context, stage, stages))
                )
                if stage in ACTIONS:
                    with asking(here.spark, stage, "the stage"):
                        _act(here, ACTIONS[stage])
                else:
                    run_stage(here, stage)


def run_with_stale(settings: Settings, this_run: Run, stages: list[str]) -> None:
    """Run the stages; those after silver also for the as-of date of every published snapshot that
    is stale once silver stands.
    """
    first = [stage for stage in stages if stage in stages_until(SILVER.stage)]
    if first:
        run(settings, this_run, first)
    waiting = {stale.as_of for stale in ops.stale_snapshots(lake_of(settings))}
    if ahead := too_far_ahead(settings, waiting):  # published before such dates were refused
        print(
            "headwater leaves stale, as too long after the newest delivery:"
            f" {', '.join(map(str, ahead))}",
            flush=True,
        )
        waiting -= {*ahead}
    rest = [stage for stage in stages if stage not in first]
    if rest:
        run(settings, replace(this_run, as_ofs=tuple(sorted({*this_run.as_ofs, *waiting}))), rest)


@contextmanager
def at_work(settings: Settings, this_run: Run, stages: list[str]) -> Iterator[Context]:
    """A run at work: the lake's lease, then a session.

    Raises:
        LeaseTaken: another run holds the lake for longer than this one may wait.
    """
    work = f"{' '.join(stages)} {this_run.start} to {this_run.end}"
    with leased(lake_of(settings), this_run.run_id, work, settings.lease) as lease:
        yield replace(context_of(settings, this_run), lease=lease)


def context_of(settings: Settings, this_run: Run) -> Context:
    """A session, every table known, champions pinned on first use; it holds no lease, so it is for
    looking alone.
    """
    declare_tables()
    return Context(session(settings), settings, this_run, partial(champion, settings))


def _act(context: Context, action: Action) -> None:
    """An action of a stage, on a lake that is whole and still this run's."""
    ledger.refuse_damage(context.lake, context.run.tenant)
    if context.lease:
        context.lease.check()
    with storage_errors(context.lake):
        action(context)


def as_ofs_of(context: Context, stage: str, stages: list[str]) -> tuple[date, ...]:
    """The dates of a stage: a run that learns makes features of the training dates too, and labels
    of those alone.
    """
    if stage == "labels":
        return tuple(training.labelled_as_ofs(context))
    if stage == FEATURES.stage and LEARNING & set(stages):
        return tuple(sorted({*context.run.as_ofs, *training.labelled_as_ofs(context)}))
    return context.run.as_ofs
