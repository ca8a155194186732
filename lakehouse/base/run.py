"""A run: a tenant, a half-open range of arrival days and the as-of dates it publishes."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta


def days_of(start: date, end: date) -> list[date]:
    """Every day of `[start, end)`."""
    return [start + timedelta(days=n) for n in range((end - start).days)]


def spans_of(days: Iterable[date]) -> list[tuple[date, date]]:
    """The days as half-open ranges of days in a row, in order."""
    spans: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        start = spans.pop()[0] if spans and spans[-1][1] == day else day
        spans.append((start, day + timedelta(days=1)))
    return spans


def new_run_id() -> str:
    """An id that no other run has."""
    return uuid.uuid4().hex[:12]


@dataclass(frozen=True)
class Run:
    """Arrival days `[start, end)` of one tenant, and the dates its snapshots are as of (by default
    only `end`).

    With `refetch` the stage `fetch` gets days anew that it has.
    """

    tenant: str
    start: date
    end: date
    as_ofs: tuple[date, ...] = ()
    run_id: str = field(default_factory=new_run_id)
    refetch: bool = False

    def __post_init__(self) -> None:
        """Refuse an empty range."""
        if self.end <= self.start:
            raise ValueError(
                f"the range [{self.start}, {self.end}) is empty: the end is exclusive, so --end"
                " must be after --start"
            )
        if not self.as_ofs:
            object.__setattr__(self, "as_ofs", (self.end,))

    @property
    def days(self) -> list[date]:
        """Every arrival day of the run."""
        return days_of(self.start, self.end)
