"""Dates of a shop as Spark SQL: the business day in the shop's zone, and the instant where a time
is told.
"""

import re
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from headwater.onboarding.answers import Answers, UnknownAnswer
from headwater.onboarding.sample import Field, Sample
from headwater.onboarding.shapes import When, day_of, days_between, is_open, not_empty, when_of

MIDNIGHT = re.compile(r"[ T](0?0:00(:00(\.0+)?)?|12:00(:00)? ?AM)( ?Z)?$", re.I)


@dataclass(frozen=True)
class Dates:
    """Expressions of a date column, and why they are as they are."""

    field: Field
    when: When
    day: str
    instant: str | None
    why: str
    zone: str
    in_utc: bool = False

    def day_in(self, text: str) -> date | None:
        """The business day of one value; None when it is no date."""
        return day_of(f"{text}Z" if self.in_utc and ":" in text else text, self.when, self.zone)


def dates_of(sample: Sample, field: Field, key: str, answers: Answers) -> Dates:
    """How the column's dates are read, by all of the file; asks for the order of day and month, and
    the zone, where that is open.
    """
    field = replace(field, values=tuple(dict.fromkeys(sample.whole(field))))
    when = when_of(field.values)
    why = f"as in '{field.example}'"
    if is_open(field.values):
        when, why = _ordered(field, key, answers)
    elif when.day_first is not None:
        why += "; " + (
            "the day comes first: first numbers above 12"
            if when.day_first
            else "the month comes first: second numbers above 12"
        )
    has_time = when.has_time and not _is_midnight(field)
    zone = _zone(answers, why) if has_time else answers.given.get("zone", "UTC")
    answers.asked.add("zone")
    told_in_utc = when.has_zone or field.is_instant
    read = _read(field, when)
    if not has_time and not when.patterns and not told_in_utc:
        return Dates(field, when, field.expression, None, f"{why}; no time of the day", zone)
    if told_in_utc:
        return Dates(
            field,
            when,
            f"to_date(from_utc_timestamp({read}, '{zone}'))",
            read,
            f"{why}; an instant, whose day is that of {zone}",
            zone,
            field.is_instant,
        )
    if not has_time:
        return Dates(field, when, f"to_date({read})", None, f"{why}; no time of the day", zone)
    instant = read if zone == "UTC" else f"to_utc_timestamp({read}, '{zone}')"
    return Dates(field, when, f"to_date({read})", instant, f"{why}; the clock of {zone}", zone)


def _ordered(field: Field, key: str, answers: Answers) -> tuple[When, str]:
    """Day or month first, by an answer; assumed is the way in which rows that follow each other are
    near, then the day.
    """
    apart = {way: days_between(field.values, day_first=way == "day") for way in ("day", "month")}
    assumed = min(apart, key=lambda way: apart[way])  # of equals the first: the day
    reason = (
        f"read {assumed} first, rows are {apart[assumed]} days apart in all, the other way"
        f" {max(apart.values())}"
        if apart["day"] != apart["month"]
        else "nothing speaks for either; most of the world writes the day first"
    )
    question = f"'{field.example}' in {field.column}: does the day or the month come first?"
    answer = answers.choose(
        f"{key}.first", question, assumed, f"no number is above 12; {reason}", ("day", "month")
    )
    note = (
        f"told: the {answer} comes first"
        if f"{key}.first" in answers.given
        else f"no number is above 12; {reason}"
    )
    return when_of(field.values, day_first=answer == "day"), f"as in '{field.example}'; {note}"


def _zone(answers: Answers, why: str) -> str:
    zone = answers.choose(
        "zone",
        "In which time zone does the shop live, such as Europe/Berlin?",
        "UTC",
        f"times {why}, and no file tells it",
    )
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise UnknownAnswer(
            f"--answer zone={zone}: no such time zone; such as Europe/Berlin, America/New_York, UTC"
        ) from None
    return zone


def _read(field: Field, when: When) -> str:
    if when.epoch:
        return (
            f"timestamp_{'millis' if when.epoch == 1000 else 'seconds'}(try_cast({field.expression}"
            " as bigint))"
        )
    if not when.patterns:
        return f"try_cast({field.expression} as timestamp)"
    escaped = [pattern.replace("'", "\\'") for pattern in when.patterns]
    tries = [f"try_to_timestamp({field.expression}, '{pattern}')" for pattern in escaped]
    return tries[0] if len(tries) == 1 else f"coalesce({', '.join(tries)})"


def _is_midnight(field: Field) -> bool:
    return all(MIDNIGHT.search(value) or ":" not in value for value in not_empty(field.values))
