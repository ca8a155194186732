"""Full snapshots: each delivery of such a source lists all entities, so an entity that is on one
list and not on the next was deleted on the day of the next.
"""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.contract.columns import column
from lakehouse.contract.mapping import mapped
from lakehouse.contract.table import Table
from lakehouse.store import delta
from lakehouse.store.context import Context
from lakehouse.store.table_reading import values_above
from settings.sources import Source


@dataclass(frozen=True)
class Lists:
    """The arrival days of the lists that a bronze table has, in order. A day without a row has no
    list.
    """

    days: list[date]

    def compared(self, changed: list[date]) -> list[date]:
        """The days of changed, new and withdrawn lists, and the day of the list after each, since
        that list is now compared with another one.
        """
        after = [next((day for day in self.days if day > list_day), None) for list_day in changed]
        return sorted({*changed, *(day for day in after if day)})

    def before(self, days: list[date] | None) -> list[tuple[date, date]]:
        """Pairs of the days of two successive lists, the later one in `days` (None: all pairs)."""
        return [(before, day) for before, day in pairwise(self.days) if days is None or day in days]


def lists_of(context: Context, name: str) -> Lists:
    """The lists in bronze table `name`, at the version that this build sees."""
    return Lists(
        values_above(context.lake / name, "arrived_on", date.min, context.version_of(name))
    )


def deleted_entities(
    context: Context, table: Table, name: str, source: Source, days: list[date] | None
) -> DataFrame:
    """One row per key that is missing from a list and was on the list before it: the key, with
    `is_deleted` true and all other columns null.

    A row that a rule refuses is on the list all the same: a customer with an unreadable postcode is
    not deleted.
    """
    pairs = lists_of(context, name).before(days)
    rows = context.table(name).where(
        delta.between("arrived_on", sorted({day for pair in pairs for day in pair}))
    )
    keys = mapped(rows, source, table).select(*table.key).dropna()
    following = keys.sparkSession.createDataFrame(pairs, "arrived_on date, day date")
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
