"""Contributions into words: the strongest reasons behind a score, one per family of features."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from models.inputs import CATEGORY_PREFIX

REASONS = ("reason_1", "reason_2", "reason_3")
Words = Mapping[str, tuple[str, str]]  # feature -> its family, and the template that says its value: `last order {value} days ago`
WINDOW = re.compile(r"_(\d+)d$")


def reasons_in_words(contributions: pd.DataFrame, values: pd.DataFrame, words: Words) -> pd.DataFrame:
    """The three families that move each row's score most, strongest first, as reason_1..reason_3; null where fewer moved it.

    A family is what the words say, else the windows of one feature (`order_count_28d`, `order_count_91d`). The contributions of its members
    add up exactly, and one sentence speaks for them, about the member that moved most: otherwise all three reasons would often say the
    same thing.
    """
    names = list(contributions.columns)
    families = list(dict.fromkeys(family_of(name, words) for name in names))
    member = np.array([[family_of(name, words) == family for family in families] for name in names], dtype=float)
    single = contributions.to_numpy(dtype=float)
    total = single @ member
    ranked = np.argsort(-np.abs(total), axis=1, kind="stable")[:, : len(REASONS)]
    signed = np.sign(total) @ member.T * single
    cells = {name: values[name].to_numpy(dtype=object) for name in names}
    rows = []
    for at in range(len(contributions)):
        # A family's speaker is the member that pulled furthest in the family's own direction.
        speakers = [int(np.argmax(np.where(member[:, family] > 0, signed[at], -np.inf))) for family in ranked[at] if total[at, family] != 0]
        said = [_reason(names[i], cells[names[i]][at], signed[at, i] == single[at, i], words) for i in speakers]
        rows.append(said + [None] * (len(REASONS) - len(said)))
    return pd.DataFrame(rows, columns=list(REASONS), index=contributions.index, dtype=object)


def family_of(name: str, words: Words) -> str:
    """The family its words name, else its name without the window: `order_count_28d` -> `order_count`."""
    return words[name][0] if name in words else _plain(name)


def sentence(name: str, value: object, words: Words) -> str:
    """A feature and its value in words: the registered template, else the readable name."""
    if name in words and not pd.isna(value):  # type: ignore[call-overload]
        return words[name][1].replace("{value}", value_in_words(name, value))
    return f"{readable(name)}: {value_in_words(name, value)}"


def readable(name: str) -> str:
    """`amount_sum_28d` -> `amount sum in the last 28 days`."""
    window = WINDOW.search(name)
    plain = _plain(name).removeprefix(CATEGORY_PREFIX).replace("_", " ")
    return f"{plain} in the last {window.group(1)} days" if window else plain


def value_in_words(name: str, value: object) -> str:
    """A number as people write it: no needless decimals, shares in percent, null as `unknown`."""
    if pd.isna(value):  # type: ignore[call-overload]
        return "unknown"
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    if "share" in name:
        return f"{100 * number:.0f} %"
    if number == round(number) or abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if abs(number) >= 1 else f"{number:.2g}"


def _reason(name: str, value: object, raises: bool, words: Words) -> str | None:
    return f"{sentence(name, value, words)} ({'raises' if raises else 'lowers'} risk)"


def _plain(name: str) -> str:
    return WINDOW.sub("", name)
