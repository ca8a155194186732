"""A run: a tenant, a half-open range of arrival days and the as-of dates it publishes."""

import uuid
from dataclasses import dataclass, field
from datetime import date, timedelta


def new_run_id() -> str:
    """An id that no other run has."""
    return uuid.uuid4().hex[:12]


@dataclass(frozen=True)
class Run:
    """Arrival days `[start, end)` of one tenant, and the dates its snapshots are as of (by default only `end`).

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
            raise ValueError(f"the range [{self.start}, {self.end}) is empty: the end is exclusive, so --end must be after --start")
        if not self.as_ofs:
            object.__setattr__(self, "as_ofs", (self.end,))

    @property
    def days(self) -> list[date]:
        """Every arrival day of the run."""
        return [self.start + timedelta(days=i) for i in range((self.end - self.start).days)]
