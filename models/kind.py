"""The contract of a kind: one file in `models/kinds/` says all of it, as a `KIND`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, get_args

import numpy as np
import pandas as pd

from models.learning.inputs import VALUE
from models.learning.learner import Learner, TrainedModel
from models.learning.windows import Windows

# The score columns, as Spark declares them: a number, told with reasons in models_predictions; or
# what the tables of a kind say.
PROBABILITY = f"{VALUE} double"


@dataclass(frozen=True)
class Population:
    """Whom a kind is asked about: the rows of a table of features for which the SQL condition
    `where` on features_customers holds.

    `where` limits both who is scored and whom a model learns from and is judged on. A training
    takes, of these rows, those that have a label.

    `target` is the column of that table that says what is asked about a customer, such as a
    campaign; empty where there is one question per customer.
    """

    table: str = "features_customers"
    where: str = "true"
    target: str = ""


Bound = Literal["at_least", "at_most"]  # the rules that ask for a model and a number alone
BOUNDS: tuple[Bound, ...] = get_args(Bound)


@dataclass(frozen=True)
class Limit:
    """One rule of the gate, or one goal of an evaluation, as data.

    `rule` says what `value` is: the least or most that the metric may be, the least margin over the
    metric of the simple rule `baseline`, or how much worse than the champion a challenger may be.
    `unseen` wants labels of the judged days that the model has not learned from. `name` is the
    metric as people write it.
    """

    rule: Literal["unseen", "above_baseline", "as_champion"] | Bound
    name: str = ""
    metric: str = ""
    value: float = 0.0
    baseline: str = ""


UNSEEN = Limit("unseen")
DEFAULT_WINDOWS = Windows()


@dataclass(frozen=True)
class Draws:
    """How customers are drawn for intervals: from how many, how often, and by which seed."""

    units: int
    times: int
    seed: int


class Measured(Protocol):
    """How good a model is on rows."""

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns of an evaluation that a person reads first."""
        ...

    def metrics(self, model: TrainedModel, rows: pd.DataFrame) -> dict[str, float]:
        """What the limits of a kind ask for, by name.

        Raises:
            ValueError: the model cannot read the rows, or nothing can be measured on them.
        """
        ...

    def evaluated(self, model: TrainedModel, rows: pd.DataFrame) -> dict[str, float]:
        """Sizes and metrics of an evaluation."""
        ...

    def draws(
        self, model: TrainedModel, rows: pd.DataFrame, units: np.ndarray, count: Draws
    ) -> dict[str, np.ndarray]:
        """Values of metrics on customers drawn with replacement, for intervals; `units` numbers
        each row's customer. Empty where there are none.
        """
        ...

    def pictures(self, model: TrainedModel, rows: pd.DataFrame, folder: Path) -> list[Path]:
        """Pictures of the model on the rows, drawn into the folder."""
        ...


@dataclass(frozen=True)
class Kind:
    """A kind of model.

    `module` is the name of its file, whose last part is the kind's. `label` is the column of
    features_labels that it learns; empty for one that learns without. `columns` are its score
    columns, and `windows` the as-of dates that it asks for. `goals` are what an evaluation should
    reach. Only what is published may reach gold tables; what is not is trained, judged, scored and
    shown, and never makes a run fail.

    Raises:
        ValueError: a goal is none of the rules at_least and at_most.
    """

    module: str
    meaning: str
    learner: Learner
    measured_by: Measured
    limits: tuple[Limit, ...]
    label: str = ""
    population: Population = Population()
    windows: Windows = DEFAULT_WINDOWS
    columns: str = PROBABILITY
    goals: tuple[Limit, ...] = ()
    is_published: bool = False

    def __post_init__(self) -> None:
        """Refuse a goal that an evaluation cannot judge, which knows no champion."""
        if wrong := [goal for goal in self.goals if goal.rule not in BOUNDS]:
            listed = ", ".join(f"{goal.rule} of {goal.metric}" for goal in wrong)
            raise ValueError(
                f"{self.module} has the goals {listed}; a goal is one of {', '.join(BOUNDS)}"
            )

    @property
    def name(self) -> str:
        """With the tenant it makes the name in the registry."""
        return self.module.rpartition(".")[2]


Tables = Mapping[str, pd.DataFrame]  # tables of features by name, as of the dates of a training
