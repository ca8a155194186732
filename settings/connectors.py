"""Connectors: the table of a database or the web API from which a source is fetched, as a tenant's
YAML file declares it.
"""

import re
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from settings.credentials import Secret
from settings.strict import Strict

DELETED = "_deleted"  # column of a landed row that says no more than that its key is gone
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
OF_A_DAY = re.compile(r"\{(day|next_day)\}")


class Watermark(Strict):
    """The column that grows with every change of a row.

    Of a `time` a day takes what is before its end; of a `number` whatever is there. Both begin
    `overlap` (seconds, or steps) before the newest value landed, since a transaction may commit
    after a younger one: ten minutes outlast what a shop's transactions take.
    """

    column: str
    kind: Literal["time", "number"] = "time"
    overlap: int = Field(default=600, ge=0)


class Jdbc(Strict):
    """A table or view of a PostgreSQL database.

    Without `watermark` each fetch takes the whole table. `partitions` connections read side by
    side, of one snapshot, split by `partition_column`. `deletes` compares the keys that were landed
    with those that are there. `zone` is that of columns of times without one, and the one in which
    the others are landed. `leave_out` names columns never to be read, such as passwords.
    """

    url: str
    user: Secret
    password: Secret
    table: str = Field(pattern=r"^[^\s.\"';]+(\.[^\s.\"';]+)?$")
    key: list[str] = Field(default_factory=list)
    where: str | None = None
    watermark: Watermark | None = None
    partitions: int = Field(default=1, ge=1, le=32)
    partition_column: str | None = None
    deletes: bool = False
    leave_out: list[str] = Field(default_factory=list)
    zone: str = "UTC"
    # rows per round trip: 2-10 MB of ordinary rows; without it PostgreSQL sends all at once
    fetch_size: int = Field(default=10_000, ge=1)
    timeout_seconds: int = Field(default=600, ge=1)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not self.url.startswith("jdbc:postgresql:"):
            raise ValueError(
                "url begins with jdbc:postgresql: - no other driver is installed, and only there is"
                " a parallel read consistent"
            )
        if re.search(r"[?&](user|password|sslpassword)=|//[^/?]*@", self.url, re.IGNORECASE):
            raise ValueError("url holds a credential: name where it is with `user` and `password`")
        if self.partitions > 1 and not self.partition_column:
            raise ValueError(
                "partitions needs partition_column, best an indexed whole number such as the key"
            )
        if self.deletes and not self.key:
            raise ValueError("deletes needs key: the columns that name a row")
        if self.deletes and self.where and OF_A_DAY.search(self.where):
            raise ValueError(
                "with deletes, where cannot name a day: the rows of all other days would seem"
                " deleted"
            )
        return self

    @property
    def named_columns(self) -> list[str]:
        """Columns that the settings name, besides those of the source."""
        return [*self.key, *([self.watermark.column] if self.watermark else [])]

    @property
    def is_of_a_day(self) -> bool:
        """Whether the rows of one day can be told from those of another."""
        return bool(
            (self.watermark and self.watermark.kind == "time")
            or (self.where and OF_A_DAY.search(self.where))
        )


class Token(Strict):
    """What a request proves itself with: the header `header` with `scheme`, a space and the
    credential.
    """

    secret: Secret
    header: str = "Authorization"
    scheme: str = "Bearer"


class Paging(Strict):
    """How the next page is asked for.

    `cursor`: the value at `path` of an answer, sent as `parameter`. `number`: `parameter` counts
    from `first` until a page has no records, or fewer than `size`. `link`: the address in the
    header `Link` (rel="next"), or at `path`. A last page has none.
    """

    by: Literal["cursor", "number", "link"]
    parameter: str | None = None
    path: str | None = None
    first: int = 1
    size: int | None = Field(default=None, ge=1)
    most: int = Field(default=10_000, ge=1)  # a cursor that never ends is refused at this page

    @model_validator(mode="after")
    def _fits(self) -> Self:
        lacking = [
            n
            for n in {"cursor": ("parameter", "path"), "number": ("parameter",), "link": ()}[
                self.by
            ]
            if getattr(self, n) is None
        ]
        if lacking:
            raise ValueError(f"paging by {self.by} needs {' and '.join(lacking)}")
        return self


class Api(Strict):
    """A web API that answers with JSON. `records` is the dotted path to the list of records, empty
    when the answer is that list.

    `{day}` and `{next_day}` in `url` and `parameters` are the arrival day and the day after it.
    `attempts` are per page.
    """

    url: str = Field(pattern=r"^https?://[^/\s@]+(/\S*)?$")
    parameters: dict[str, str] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    records: str = ""
    token: Token | None = None
    paging: Paging | None = None
    timeout_seconds: float = Field(default=60, gt=0)
    attempts: int = Field(default=6, ge=1)
    # waits of up to 1, 2, 4, 8, 16 s: half a minute of trouble is sat out
    backoff_seconds: float = Field(default=1, gt=0)
    longest_wait_seconds: float = Field(default=300, gt=0)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (
            self.token
            and self.url.startswith("http:")
            and urlsplit(self.url).hostname not in LOOPBACK
        ):
            raise ValueError("a token over http: can be read on the way; use https:")
        return self

    @property
    def is_of_a_day(self) -> bool:
        """Whether the records of one day can be told from those of another."""
        return any(OF_A_DAY.search(text) for text in (self.url, *self.parameters.values()))
