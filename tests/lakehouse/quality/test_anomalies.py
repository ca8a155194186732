"""What counts as unusual: numbers made by hand, no Spark. Twenty-eight usual days have 1,000 rows
each, Sundays 2,000.
"""

from collections.abc import Callable
from datetime import date, timedelta

import pandas as pd
import pytest

from lakehouse.quality.anomalies import LEAST_WEEKS, Anomaly, anomalies_of, judged_days

FIRST = date(2017, 1, 2)  # a Monday
MONDAY = FIRST + timedelta(weeks=6)


def size_of(day: date) -> float:
    return 2000.0 if day.weekday() == 6 else 1000.0


def weeks(
    count: int = 6, of: Callable[[date], float] = size_of
) -> list[tuple[date, str, str, float]]:
    days = [FIRST + timedelta(days=n) for n in range(7 * count)]
    return [row for day in days for row in usual_day(day, size=of(day))]


def usual_day(
    day: date,
    size: float = 1000.0,
    completeness: float = 1.0,
    mean: float = 3.0,
    repeated: float = 0.0,
) -> list[tuple[date, str, str, float]]:
    return [
        (day, "*", "size", size),
        (day, "*", "duplicate_share", repeated),
        (day, "amount", "completeness", completeness),
        (day, "amount", "mean", mean),
    ]


def anomalies(
    *rows: tuple[date, str, str, float], day: date = MONDAY, closed: tuple[str, ...] = ()
) -> list[Anomaly]:
    return anomalies_of(
        pd.DataFrame(rows, columns=["arrived_on", "column_name", "metric", "value"]),
        [day],
        list(closed),
    )


def test_a_usual_day_passes_and_a_sunday_is_compared_with_sundays() -> None:
    assert anomalies(*weeks(), *usual_day(MONDAY, size=1100)) == []
    sunday = MONDAY - timedelta(days=1)
    assert anomalies(*weeks(), day=sunday) == []
    assert [one.check for one in anomalies(*weeks(), *usual_day(MONDAY, size=2000))] == ["size"], (
        "as many as on a Sunday is too many"
    )


@pytest.mark.parametrize(
    ("day", "check"),
    [
        (usual_day(MONDAY, size=500), "size"),  # half
        (usual_day(MONDAY, completeness=0.5), "amount.completeness"),
        (usual_day(MONDAY, mean=300), "amount.mean"),
        (usual_day(MONDAY, repeated=0.5), "duplicate_share"),
    ],
)
def test_each_fault_is_named_with_its_range(
    day: list[tuple[date, str, str, float]], check: str
) -> None:
    (one,) = anomalies(*weeks(), *day)
    assert (one.check, one.level, one.day) == (check, "ERROR", MONDAY)
    assert not one.low <= one.observed <= one.high


def test_between_usual_and_stopping_there_is_a_warning() -> None:
    # the limit of the volume is exp(0.5) = 1.649 times the median, the warning begins at 80 % of
    # it: exp(0.4) = 1.492
    assert [one.level for one in anomalies(*weeks(), *usual_day(MONDAY, size=1640))] == ["WARN"]
    assert [one.level for one in anomalies(*weeks(), *usual_day(MONDAY, size=1660))] == ["ERROR"]
    assert anomalies(*weeks(), *usual_day(MONDAY, size=1480)) == []


def test_a_source_that_always_varies_has_wider_limits() -> None:
    """Every second week has twice the rows: twice is as usual as once."""
    restless = weeks(of=lambda day: size_of(day) * (1 + (day - FIRST).days // 7 % 2))
    assert anomalies(*restless, *usual_day(MONDAY, size=2500)) == []


def test_a_header_alone_is_normal_on_an_announced_day_and_never_an_example() -> None:
    empty = [(MONDAY, "*", "size", 0.0)]
    assert [one.check for one in anomalies(*weeks(), *empty)] == ["size"]
    assert anomalies(*weeks(), *empty, closed=("02-13",)) == []
    assert anomalies(*weeks(), *empty, closed=("2017-02-13",)) == []
    after = MONDAY + timedelta(weeks=1)
    assert anomalies(*weeks(), *empty, *usual_day(after), day=after) == []


def test_few_weeks_and_few_rows_pass_unjudged() -> None:
    early = FIRST + timedelta(weeks=LEAST_WEEKS - 1)
    assert anomalies(*weeks(LEAST_WEEKS - 1), *usual_day(early, size=1), day=early) == []
    small = weeks(of=lambda _: 5.0)
    assert anomalies(*small, (MONDAY, "*", "size", 0.0)) == []
    assert [
        one.check for one in anomalies(*small, *usual_day(MONDAY, size=5, completeness=0.0))
    ] == ["amount.completeness"]
    measured = pd.DataFrame(weeks(), columns=["arrived_on", "column_name", "metric", "value"])
    fifth = FIRST + timedelta(weeks=LEAST_WEEKS)
    assert judged_days(measured, [fifth - timedelta(days=1), fifth]) == [fifth]


def test_rows_of_few_customers_are_few_events() -> None:
    """A thousand rows a day of ten customers: half of them is chance; of five hundred customers it
    is not.
    """
    for customers, checks in ((10.0, []), (500.0, ["size"])):
        rows = [
            (day, "customer", "rows_per_value", size / customers)
            for day, _, metric, size in weeks()
            if metric == "size"
        ]
        now = [
            *usual_day(MONDAY, size=500),
            (MONDAY, "customer", "rows_per_value", 1000.0 / customers),
        ]
        assert [one.check for one in anomalies(*weeks(), *rows, *now)] == checks


def test_a_day_is_judged_by_the_days_before_it_alone() -> None:
    odd = usual_day(MONDAY, size=300)
    # seven weeks of a smaller shop
    later = [row for n in range(1, 50) for row in usual_day(MONDAY + timedelta(days=n), size=300)]
    alone = anomalies(*weeks(), *odd)
    assert [one.check for one in alone] == ["size"]
    assert anomalies(*weeks(), *odd, *later) == alone
