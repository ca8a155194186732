"""A batch: the rows that are about to be written, the slice that they replace, and their inputs."""

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
    """What a silver table reads from a bronze table: its arrival days (None: all of them), and what
    became of the rows of each delivered file.

    `files` has the counts of each file with rows on the touched days: `total` is counted in bronze,
    the other counts by the state of the rows in silver. `deleted` is the number of rows of deleted
    entities. They are in no file, since a full snapshot leaves these entities out.
    """

    table: str
    days: list[date] | None
    files: dict[str, Counts]
    deleted: int = 0


@dataclass(frozen=True)
class Batch:
    """The rows that are about to be written (`frame`; None: the table stays as it is).

    `predicate` is the slice that they replace, as SQL (None: all rows), and `days` are its days.
    `counts` says what became of the rows that came in, and `refused` has those for the quarantine.
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
    """The changed days as text, for the metadata of a commit; None for all days."""
    return None if changes.days is None else [str(d) for d in changes.days]


def as_changes(days: list[str] | None) -> Changes:
    """The days of a batch, turned from text to dates; None stays None."""
    return Changes(None if days is None else [date.fromisoformat(d) for d in days])
