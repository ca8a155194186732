"""What everything that works on a lake has at hand: session, settings, run, pinned models, and where the tenant's tables are."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from lakehouse.run import Run
from lakehouse.settings import Settings, absolute


@dataclass(frozen=True)
class PinnedModel:
    """The champion of one kind as a run found it: what it scores with until its end, whoever promotes another meanwhile."""

    model: Any
    name: str
    version: str


@dataclass(frozen=True)
class Context:
    """One run at work."""

    spark: SparkSession
    settings: Settings
    run: Run
    load_champion: Callable[[str], PinnedModel | None] = lambda _kind: None
    pins: dict[str, PinnedModel | None] = field(default_factory=dict)

    @property
    def lake(self) -> Path:
        """Folder of the tenant's tables."""
        return lake_of(self.settings)

    def champion(self, kind: str) -> PinnedModel | None:
        """The champion, loaded on first use and the same from then on; None when there is none."""
        if kind not in self.pins:
            self.pins[kind] = self.load_champion(kind)
        return self.pins[kind]


def lake_of(settings: Settings) -> Path:
    """Folder of the tenant's tables."""
    return absolute(settings.paths.lake) / settings.tenant.name
