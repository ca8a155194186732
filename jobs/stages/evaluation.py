"""`headwater evaluate KIND`: how good a kind of model is on dates that nothing was chosen on."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd

from jobs.models.registry import registry_of, setup_of
from jobs.stages.pipeline import at_work, declare_tables
from jobs.stages.training import label_known_until, rows_as_of, tables_of
from lakehouse.base.run import Run
from lakehouse.build.runner import run_stage
from lakehouse.store import delta
from lakehouse.store.context import lake_of
from models.judging.evaluation import MEAN, evaluated, missed_goals
from models.kind import Kind
from models.kinds import kind_of
from models.learning.windows import too_young, training_as_ofs
from models.registry import tracking
from settings.model import Settings


def evaluate(settings: Settings, name: str, as_ofs: list[date]) -> tuple[pd.DataFrame, list[str]]:
    """Build features and labels of the dates and of their training windows, fit, measure, and log
    to MLflow.

    Returns one row per date and one for their mean (see `evaluated`), and a sentence per goal that
    the mean misses. The snapshots of these dates are built again from today's silver, as whenever
    someone names an as-of date.

    Raises:
        ValueError: there is no kind of this name, the label window of a date is not over, or a date
            or its training windows have no labelled rows.
    """
    declare_tables()
    kind = kind_of(name)
    setup, first = setup_of(settings, kind), settings.tenant.first_day
    if setup.label:
        known_until = label_known_until(settings, setup.label)
        if young := too_young(setup.label, as_ofs, known_until):
            raise ValueError(f"cannot evaluate: {young}.")
    run = Run(
        settings.tenant.name, first, max(*as_ofs, first + timedelta(days=1)), tuple(sorted(as_ofs))
    )
    stages = ["features", "labels"] if setup.label else ["features"]
    with at_work(settings, run, stages) as context:
        learned_from = (d for as_of in as_ofs for d in training_as_ofs(as_of, kind.windows, setup))
        wanted = {*as_ofs, *(day for day in learned_from if day > first)}
        for stage in stages:
            run_stage(replace(context, run=replace(run, as_ofs=tuple(sorted(wanted)))), stage)
        tables = {table: rows_as_of(context, table, wanted) for table in tables_of([kind])}
    table = evaluated(kind, tables, as_ofs, setup)
    versions = {table: delta.version_of(lake_of(settings) / table) for table in tables}
    _log(settings, kind, table, versions)
    return table, missed_goals(table, kind.goals)


def shown(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The evaluation as people read it: four digits, intervals beside their values, hit or miss
    beside the goals.
    """
    kind, rows = kind_of(name), table.to_dict("records")
    cells = {column: [_cell(row, column) for row in rows] for column in kind.measured_by.shown}
    goals = {
        f"{goal.metric} goal": [
            f"{row[f'{goal.metric}_goal']:g} {row[f'{goal.metric}_result']}" for row in rows
        ]
        for goal in kind.goals
    }
    return pd.DataFrame(cells | goals)


def _cell(row: dict[Any, Any], name: str) -> str:
    value = row[name]
    if not isinstance(value, float):
        return str(value)
    if name in ("customers", "rows", "clusters"):
        return f"{value:,.0f}"
    return f"{value:.4f}" + (
        f" [{row[f'{name}_low']:.4f}, {row[f'{name}_high']:.4f}]" if f"{name}_low" in row else ""
    )


def _log(settings: Settings, kind: Kind, table: pd.DataFrame, versions: dict[str, int]) -> None:
    numbers = {
        f"{name}/{row['as_of']}": float(value)
        for row in table.to_dict("records")
        for name, value in row.items()
        if isinstance(value, float) and not str(name).endswith("_goal")
    }
    dates = [str(day) for day in table["as_of"] if day != MEAN]
    tracking.log_evaluation(
        registry_of(settings), settings.tenant.name, kind.name, dates, numbers, versions
    )
