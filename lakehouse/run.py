"""A run: a tenant, a half-open range of arrival days and the as-of dates it publishes."""

import uuid
from dataclasses import dataclass, field
from datetime import date, timedelta


@dataclass(frozen=True)
class Run:
    """Arrival days `[start, end)` of one tenant, and the dates its snapshots are as of (by default only `end`).

    With `refetch` the stage `fetch` gets days anew that it has.
    """

    tenant: str
    start: date
    end: date
    as_ofs: tuple[date, ...] = ()
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
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
