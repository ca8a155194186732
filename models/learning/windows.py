"""Which as-of dates a kind learns from and is judged on, and which of them have labels: a label
looks some days ahead, and is null until all of them are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from models.learning.inputs import require_columns, with_plain_keys
from models.learning.learner import LabelWindow, Setup


@dataclass(frozen=True)
class Windows:
    """Which as-of dates a kind asks for: how many windows it learns from (None: as many as the
    setting says), and how many steps of the setting lie between two of them.
    """

    count: int | None = None
    every: int = 1


def lag_of(setup: Setup) -> int:
    """The days from an as-of date to the newest one whose label is complete by then.

    These are the days of the label; of a label longer than a step, the next whole number of steps,
    so that kinds with labels of different lengths share their as-of dates.
    """
    days, step = setup.label_days, setup.step_days
    return days if days <= step or not step else -(-days // step) * step


def judged_as_of(as_of: date, setup: Setup) -> date:
    """The newest as-of date whose label is complete on the day `as_of`."""
    return as_of - timedelta(days=lag_of(setup))


def training_as_ofs(evaluated: date, windows: Windows, setup: Setup) -> list[date]:
    """The as-of dates to learn from for an evaluation as of `evaluated`, newest first: their labels
    are all complete by that day.
    """
    newest, count = judged_as_of(evaluated, setup), windows.count
    step = setup.step_days * windows.every
    return [
        newest - timedelta(days=step * place)
        for place in range(setup.windows if count is None else count)
    ]


def wanted_as_ofs(as_of: date, windows: Windows, setup: Setup) -> list[date]:
    """The as-of dates of a training as of `as_of`, newest first: the one it is judged on, then
    those it learns from.
    """
    judged = judged_as_of(as_of, setup)
    return [judged, *training_as_ofs(judged, windows, setup)]


def ended_windows(newest_first: list[date], label_days: int) -> list[date]:
    """Of the as-of dates of training windows, those whose labels end by the newest of them:
    boosting is stopped on windows apart.
    """
    return [day for day in newest_first[1:] if day + timedelta(days=label_days) <= newest_first[0]]


def too_young(label: LabelWindow, as_ofs: Iterable[date], known_until: date | None) -> str:
    """A sentence that names the as-of dates whose labels are not complete on the day `known_until`,
    before which deliveries are known.

    It says of each until when it needs deliveries; all ends are exclusive. Empty when every label
    is complete.
    """
    return _sentence(
        label,
        {
            day: known_until
            for day in as_ofs
            if known_until is None or day + timedelta(days=label.days) > known_until
        },
    )


def unlabelled(label: LabelWindow, labels: pd.DataFrame, as_ofs: Iterable[date]) -> str:
    """The same sentence of those of the dates whose rows of `features_labels` have no label.

    Raises:
        MissingFeatureError: a label is null, and the frame does not say until when deliveries were
            known.
    """
    plain = with_plain_keys(labels)
    require_columns(plain, (label.name,))
    null = plain[plain["as_of"].isin([*as_ofs]) & plain[label.name].isna()]
    if null.empty:
        return ""
    require_columns(null, (label.known_until,))
    days = sorted(set(null["as_of"]))
    return _sentence(
        label,
        {
            day: max(null.loc[null["as_of"] == day, label.known_until].dropna(), default=None)
            for day in days
        },
    )


def _sentence(label: LabelWindow, known_by_day: Mapping[date, date | None]) -> str:
    if not known_by_day:
        return ""
    parts = (
        f"{day} (needs deliveries until {day + timedelta(days=label.days)}, known until"
        f" {known_by_day[day] or 'no day'})"
        for day in sorted(known_by_day)
    )
    return (
        f"too young for a label of {label.days} days: {', '.join(parts)}; run the stages features"
        " and labels again when they have arrived"
    )
