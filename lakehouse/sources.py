"""What a shop delivers: the settings of one source, as a tenant's YAML file declares them."""

import codecs
from datetime import time
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class Strict(BaseModel):
    """A settings model that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Dialect(Strict):
    """How a CSV file is written. `encoding` is a name that Python and Java both know; a byte order mark is skipped."""

    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quote: str = Field(default='"', min_length=1, max_length=1)
    escape: str = Field(default='"', min_length=1, max_length=1)
    encoding: str = "utf-8"
    header: bool = True

    @field_validator("encoding")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            codecs.lookup(name)
        except LookupError:
            raise ValueError(f"no encoding {name}; such as utf-8, iso-8859-1, windows-1252, utf-16") from None
        return name


class Promise(Strict):
    """When a delivery is to be there.

    `by` is a time of the day after the arrival day, in the tenant's zone; without it a delivery is due as soon as its day is run.
    Until then, and `tolerated_days` longer, a missing one is only a warning, and a later run takes it in by itself.
    """

    by: time | None = None
    tolerated_days: int = Field(default=0, ge=0)
    when_missed: Literal["error", "warn"] = "error"
    within_days: int | None = Field(default=None, ge=1)


class Source(Strict):
    """What a shop delivers under one name, and how it maps to standard columns (Spark SQL expressions over the delivered ones).

    Every delivered column is text to the expressions. `folder` is the folder of the landing zone, the source's own name unless told, so
    that two sources can read the same files. `explode` is a column that holds a JSON array: one row per element, whose text takes its
    place. `repeats_within` makes a column `occurrence`: the how-manieth row of its file with the same values of these columns, for shops
    that number no lines. A row for which `deleted_when` holds withdraws its key.
    """

    format: Literal["csv", "jsonl", "json", "parquet", "fixed"]
    delivery: Literal["daily", "occasional"]
    columns: list[str] = Field(min_length=1)
    mapping: dict[str, str]
    event_date: str | None = None
    folder: str | None = None
    csv: Dialect = Dialect()
    widths: list[int] = []
    explode: str | None = None
    repeats_within: list[str] = []
    deleted_when: str | None = None
    refused_share: float | None = Field(default=None, ge=0, le=1)
    promise: Promise = Promise()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.event_date is not None and self.event_date not in self.mapping:
            raise ValueError(f"event_date is {self.event_date}, which the mapping does not have")
        if (self.format == "fixed") != bool(self.widths) or (self.widths and len(self.widths) != len(self.columns)):
            raise ValueError("a fixed-width file needs one width per column, and no other format has widths")
        wanted = {c for c in (self.explode, *self.repeats_within) if c} - {*self.columns}
        if wanted:
            raise ValueError(f"explode and repeats_within name columns that are not delivered: {', '.join(sorted(wanted))}")
        return self

    @property
    def all_columns(self) -> list[str]:
        """What the mapping may name: the delivered columns, and the occurrence where one is counted."""
        return [*self.columns, *(["occurrence"] if self.repeats_within else [])]
