"""What is usual for a day: each metric against the same weekdays of the eight weeks before, by
median and median absolute deviation.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lakehouse.contract.checks import ERROR, WARN, Level
from lakehouse.quality.metrics import WHOLE_ROW

# weeks looked back: the level of a shop drifts by 10 % and more over longer ones (complete_journey,
# January to March)
WEEKS = 8
# fewer earlier days of the same weekday pass unjudged: a median of three is one odd day away from
# anything
LEAST_WEEKS = 4
# fewer customers, orders or rows a day have no usual volume or values: ten orders are all of one
# store by chance
LEAST_EVENTS = 30
# the median absolute deviation of a normal distribution times this is its standard deviation
TO_SPREAD = 1.4826

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Limit:
    """How far a metric may lie from its median: `spreads` robust standard deviations, but never
    less than `least`.

    Shares are compared by difference; logs by the logarithm of the quotient, so that twice and half
    are equally far. `sides` names the side that is wrong. Values were chosen with all clean days of
    complete_journey in view (a first, tighter set stopped 11 of 337), before any fault was planted;
    docs/quality.md has what `make bench-quality` measures, and on a shop that they were not chosen
    on.
    """

    kind: Literal["volume", "duplicates", "completeness", "distinct", "values", "distribution"]
    scale: Literal["share", "log"]
    least: float
    spreads: float
    sides: Literal["both", "above", "below"] = "both"
    needs_events: bool = True


LIMITS = {
    "size": Limit("volume", "log", 0.50, 5.0),
    "rows_per_value": Limit("volume", "log", 0.40, 5.0),
    "duplicate_share": Limit("duplicates", "share", 0.02, 6.0, "above", needs_events=False),
    "completeness": Limit("completeness", "share", 0.05, 6.0, "below", needs_events=False),
    "distinct": Limit("distinct", "log", 0.50, 6.0),
    "mean": Limit("values", "log", 0.70, 6.0),
    "geometric_mean": Limit("values", "log", 0.70, 6.0),
    "zero_share": Limit("values", "share", 0.10, 6.0),
    **{f"bucket_{n}": Limit("distribution", "share", 0.15, 6.0) for n in range(1, 5)},
}
KINDS = tuple(dict.fromkeys(limit.kind for limit in LIMITS.values()))
WARN_AT = 0.8  # of the way to the limit: recorded as a warning


@dataclass(frozen=True)
class Anomaly:
    """One metric of one arrival day outside of what is usual, with the range that was expected, in
    the metric's own unit.
    """

    day: date
    column: str
    metric: str
    observed: float
    low: float
    high: float
    level: Level

    @property
    def check(self) -> str:
        """The name by which a person waives it: `size` of whole rows, `sales_value.mean` of a
        column.
        """
        return self.metric if self.column == WHOLE_ROW else f"{self.column}.{self.metric}"


def anomalies_of(metrics: pd.DataFrame, days: list[date], closed: list[str]) -> list[Anomaly]:
    """What is unusual about these arrival days, each judged by the days before it alone, as a daily
    run would judge it.

    `metrics` are those of `lakehouse.quality.metrics.read`, from eight weeks before the first day
    on. A day without rows is normal when `closed` names it (`12-25` or `2017-12-25`), and is no
    example for other days.
    """
    matrix = _as_matrix(metrics)
    if matrix is None:
        return []
    asked = set(days)
    places = [
        n
        for n, day in enumerate(matrix.days)
        if day in asked and (matrix.rows[n] > 0 or not _is_closed(day, closed))
    ]
    return [anomaly for place in places for anomaly in _of_day(matrix, place)]


def judged_days(metrics: pd.DataFrame, days: list[date]) -> list[date]:
    """Those of the days that have enough earlier days of their weekday to be judged by."""
    sizes = metrics[
        (metrics["column_name"] == WHOLE_ROW)
        & (metrics["metric"] == "size")
        & (metrics["value"] > 0)
    ]
    open_days = set(sizes["arrived_on"])
    return [
        day
        for day in days
        if sum(day - timedelta(weeks=n) in open_days for n in range(1, WEEKS + 1)) >= LEAST_WEEKS
    ]


@dataclass(frozen=True)
class Matrix:
    """Metrics by day (rows) and column and metric (columns): as measured, and as they are compared;
    `rows` is the size of each day.

    `events` are what comes independently of each other: the fewer of the day's customers and orders
    where they are known, else its rows.
    """

    days: list[date]
    names: list[tuple[str, str]]
    values: Vector
    compared: Vector
    rows: Vector
    events: Vector


def _as_matrix(metrics: pd.DataFrame) -> Matrix | None:
    """Only metrics that have a limit; None when no day has a size."""
    relevant = metrics[metrics["metric"].isin(list(LIMITS))]
    if not (relevant["metric"] == "size").any():
        return None
    table = relevant.pivot_table(
        index="arrived_on", columns=["column_name", "metric"], values="value", aggfunc="last"
    ).sort_index()
    names = [(str(name[0]), str(name[1])) for name in table.columns]
    values = table.to_numpy(dtype=float)
    compared = np.column_stack(
        [_compared(values[:, place], metric) for place, (_, metric) in enumerate(names)]
    )
    rows = values[:, names.index((WHOLE_ROW, "size"))]
    owners = [place for place, (_, metric) in enumerate(names) if metric == "rows_per_value"]
    events = rows / np.nan_to_num(values[:, owners], nan=1.0).max(axis=1, initial=1.0)
    return Matrix(list(table.index), names, values, compared, rows, events)


def _is_closed(day: date, closed: list[str]) -> bool:
    return str(day) in closed or f"{day:%m-%d}" in closed


def _compared(values: Vector, metric: str) -> Vector:
    """Shares as they are, the rest as logarithms; nan without a value."""
    return (
        values
        if LIMITS[metric].scale == "share"
        else np.log(np.where(values == 0, np.nan, np.abs(values)))
    )


def _of_day(matrix: Matrix, place: int) -> Iterator[Anomaly]:
    day = matrix.days[place]
    past = [
        n
        for n, other in enumerate(matrix.days)
        if day - timedelta(weeks=WEEKS) <= other < day and matrix.rows[n] > 0
    ]
    weekdays = np.array([matrix.days[n].weekday() for n in past])
    if (weekdays == day.weekday()).sum() < LEAST_WEEKS:
        return
    centre, spread = _baseline(matrix.compared[past], weekdays, day.weekday())
    events = float(np.median(matrix.events[past][weekdays == day.weekday()]))
    for n, (column, metric) in enumerate(matrix.names):
        limit, is_empty = LIMITS[metric], matrix.rows[place] == 0
        if (limit.needs_events and events < LEAST_EVENTS) or (is_empty and metric != "size"):
            continue
        reach = max(limit.least, limit.spreads * max(spread[n], _noise(metric, centre[n], events)))
        away = -np.inf if is_empty else matrix.compared[place, n] - centre[n]
        away = {"both": abs(away), "above": away, "below": -away}[limit.sides]
        if not away > WARN_AT * reach:  # a nan is not judged
            continue
        level, side = (ERROR, reach) if away > reach else (WARN, WARN_AT * reach)
        low, high = _measured(limit, centre[n] - side), _measured(limit, centre[n] + side)
        yield Anomaly(day, column, metric, float(matrix.values[place, n]), low, high, level)


def _baseline(past: Vector, weekdays: NDArray[np.int64], weekday: int) -> tuple[Vector, Vector]:
    """Median of the weekday, and the spread of all days around the medians of their own weekdays:
    eight values alone give no spread.
    """
    left = np.full_like(past, np.nan)
    centre = np.full(past.shape[1], np.nan)
    for day_of_week in np.unique(weekdays):
        median = _median(past[weekdays == day_of_week])
        left[weekdays == day_of_week] = past[weekdays == day_of_week] - median
        centre = median if day_of_week == weekday else centre
    return centre, TO_SPREAD * _median(np.abs(left))


def _median(values: Vector) -> Vector:
    """Per column, of the values that are there."""
    ordered, counts = np.sort(values, axis=0), (~np.isnan(values)).sum(axis=0)  # nan sorts last
    places = np.arange(values.shape[1])
    low, high = (
        ordered[np.maximum(counts - 1, 0) // 2, places],
        ordered[np.minimum(counts // 2, len(values) - 1), places],
    )
    return np.where(counts > 0, (low + high) / 2, np.nan)


def _noise(metric: str, centre: float, events: float) -> float:
    """What chance alone does: to a share p of n events the square root of p (1 - p) / n, to the
    logarithm of a count n n ** -0.5.
    """
    if LIMITS[metric].scale == "share":
        return float(np.sqrt(max(centre * (1 - centre), 0.0) / max(events, 1.0)))
    count = {"size": events, "distinct": np.exp(centre)}.get(metric, np.inf)
    return float(max(count, 1.0) ** -0.5)


def _measured(limit: Limit, value: float) -> float:
    """A compared value in the metric's own unit."""
    return float(np.clip(value, 0.0, 1.0) if limit.scale == "share" else np.exp(value))
