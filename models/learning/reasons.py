"""Contributions into words: the strongest reasons behind a score, one per family of features."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from models.learning.inputs import CATEGORY_PREFIX
from models.learning.units import HOUR, MONEY, RATIO, SHARE, in_unit

REASONS = ("reason_1", "reason_2", "reason_3")
# feature -> its family, what says its value (`last order {value} ago`), the unit of the value, and
# what is said of null (`no order yet`)
Words = Mapping[str, tuple[str, str, str, str]]
# what is said of a reason that raises the score, and of one that lowers it
Direction = tuple[str, str]
WINDOW = re.compile(r"_(\d+)d$")
NOT_TOLD = "unknown"  # the value of a category that the shop did not tell
# The first that stands in a name wins: `amount_share` is a share.
UNITS_BY_WORD = {
    "share": SHARE,
    "ratio": RATIO,
    "trend": RATIO,
    "days": "days",
    "amount": MONEY,
    "hour": HOUR,
}


def reasons_in_words(
    contributions: pd.DataFrame, values: pd.DataFrame, words: Words, direction: Direction
) -> pd.DataFrame:
    """The three families that move each row's score most, strongest first, as reason_1..reason_3;
    null where fewer moved it.

    A family is what the words say, else the windows of one feature (`order_count_28d`,
    `order_count_91d`). The contributions of its members add up exactly, and one sentence speaks for
    them, about the member that moved most: otherwise all three reasons would often say the same
    thing.
    """
    names = list(contributions.columns)
    families = list(dict.fromkeys(family_of(name, words) for name in names))
    member = np.array(
        [[family_of(name, words) == family for family in families] for name in names], dtype=float
    )
    single = contributions.to_numpy(dtype=float)
    total = single @ member
    ranked = np.argsort(-np.abs(total), axis=1, kind="stable")[:, : len(REASONS)]
    signed = np.sign(total) @ member.T * single
    cells = {name: values[name].to_numpy(dtype=object) for name in names}
    rows = []
    for at in range(len(contributions)):
        # A family's speaker is the member that pulled furthest in the family's own direction.
        speakers = [
            int(np.argmax(np.where(member[:, family] > 0, signed[at], -np.inf)))
            for family in ranked[at]
            if total[at, family] != 0
        ]
        sentences = [
            f"{sentence(names[i], cells[names[i]][at], words)}"
            f" ({direction[0 if signed[at, i] == single[at, i] else 1]})"
            for i in speakers
        ]
        rows.append(sentences + [None] * (len(REASONS) - len(sentences)))
    return pd.DataFrame(rows, columns=list(REASONS), index=contributions.index, dtype=object)


def family_of(name: str, words: Words) -> str:
    """The family its words name, else its name without the window: `order_count_28d` ->
    `order_count`.
    """
    return words[name][0] if name in words else _plain(name)


def saved_words(saved: Mapping[str, Sequence[str]]) -> Words:
    """The words of a saved model. Those saved without unit and words for null say numbers without
    units, so they are left out.
    """
    return {
        name: (entry[0], entry[1], entry[2], entry[3])
        for name, entry in saved.items()
        if len(entry) == 4
    }


def sentence(name: str, value: object, words: Words) -> str:
    """A feature and its value in words: as registered, else the readable name and the value in the
    unit that the name tells.
    """
    if name not in words:
        return _named(name, value)
    _, template, unit, null = words[name]
    return null if _is_null(value) else template.replace("{value}", value_in_words(value, unit))


def readable(name: str) -> str:
    """`amount_sum_28d` -> `amount sum in the last 28 days`."""
    window = WINDOW.search(name)
    plain = _plain(name).removeprefix(CATEGORY_PREFIX).replace("_", " ")
    return f"{plain} in the last {window.group(1)} days" if window else plain


def value_in_words(value: object, unit: str) -> str:
    """A text as it is, true and false as yes and no, a number in its unit; the value is not
    null.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return in_unit(float(value), unit)  # type: ignore[arg-type]


def unit_of(name: str) -> str:
    """The unit that a column's name tells, as names of columns do: `order_count` counts orders;
    empty where it tells none.
    """
    parts = _plain(name).split("_")
    for word, unit in UNITS_BY_WORD.items():
        if word in parts:
            return unit
    if parts[-1] == "count" and len(parts) > 1:
        return re.sub("y$", "ie", parts[-2]) + "s"
    return parts[0] if parts[1:2] == ["per"] else ""


def _named(name: str, value: object) -> str:
    if name.startswith(CATEGORY_PREFIX) or isinstance(value, str):
        return (
            f"{readable(name)} not told"
            if _is_null(value) or value == NOT_TOLD
            else f"{readable(name)}: {value}"
        )
    return (
        f"{readable(name)}: {'none' if _is_null(value) else value_in_words(value, unit_of(name))}"
    )


def _is_null(value: object) -> bool:
    return bool(pd.isna(value))  # type: ignore[call-overload]


def _plain(name: str) -> str:
    return WINDOW.sub("", name)
