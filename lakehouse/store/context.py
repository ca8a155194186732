"""What everything that works on a lake has at hand: session, settings, run, pinned models, and
where the tenant's tables are.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from lakehouse.base.run import Run
from lakehouse.contract.conforming import with_later_columns
from lakehouse.contract.table import TABLES
from lakehouse.store import delta
from lakehouse.store.lease import Lease
from settings.model import Settings
from settings.places import absolute


@dataclass(frozen=True)
class PinnedModel:
    """The champion of one kind as a run found it: what it scores with until its end, whoever
    promotes another meanwhile.
    """

    model: Any
    name: str
    version: str


@dataclass(frozen=True)
class Context:
    """One run at work; `seen` are the versions of the inputs while one table is built, `lease` the
    right to commit.
    """

    spark: SparkSession
    settings: Settings
    run: Run
    load_champion: Callable[[str], PinnedModel | None] = lambda _kind: None
    pins: dict[str, PinnedModel | None] = field(default_factory=dict)
    lease: Lease | None = None
    seen: dict[str, int] = field(default_factory=dict)

    @property
    def lake(self) -> Path:
        """Folder of the tenant's tables."""
        return lake_of(self.settings)

    def version_of(self, name: str) -> int:
        """The version of a table that this build sees: the same one however often it is asked,
        whoever commits meanwhile.
        """
        return self.seen[name] if name in self.seen else delta.version_of(self.lake / name)

    def table(self, name: str) -> DataFrame:
        """The table at that version."""
        return self.table_at(name, self.seen.get(name))

    def table_at(self, name: str, version: int | None) -> DataFrame:
        """The table at a version or the newest; a column that its contract has had only since is
        null.
        """
        frame = delta.read(self.spark, self.lake / name, version)
        return with_later_columns(frame, TABLES[name]) if name in TABLES else frame

    @contextmanager
    def committing(self) -> Iterator[None]:
        """Around every commit: refused when a newer run has taken the lake.

        Raises:
            Fenced: names both runs.
        """
        if self.lease is None:
            yield
            return
        with self.lease.committing():
            yield

    def champion(self, kind: str) -> PinnedModel | None:
        """The champion, loaded on first use and the same from then on; None when there is none."""
        if kind not in self.pins:
            self.pins[kind] = self.load_champion(kind)
        return self.pins[kind]


def lake_of(settings: Settings) -> Path:
    """Folder of the tenant's tables."""
    return absolute(settings.paths.lake) / settings.tenant.name
