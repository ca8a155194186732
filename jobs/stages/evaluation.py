"""`headwater evaluate churn`: how good the churn model is on dates that nothing was chosen on."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd

from jobs.features.labels import ORDERS
from jobs.models.registry import registry_of
from jobs.stages.pipeline import at_work, declare_tables
from jobs.stages.training import LEARNED_FROM, churn_settings, rows_as_of
from lakehouse.base.run import Run
from lakehouse.build.runner import run_stage
from lakehouse.intake.horizon import known_until
from lakehouse.store import delta
from lakehouse.store.context import lake_of
from models import tracking
from models.churn import training_as_ofs
from models.evaluation import MEAN, evaluate_churn, missed_goals
from models.labels import too_young
from settings.model import Settings

SHOWN = (
    "as_of",
    "customers",
    "churn_share",
    "auc",
    "recency_auc",
    "gain",
    "average_precision",
    "brier",
    "ece",
)
GOALS = ("auc", "gain", "ece")


def evaluate(settings: Settings, as_ofs: list[date]) -> tuple[pd.DataFrame, list[str]]:
    """Build features and labels of the dates and of their training windows, fit, measure, and log
    to MLflow.

    Returns one row per date and one for their mean (see `evaluate_churn`), and a sentence per goal
    that the mean misses. The snapshots of these dates are built again from today's silver, as
    whenever someone names an as-of date.

    Raises:
        ValueError: the label window of a date is not over, or a date or its training windows have
            no labelled rows.
    """
    declare_tables()
    if young := too_young(as_ofs, known_until(settings, ORDERS)):
        raise ValueError(f"cannot evaluate: {young}.")
    first = settings.tenant.first_day
    run = Run(
        settings.tenant.name, first, max(*as_ofs, first + timedelta(days=1)), tuple(sorted(as_ofs))
    )
    with at_work(settings, run, ["features", "labels"]) as context:
        learning = churn_settings(context)
        wanted = {
            *as_ofs,
            *(
                day
                for one in as_ofs
                for day in training_as_ofs(one, learning.windows, learning.step_days)
                if day > first
            ),
        }
        for stage in ("features", "labels"):
            run_stage(replace(context, run=replace(run, as_ofs=tuple(sorted(wanted)))), stage)
        features, labels = (rows_as_of(context, name, wanted) for name in LEARNED_FROM)
    table = evaluate_churn(features, labels, as_ofs, learning)
    _log(
        settings, table, {name: delta.version_of(lake_of(settings) / name) for name in LEARNED_FROM}
    )
    return table, missed_goals(table)


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """The evaluation as people read it: four digits, intervals beside their values, hit or miss
    beside the goals.
    """
    cells = {name: [_cell(row, name) for row in table.to_dict("records")] for name in SHOWN}
    goals = {
        f"{name} goal": [
            f"{row[f'{name}_goal']:g} {row[f'{name}_result']}" for row in table.to_dict("records")
        ]
        for name in GOALS
    }
    return pd.DataFrame(cells | goals)


def _cell(row: dict[Any, Any], name: str) -> str:
    value = row[name]
    if not isinstance(value, float):
        return str(value)
    if name == "customers":
        return f"{value:,.0f}"
    return f"{value:.4f}" + (
        f" [{row[f'{name}_low']:.4f}, {row[f'{name}_high']:.4f}]" if f"{name}_low" in row else ""
    )


def _log(settings: Settings, table: pd.DataFrame, versions: dict[str, int]) -> None:
    numbers = {
        f"{name}/{row['as_of']}": float(value)
        for row in table.to_dict("records")
        for name, value in row.items()
        if isinstance(value, float) and not str(name).endswith("_goal")
    }
    dates = [str(day) for day in table["as_of"] if day != MEAN]
    tracking.log_evaluation(
        registry_of(settings), settings.tenant.name, "churn", dates, numbers, versions
    )
