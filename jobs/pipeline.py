"""The whole pipeline as one call: the same for the command line, for Airflow's spark-submit and for the tests."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import replace

import jobs
from lakehouse.context import Context
from lakehouse.run import Run
from lakehouse.runner import run_stages
from lakehouse.settings import Settings
from lakehouse.spark import session

TABLE_STAGES = ("ingest", "silver", "features", "labels", "score", "gold")
ACTIONS: dict[str, Callable[[Context], None]] = {}
STAGES = ("ingest", "silver", "features", "labels")


def declare_tables() -> None:
    """Import every module of the layers, so that their tables are known."""
    for layer in ("bronze", "silver", "features", "models", "gold"):
        package = importlib.import_module(f"{jobs.__name__}.{layer}")
        for module in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{module.name}")


def run(settings: Settings, one: Run, stages: list[str]) -> None:
    """Run the stages in the house's order, in one Spark application.

    Raises:
        ValueError: an unknown stage.
    """
    unknown = [s for s in stages if s not in STAGES]
    if unknown:
        raise ValueError(f"no stage {', '.join(unknown)}; there are {', '.join(STAGES)}")
    declare_tables()
    context = Context(session(settings), settings, one)
    for stage in (s for s in STAGES if s in stages):
        if stage in TABLE_STAGES:
            run_stages(context, [stage])
        else:
            ACTIONS[stage](replace(context))
