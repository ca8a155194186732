"""Sources whose every delivery lists all entities: whoever is on one list and not on the next was
deleted on the day of the next.
"""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.base.few_rows import values
from lakehouse.contract.columns import column
from lakehouse.contract.mapping import mapped
from lakehouse.contract.table import Table
from lakehouse.store import delta
from lakehouse.store.context import Context
from lakehouse.store.table_reading import values_above
from settings.sources import Source


@dataclass(frozen=True)
class Lists:
    """The lists that a bronze table holds: their arrival days, in order. A day without a row is no
    list.
    """

    days: list[date]

    def compared(self, changed: list[date]) -> list[date]:
        """The days of changed, new and withdrawn lists, and for each the list after it, which is
        compared with another one now.
        """
        after = [next((day for day in self.days if day > list_day), None) for list_day in changed]
        return sorted({*changed, *(day for day in after if day)})

    def before(self, days: list[date] | None) -> list[tuple[date, date]]:
        """The list before and the list, for those of the days (None: of all)."""
        return [(before, day) for before, day in pairwise(self.days) if days is None or day in days]


def lists_of(context: Context, name: str) -> Lists:
    """The lists in bronze table `name`, at the version that this build sees."""
    return Lists(
        values_above(context.lake / name, "arrived_on", date.min, context.version_of(name))
    )


def gone(
    context: Context, table: Table, name: str, source: Source, days: list[date] | None
) -> DataFrame:
    """One row per key and list that lacks it though the list before had it: the key, deleted.

    A row that is refused is on the list all the same: a customer with an unreadable postcode is not
    gone.
    """
    pairs = lists_of(context, name).before(days)
    rows = context.table(name).where(
        delta.between("arrived_on", sorted({day for pair in pairs for day in pair}))
    )
    keys = mapped(rows, source, table).select(*table.key).dropna()
    following = values(keys.sparkSession, "arrived_on date, day date", pairs)
    before = (
        keys.join(F.broadcast(following), "arrived_on")
        .drop("arrived_on")
        .withColumnRenamed("day", "arrived_on")
    )
    lacking = before.distinct().join(keys, [*table.key], "left_anti")
    rest = [
        F.lit(None).cast(column(c).type).alias(c)
        for c in table.columns
        if c not in (*table.key, "is_deleted")
    ]
    return lacking.select(*table.key, *rest, F.lit(True).alias("is_deleted")).select(*table.columns)
