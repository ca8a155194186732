"""How good a kind is on dates that nothing was chosen on, against the goals that were set
beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from models.judging import measures, rules
from models.judging.candidates import LABELS, rows_of
from models.kind import Draws, Kind, Limit, Tables
from models.learning.inputs import at
from models.learning.learner import Setup
from models.learning.windows import training_as_ofs, unlabelled

MEAN = "mean"


@dataclass(frozen=True)
class Window:
    """One evaluated date: its measures, and draws of those that have an interval."""

    as_of: date
    values: dict[str, float]
    draws: dict[str, np.ndarray]


def evaluated(
    kind: Kind, tables: Tables, as_ofs: list[date], setup: Setup, *, times: int = 1000
) -> pd.DataFrame:
    """One row per evaluated date and one for their mean: sizes, metrics with 95 % intervals, goals,
    and whether each was hit or missed.

    For a date E, models learn from windows whose labels all end by E. Intervals draw customers (not
    rows) with replacement, the same ones in every window, since a household's windows are not
    independent. The interval of the ECE lies high: drawing adds noise, and noise reads as
    miscalibration.

    Raises:
        ValueError: the label of a date is not complete; a date, or the windows before it, have too
            few labelled rows; or a model would be measured on days that it has learned from.
    """
    if setup.label and (young := unlabelled(setup.label, tables[LABELS], as_ofs)):
        raise ValueError(f"cannot evaluate: {young}.")
    rows = rows_of(kind, tables, setup.label)
    numbers = {
        customer: number for number, customer in enumerate(sorted(rows["customer_id"].unique()))
    }
    windows = [_window(kind, rows, as_of, setup, numbers, times) for as_of in sorted(as_ofs)]
    table = [_row(str(window.as_of), window.values, window.draws) for window in windows]
    mean = _row(
        MEAN, _mean([each.values for each in windows]), _mean([each.draws for each in windows])
    )
    return pd.DataFrame([_with_goals(row, kind.goals) for row in [*table, mean]])


def missed_goals(table: pd.DataFrame, goals: tuple[Limit, ...]) -> list[str]:
    """A sentence for each goal that the mean row of `evaluated` misses."""
    mean = table[table["as_of"] == MEAN].iloc[0]
    return [
        f"mean {goal.name} is {mean[goal.metric]:.4f}; the goal is {goal.rule.replace('_', ' ')}"
        f" {goal.value}"
        for goal in goals
        if mean[f"{goal.metric}_result"] == "miss"
    ]


def _window(
    kind: Kind,
    rows: pd.DataFrame,
    as_of: date,
    setup: Setup,
    numbers: dict[str, int],
    times: int,
) -> Window:
    wanted = [as_of, *training_as_ofs(as_of, kind.windows, setup)]
    learned = kind.learner.learn(kind.name, rows, wanted, setup)
    if learned.model is None:
        raise ValueError(f"cannot evaluate as of {as_of}: {learned.reason}.")
    if setup.label and learned.model.seen_until > as_of:
        sentence = rules.overlap(learned.model.seen_until, as_of)
        raise ValueError(f"cannot evaluate as of {as_of}: {sentence}.")
    judged = at(rows, [as_of])
    units = judged["customer_id"].map(numbers).to_numpy(dtype=int)
    measured = kind.measured_by
    return Window(
        as_of,
        measured.evaluated(learned.model, judged),
        measured.draws(learned.model, judged, units, Draws(len(numbers), times, setup.seed)),
    )


def _mean(windows: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: sum(window[name] for window in windows) / len(windows) for name in windows[0]}


def _row(as_of: str, values: dict[str, float], draws: dict[str, np.ndarray]) -> dict[str, object]:
    row: dict[str, object] = {"as_of": as_of}
    for name, value in values.items():
        row[name] = value
        if name in draws:
            row[f"{name}_low"], row[f"{name}_high"] = measures.interval(draws[name])
    return row


def _with_goals(row: dict[str, object], goals: tuple[Limit, ...]) -> dict[str, object]:
    with_goals = dict(row)
    for goal in goals:
        finding = rules.BOUNDS[goal.rule](goal.name, float(str(row[goal.metric])), goal.value)
        with_goals[f"{goal.metric}_goal"] = goal.value
        with_goals[f"{goal.metric}_result"] = "hit" if finding.passed else "miss"
    return with_goals
