"""What a shop delivers: the settings of one source, as a tenant's YAML file declares them."""

import codecs
from datetime import time
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from settings.connectors import DELETED, Api, Jdbc
from settings.strict import Strict


class Dialect(Strict):
    """How a CSV file is written. `encoding` is a name that Python and Java both know; a byte order
    mark is skipped.
    """

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
            raise ValueError(
                f"no encoding {name}; such as utf-8, iso-8859-1, windows-1252, utf-16"
            ) from None
        return name


class Promise(Strict):
    """When a delivery is to be there.

    `by` is a time of the day after the arrival day, in the tenant's zone; without it a delivery is
    due as soon as its day is run. Until then, and `tolerated_days` longer, a missing one is only a
    warning, and a later run takes it in by itself.
    """

    by: time | None = None
    tolerated_days: int = Field(default=0, ge=0)
    when_missed: Literal["error", "warn"] = "error"
    within_days: int | None = Field(default=None, ge=1)


class Source(Strict):
    """What a shop delivers under one name, and how it maps to standard columns (Spark SQL
    expressions over the delivered ones).

    Every delivered column is text to the expressions. `folder` is the folder of the landing zone,
    the source's own name unless told, so that two sources can read the same files. `explode` is a
    column that holds a JSON array: one row per element, whose text takes its place. `lists_all`:
    every delivery has all entities, and who is missing from one is deleted from its day on.
    `repeats_within` makes a column `occurrence`: the how-manieth row of its file with the same
    values of these columns, for shops that number no lines. A row for which `deleted_when` holds
    withdraws its key. `jdbc` or `api` say where the stage `fetch` gets the files from; without them
    the shop delivers.
    """

    format: Literal["csv", "jsonl", "json", "parquet", "fixed"]
    delivery: Literal["daily", "occasional"]
    columns: list[str] = Field(min_length=1)
    mapping: dict[str, str]
    event_date: str | None = None
    folder: str | None = None
    csv: Dialect = Dialect()
    widths: list[int] = Field(default_factory=list)
    explode: str | None = None
    repeats_within: list[str] = Field(default_factory=list)
    deleted_when: str | None = None
    lists_all: bool = False
    refused_share: float | None = Field(default=None, ge=0, le=1)
    promise: Promise = Promise()
    jdbc: Jdbc | None = None
    api: Api | None = None

    @model_validator(mode="before")
    @classmethod
    def _with_format(cls, values: Any) -> Any:
        """What is fetched is landed in one format, so that nobody need name it."""
        values = dict(values)
        wanted = "parquet" if values.get("jdbc") else "jsonl" if values.get("api") else None
        if wanted and values.setdefault("format", wanted) != wanted:
            raise ValueError(f"what is fetched lands as {wanted}: leave `format` out")
        return values

    @model_validator(mode="after")
    def _comes_one_way(self) -> Self:
        if self.jdbc and self.api:
            raise ValueError("a source is fetched by jdbc or by api, not by both")
        if (
            self.jdbc
            and self.jdbc.deletes
            and (DELETED not in self.columns or not self.deleted_when)
        ):
            raise ValueError(
                f"jdbc.deletes needs {DELETED} among the columns, and deleted_when: {DELETED} ="
                " 'true'"
            )
        if self.jdbc and (absent := [c for c in self.jdbc.named_columns if c not in self.columns]):
            raise ValueError(
                f"jdbc names columns that are not among the source's: {', '.join(absent)}"
            )
        return self

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.event_date is not None and self.event_date not in self.mapping:
            raise ValueError(f"event_date is {self.event_date}, which the mapping does not have")
        if self.lists_all and self.event_date is not None:
            raise ValueError(
                "lists_all is for entities: an event stays when a later delivery does not repeat"
                " it, so leave event_date or lists_all out"
            )
        if (self.format == "fixed") != bool(self.widths) or (
            self.widths and len(self.widths) != len(self.columns)
        ):
            raise ValueError(
                "a fixed-width file needs one width per column, and no other format has widths"
            )
        wanted = {c for c in (self.explode, *self.repeats_within) if c} - {*self.columns}
        if wanted:
            raise ValueError(
                "explode and repeats_within name columns that are not delivered:"
                f" {', '.join(sorted(wanted))}"
            )
        return self

    @property
    def all_columns(self) -> list[str]:
        """What the mapping may name: the delivered columns, and the occurrence where one is
        counted.
        """
        return [*self.columns, *(["occurrence"] if self.repeats_within else [])]
