"""What everything that works on a lake has at hand: session, settings, run, and where the tenant's tables are."""

from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import SparkSession

from lakehouse.contract import TABLES
from lakehouse.run import Run
from lakehouse.settings import Settings, Source, absolute


@dataclass(frozen=True)
class Context:
    """One run at work."""

    spark: SparkSession
    settings: Settings
    run: Run

    @property
    def lake(self) -> Path:
        """Folder of the tenant's tables."""
        return lake_of(self.settings)

    def source(self, bronze: str) -> Source:
        """The tenant's source behind a bronze table."""
        return self.settings.tenant.sources[TABLES[bronze].source or ""]


def lake_of(settings: Settings) -> Path:
    """Folder of the tenant's tables."""
    return absolute(settings.paths.lake) / settings.tenant.name
