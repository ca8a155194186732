"""Names for clusters: what sets each apart from the whole population, in words, never from the
cluster's number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from models.learning.units import MONEY, NO_CURRENCY, counted, in_currency

# Per feature: what a centroid is called at far below, below, above and far above the population's
# mean.
WORDS: dict[str, tuple[str, str, str, str]] = {
    "days_since_last_order": ("just seen", "recently seen", "not seen lately", "long not seen"),
    "order_count": ("few orders", "occasional buyers", "frequent buyers", "very frequent buyers"),
    "amount_sum": ("low spend", "modest spend", "big spend", "very big spend"),
}
TYPICAL = {
    "days_since_last_order": ("days", "{} since the last order"),
    "order_count": ("orders", "{}"),
    "amount_sum": (MONEY, "spent {}"),
}
# In standard deviations: about a third of a normal population lies within 0.4 of the mean, and one
# in six beyond 1.
CLEAR, FAR = 0.4, 1.0


def names_of(
    features: Sequence[str], centres: np.ndarray, typical: np.ndarray, currency: str = NO_CURRENCY
) -> tuple[str, ...]:
    """One unique name per cluster, in the order of `centres`.

    `centres` are standardised (0 is the population's mean, 1 a standard deviation), `typical` the
    same clusters in days, orders and the currency. A name tells the two strongest clear deviations;
    clusters that would share it tell all three; those that still do add what is typical of them.
    Only the numbers of a cluster enter its name, so numbering the clusters otherwise changes
    nothing.
    """
    names = [_in_words(features, centre, 2) for centre in centres]
    names = _where_shared(names, [_in_words(features, centre, len(features)) for centre in centres])
    for digits in (2, 4, 8, 16):
        names = _where_shared(
            names,
            [
                f"{name} ({_values(features, row, digits, currency)})"
                for name, row in zip(names, typical, strict=True)
            ],
        )
    if len(set(names)) < len(names):
        raise ValueError(
            f"two clusters are the same in every number: {', '.join(names)}; lower k_max"
        )
    return tuple(names)


def _in_words(features: Sequence[str], centre: np.ndarray, count: int) -> str:
    strongest = sorted(range(len(features)), key=lambda i: (-abs(centre[i]), features[i]))
    levels = [_level(features[i], centre[i]) for i in strongest if abs(centre[i]) >= CLEAR][:count]
    if not levels:
        return "typical customers"
    return ", ".join(levels) if len(levels) > 1 else f"{levels[0]}, otherwise typical"


def _level(feature: str, deviation: float) -> str:
    far_below, below, above, far_above = WORDS[feature]
    if deviation < 0:
        return far_below if deviation <= -FAR else below
    return far_above if deviation >= FAR else above


def _where_shared(names: Sequence[str], longer: Sequence[str]) -> list[str]:
    counts = Counter(names)
    return [other if counts[name] > 1 else name for name, other in zip(names, longer, strict=True)]


def _values(features: Sequence[str], typical: np.ndarray, digits: int, currency: str) -> str:
    return ", ".join(
        _value(name, value, digits, currency) for name, value in zip(features, typical, strict=True)
    )


def _value(name: str, value: float, digits: int, currency: str) -> str:
    unit, template = TYPICAL[name]
    number = _rounded(value, digits)
    return template.format(
        in_currency(number, currency) if unit == MONEY else counted(number, unit)
    )


def _rounded(value: float, digits: int) -> str:
    """`about 1,200` rather than 1.2e+03; past two digits the number has that many, as two clusters
    differ only there.
    """
    if value == 0:
        return "0"
    decimals = digits - 1 - int(np.floor(np.log10(abs(value))))
    if digits > 2 or value < 1:
        written = f"{value:,.{max(0, decimals)}f}"
        return written.rstrip("0").rstrip(".") if "." in written else written
    return f"about {round(value, min(0, decimals)):,.0f}"
