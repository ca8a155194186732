"""Which labels are there: a label looks 28 days ahead, and is null until the orders of all of them
are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import pandas as pd

from models.churn import LABEL_DAYS
from models.inputs import LABEL, demand, with_plain_keys

KNOWN_UNTIL = "known_until"


def too_young(as_ofs: Iterable[date], known_until: date | None) -> str:
    """A sentence that names the as-of dates whose label windows are not over on the day
    `known_until`, before which orders are known.

    It says of each until when it needs orders; all ends are exclusive. Empty when every window is
    over.
    """
    return _sentence(
        {
            day: known_until
            for day in as_ofs
            if known_until is None or day + timedelta(days=LABEL_DAYS) > known_until
        }
    )


def unlabelled(labels: pd.DataFrame, as_ofs: Iterable[date]) -> str:
    """The same sentence of those of the dates whose rows of `features_labels` have no label.

    Raises:
        MissingFeatureError: a label is null, and the frame does not say until when orders were
            known.
    """
    plain = with_plain_keys(labels)
    null = plain[plain["as_of"].isin([*as_ofs]) & plain[LABEL].isna()]
    if null.empty:
        return ""
    demand(null, (KNOWN_UNTIL,))
    days = sorted(set(null["as_of"]))
    return _sentence(
        {
            day: max(null.loc[null["as_of"] == day, KNOWN_UNTIL].dropna(), default=None)
            for day in days
        }
    )


def _sentence(known: Mapping[date, date | None]) -> str:
    if not known:
        return ""
    said = (
        f"{day} (needs orders until {day + timedelta(days=LABEL_DAYS)}, known until"
        f" {known[day] or 'no day'})"
        for day in sorted(known)
    )
    return (
        f"too young for a label of {LABEL_DAYS} days: {', '.join(said)}; run the stages features"
        " and labels again when they have arrived"
    )
