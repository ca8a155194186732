"""A batch: the rows about to be written, the slice they replace, and what they were made from."""

from dataclasses import dataclass, field
from datetime import date

from pyspark.sql import DataFrame

from lakehouse.build.reading import Changes
from lakehouse.store.ops import NOTHING, Counts
from lakehouse.store.records import FileRecord, Outcome


@dataclass(frozen=True)
class Provenance:
    """What a batch was made from: the version of every input table and of every model."""

    inputs: dict[str, int] = field(default_factory=dict)
    models: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Intake:
    """What a bronze table brings to a silver one: the arrival days (None: all), and where the rows
    of each delivered file went.

    `files` counts the rows of every file that has rows on the touched days; `total` is counted in
    bronze, the rest where they ended. `deleted` counts the rows that no file has: of entities that
    are on no list any more.
    """

    table: str
    days: list[date] | None
    files: dict[str, Counts]
    deleted: int = 0


@dataclass(frozen=True)
class Batch:
    """Rows about to be written (None: the table stays), the slice they replace (None: all), and
    where the rows that came in went.
    """

    frame: DataFrame | None = None
    predicate: str | None = None
    days: list[str] | None = None
    provenance: Provenance = field(default_factory=Provenance)
    counts: Counts = NOTHING
    refused: DataFrame | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    files: list[FileRecord] = field(default_factory=list)
    intake: Intake | None = None

    @property
    def is_cached(self) -> bool:
        """Whether the rows are selected from frames that are persisted already, so that computing
        them again costs next to nothing.
        """
        return self.intake is not None or bool(self.files)


def days_as_text(changes: Changes) -> list[str] | None:
    """The days that changed as text; None for all."""
    return None if changes.days is None else [str(d) for d in changes.days]


def as_changes(days: list[str] | None) -> Changes:
    """The days of a batch as changes again."""
    return Changes(None if days is None else [date.fromisoformat(d) for d in days])
