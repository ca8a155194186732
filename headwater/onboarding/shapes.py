"""What the values of a column look like: numbers and how they are written, dates and in which
order.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

# a column is of a type when more than half of its values are: as deliveries are judged
from lakehouse.intake.type_drift import MOST

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DATE = re.compile(
    r"^(?P<date>(?P<a>\d{1,4})(?P<sep>[-/."
    r" ])(?P<b>\d{1,2}|[A-Za-z]{3,9})(?P=sep)(?P<c>\d{1,4})|(?P<compact>(?:19|20)\d{6}))"
    r"(?:(?P<gap>, |["
    r" T])(?P<hour>\d{1,2}):(?P<minute>\d{2})(?P<second>:\d{2})?(?P<part>\.\d{1,9})?(?P<half>"
    r" ?[AaPp][Mm])?"
    r"(?P<zone> ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?)?$"
)
EPOCH = re.compile(r"^1\d{9}(\d{3})?$")  # seconds or milliseconds from 2001 to 2033
NUMBER = re.compile(r"^[-+]?(\d+|\d{1,3}([.,'\u00a0\u202f ]\d{3})+)([.,]\d+)?$")
MARKS = re.compile(r"[€$£¥₹\u00a0\u202f ']|\b(?:EUR|USD|GBP|CHF|TWD|JPY)\b")
SYMBOLS = {"€": "EUR", "£": "GBP", "₹": "INR"}  # `$` and `¥` are of several countries


class When(NamedTuple):
    """How a column writes dates: Spark patterns (none for ISO), whether the day precedes the month,
    a time and a zone.
    """

    patterns: tuple[str, ...]
    day_first: bool | None
    has_time: bool
    has_zone: bool
    epoch: int = 0  # 1 for seconds since 1970, 1000 for milliseconds


@dataclass(frozen=True)
class Amounts:
    """How a column writes numbers: the decimal mark (None: the values leave it open), and
    characters to be left out.
    """

    decimal: str | None
    dropped: str

    def expression(self, column: str) -> str:
        """Spark SQL for the number as Spark reads it; a text that is no number stays none."""
        if self.decimal == ",":
            return f"translate({column}, {_quoted(',' + self.dropped)}, '.')"
        return f"translate({column}, {_quoted(self.dropped)}, '')" if self.dropped else column


def not_empty(values: Iterable[str]) -> list[str]:
    """The values that are there, without spaces around them."""
    return [v for value in values if (v := value.strip())]


def is_number(value: str) -> bool:
    """Whether a text is a number in any of the usual ways of writing one."""
    return bool(NUMBER.match(MARKS.sub("", value)))


def are_numbers(values: Iterable[str]) -> bool:
    """Whether more than half of the values that are there are numbers."""
    there = not_empty(values)
    return bool(there) and sum(map(is_number, there)) > MOST * len(there)


def amounts_of(values: Iterable[str]) -> Amounts:
    """The way in which the numbers of a column are written."""
    there = [value for value in not_empty(values) if is_number(value)]
    marks = "".join(sorted(set("".join("".join(MARKS.findall(value)) for value in there))))
    plain = [MARKS.sub("", value) for value in there]
    comma = sum(bool(re.search(r",(\d{1,2}|\d{4,})$|\.\d{3},\d+$", v)) for v in plain)
    point = sum(bool(re.search(r"\.(\d{1,2}|\d{4,})$|,\d{3}\.\d+$", v)) for v in plain)
    commas, points = any("," in v for v in plain), any("." in v for v in plain)
    if comma > point:
        return Amounts(",", ("." if points else "") + marks)
    if point or not commas:
        # only 1.234 is left open: a thousand or one and a bit; Spark reads the latter
        open_ = points and not point and all(re.search(r"\.\d{3}$", v) for v in plain if "." in v)
        return Amounts(None if open_ else ".", ("," if commas else "") + marks)
    return Amounts(None, "," + marks)


def number(value: str, how: Amounts) -> float | None:
    """The number that a text is, None when it is none."""
    text = value.strip()
    for mark in how.dropped:
        text = text.replace(mark, "")
    try:
        return float(text.replace(",", ".") if how.decimal == "," else text)
    except ValueError:
        return None


def are_dates(values: Iterable[str], *, named: bool = False) -> bool:
    """Whether more than half of the values that are there are dates; bare digits only where the
    column is `named` like one.
    """
    there = not_empty(values)
    return bool(there) and sum(_is_date(value, named) for value in there) > MOST * len(there)


def _is_date(value: str, named: bool) -> bool:
    match = DATE.match(value)
    if match is None:
        return named and bool(EPOCH.match(value))
    if match["compact"]:
        return named and _day(match, day_first=None) is not None
    return _day(match, day_first=True) is not None or _day(match, day_first=False) is not None


def when_of(values: Iterable[str], day_first: bool | None = None) -> When:
    """The way in which the dates of a column are written; `day_first` settles what the values leave
    open.
    """
    there = not_empty(values)
    matches = [m for value in there if (m := DATE.match(value))]
    if not matches:
        digits = max((len(v) for v in there if EPOCH.match(v)), default=10)
        return When((), None, True, True, 1000 if digits == 13 else 1)
    order = day_first if day_first is not None else order_of(matches)
    patterns = Counter(_pattern(match, order if order is not None else True) for match in matches)
    zone = sum(bool(m["zone"]) for m in matches) > MOST * len(matches)
    is_iso = all(
        re.match(r"^\d{4}-\d{2}-\d{2}$", m["date"]) and not m["half"] and m["gap"] != ", "
        for m in matches
    )
    ordered = tuple(pattern for pattern, _ in patterns.most_common(3))
    return When(() if is_iso else ordered, order, any(m["hour"] for m in matches), zone)


def order_of(matches: list[re.Match[str]]) -> bool | None:
    """Whether the day precedes the month, by the values above 12; None where they leave it open, or
    there is nothing to decide.
    """
    both = [
        (int(m["a"]), int(m["b"]))
        for m in matches
        if m["c"] and m["b"].isdigit() and len(m["a"]) <= 2
    ]
    first, second = sum(a > 12 for a, _ in both), sum(b > 12 for _, b in both)
    return None if first == second else first > second


def is_open(values: Iterable[str]) -> bool:
    """Whether day and month could be either way round in every value."""
    matches = [
        m
        for value in not_empty(values)
        if (m := DATE.match(value)) and m["c"] and m["b"].isdigit() and len(m["a"]) <= 2
    ]
    return bool(matches) and order_of(matches) is None


def days_between(values: Iterable[str], *, day_first: bool) -> int:
    """Days from each value to the next, summed, read that way; exports are mostly written in order,
    and of neighbouring days.
    """
    days = [
        d
        for value in not_empty(values)
        if (m := DATE.match(value)) and (d := _day(m, day_first=day_first))
    ]
    return sum(abs((after - before).days) for before, after in pairwise(days))


def day_of(value: str, when: When, zone: str) -> date | None:
    """The business day of a value in the tenant's zone; None when it is no date."""
    text = value.strip()
    if when.epoch and EPOCH.match(text):
        return (
            (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(text) / when.epoch))
            .astimezone(ZoneInfo(zone))
            .date()
        )
    match = DATE.match(text)
    if match is None:
        return None
    day = _day(match, day_first=when.day_first)
    if day is None or not match["zone"] or not match["hour"]:
        return day
    offset = match["zone"].strip().replace("UTC", "Z")
    clock = f"{int(match['hour']):02}:{match['minute']}{match['second'] or ':00'}{offset}"
    return datetime.fromisoformat(f"{day}T{clock}").astimezone(ZoneInfo(zone)).date()


