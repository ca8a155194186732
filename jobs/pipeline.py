"""The whole pipeline as one call: the same for the command line, for Airflow's spark-submit and for the tests."""

import difflib
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import jobs
from features.registry import declared
from jobs import fetching, maintenance, publishing, training
from jobs.models.registry import champion
from lakehouse.context import Context
from lakehouse.run import Run
from lakehouse.runner import run_stage
from lakehouse.settings import Settings
from lakehouse.spark import session

Action = Callable[[Context], None]


@dataclass(frozen=True)
class Stage:
    """A step of the pipeline: it builds the tables of its name, or calls an action."""

    name: str
    action: Action | None = None


STAGES = (
    Stage("fetch", fetching.fetch), Stage("ingest"), Stage("silver"), Stage("features"), Stage("labels"), Stage("train", training.train),
    Stage("gate", training.gate), Stage("score"), Stage("gold"), Stage("release", publishing.release), Stage("report", publishing.report),
    Stage("optimize", maintenance.optimize), Stage("vacuum", maintenance.vacuum),
)  # fmt: skip
STAGE_NAMES = tuple(stage.name for stage in STAGES)
LEARNING = {"labels", "train", "gate"}


def declare_tables() -> None:
    """Import every module of the layers, so that their tables are known."""
    declared()
    for layer in ("bronze", "silver", "features", "models", "gold"):
        package = importlib.import_module(f"{jobs.__name__}.{layer}")
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{module.name}")


def run(settings: Settings, one: Run, stages: list[str]) -> None:
    """Run the stages in the house's order, in one Spark application.

    Raises:
        ValueError: an unknown stage; names the nearest match.
    """
    for name in stages:
        if name not in STAGE_NAMES:
            near = difflib.get_close_matches(name, STAGE_NAMES, 1)
            raise ValueError(f"no stage {name}." + (f" Did you mean {near[0]}?" if near else "") + f" There are: {', '.join(STAGE_NAMES)}")
    context = context_of(settings, one)
    for stage in STAGES:
        if stage.name in stages:
            here = replace(context, run=replace(one, as_ofs=as_ofs_of(context, stage.name, stages)))
            if stage.action:
                stage.action(here)
            else:
                run_stage(here, stage.name)


def context_of(settings: Settings, one: Run) -> Context:
    """A run at work: a session, every table known, champions pinned on first use."""
    declare_tables()
    return Context(session(settings), settings, one, partial(champion, settings))


def as_ofs_of(context: Context, stage: str, stages: list[str]) -> tuple[date, ...]:
    """The dates of a stage: a run that learns makes features of the training dates too, and labels of those alone."""
    if stage == "labels":
        return tuple(training.training_as_ofs(context))
    if stage == "features" and LEARNING & set(stages):
        return tuple(sorted({*context.run.as_ofs, *training.training_as_ofs(context)}))
    return context.run.as_ofs
