"""What every learner and every trained model can do, and what a run says of a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import pandas as pd

from models.learning.inputs import Features
from models.learning.reasons import Direction, Words
from models.learning.units import NO_CURRENCY


@dataclass(frozen=True)
class LabelWindow:
    """A label as it stands in `features_labels`: its column, how many days from the as-of date on
    it looks at, and the column that says until when these are known.
    """

    name: str
    days: int
    known_until: str


@dataclass(frozen=True)
class Setup:
    """What a run says of a training: the label that its kind names, and the tenant's settings.

    `windows` and `window_days` are how many windows are learned from and the days between two of
    them; 0 days are those of the label. A window with fewer than `rows_min` labelled rows is left
    out.
    """

    label: LabelWindow | None = None
    seed: int = 0
    threads: int = 1
    windows: int = 6
    window_days: int = 0
    currency: str = NO_CURRENCY
    words: Words = field(default_factory=dict)
    rows_min: int = 100

    @property
    def label_days(self) -> int:
        """The days of the label; 0 without one."""
        return self.label.days if self.label else 0

    @property
    def step_days(self) -> int:
        """The days between the as-of dates of two windows."""
        return self.window_days or self.label_days


class TrainedModel(Protocol):
    """A fitted model: immutable, picklable (it travels to Spark workers) and writable as plain
    files, never as a pickle.
    """

    @property
    def kind(self) -> str:
        """The name of its kind; with the tenant it makes the registry name."""
        ...

    @property
    def identity(self) -> str:
        """Sha256 over the rows, the code and the parameters the model was made from."""
        ...

    @property
    def features(self) -> Features:
        """The columns the model reads."""
        ...

    @property
    def seen_until(self) -> date:
        """The exclusive end of the days that it learned from; rows as of that day or later are new
        to it.
        """
        ...

    @property
    def train_as_ofs(self) -> tuple[date, ...]:
        """The as-of dates of the rows it learned from."""
        ...

    @property
    def requirements(self) -> tuple[str, ...]:
        """The packages that read it back."""
        ...

    def predict(self, frame: pd.DataFrame, *, reasons: bool = False) -> pd.DataFrame:
        """One row per row of `frame`: its keys and the score columns of its kind, with reasons on
        demand.
        """
        ...

    def importance(self) -> pd.Series:
        """How much each feature counts, largest first; empty where nobody can tell."""
        ...

    def with_words(self, words: Words, direction: Direction) -> TrainedModel:
        """The same model, saying its reasons in these words."""
        ...

    def to_files(self) -> dict[str, bytes]:
        """File name -> content; the `from_files` of its kind's learner reads them back."""
        ...


@dataclass(frozen=True)
class Learned:
    """What a learner made: a model, or the reason why there is none; its parameters, and what it
    measured on the way.
    """

    model: TrainedModel | None
    reason: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)
    tried: Mapping[str, float] = field(default_factory=dict)


class Learner(Protocol):
    """How a kind learns; `direction` is what reasons say of a feature that raises the score, and of
    one that lowers it.
    """

    @property
    def direction(self) -> Direction:
        """Both empty where there are no reasons."""
        ...

    def learn(self, kind: str, rows: pd.DataFrame, as_ofs: Sequence[date], setup: Setup) -> Learned:
        """A model of the rows of these dates, newest first, of which the first is the one it will
        be judged on. Too little history is a reason, not an error.
        """
        ...

    def from_files(self, files: Mapping[str, bytes]) -> TrainedModel:
        """The model that its `to_files` wrote."""
        ...