def _day(match: re.Match[str], *, day_first: bool | None) -> date | None:
    try:
        if match["compact"]:
            return datetime.strptime(match["compact"], "%Y%m%d").replace(tzinfo=UTC).date()
        a, b, c = match["a"], match["b"], int(match["c"])
        if len(a) == 4:
            return date(int(a), int(b), c)
        year = c if c > 99 else 2000 + c  # as Spark's `yy`
        if not b.isdigit():
            return date(year, MONTHS.index(b[:3].lower()) + 1, int(a))
        day, month = (int(a), int(b)) if day_first is not False else (int(b), int(a))
        return date(year, month, day)
    except ValueError:
        return None


def _pattern(match: re.Match[str], day_first: bool) -> str:
    """The Spark pattern of one value; single letters read one digit or two."""
    if match["compact"]:
        shown = "yyyyMMdd"
    elif len(match["a"]) == 4:
        shown = match["sep"].join(("yyyy", "M", "d"))
    else:
        month = "M" if match["b"].isdigit() else ("MMM" if len(match["b"]) == 3 else "MMMM")
        year = "yyyy" if len(match["c"]) == 4 else "yy"
        shown = match["sep"].join(
            ("d", month, year) if day_first or month != "M" else ("M", "d", year)
        )
    if not match["hour"]:
        return shown
    gap = "'T'" if match["gap"] == "T" else match["gap"]
    hours = "h:mm" if match["half"] else "H:mm"
    part = "." + "S" * (len(match["part"]) - 1) if match["part"] else ""
    half = (" a" if match["half"].startswith(" ") else "a") if match["half"] else ""
    zone = (
        ("XXX" if ":" in match["zone"] or match["zone"].strip() in ("Z", "UTC") else "XX")
        if match["zone"]
        else ""
    )
    seconds = ":ss" if match["second"] else ""
    space = " " if (match["zone"] or "").startswith(" ") else ""
    return f"{shown}{gap}{hours}{seconds}{part}{half}{space}{zone}"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
