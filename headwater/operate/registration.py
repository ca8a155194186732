"""Makes the tables known by name in a catalog that speaks Hive's protocol, so that SQL tools find
them; off unless a setting says so.
"""

from jobs.stages.pipeline import declare_tables
from lakehouse.base.spark import session
from lakehouse.contract.table import TABLES
from lakehouse.store import delta
from lakehouse.store.context import lake_of
from settings.model import Settings


def register(settings: Settings) -> list[str]:
    """Register every table that stands in the lake as `TENANT.TABLE` at its path; returns their
    names. Registered ones stay as they are.

    Raises:
        ValueError: no catalog is set.
    """
    if settings.catalog.kind == "none":
        raise ValueError(
            "no catalog to register in: set catalog.kind to hive (HEADWATER_CATALOG__KIND=hive),"
            " see docs/catalog.md"
        )
    declare_tables()
    lake, spark = lake_of(settings), session(settings)
    standing = [name for name in sorted(TABLES) if delta.exists(lake / name)]
    for name in standing:
        delta.register(spark, lake / name, settings.tenant.name, name)
    return [f"{settings.tenant.name}.{name}" for name in standing]
