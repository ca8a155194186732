"""A column whose values are suddenly of another type is told before anything is written."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.contract import Table
from lakehouse.landing import DeliveryError
from lakehouse.mapping import mapped
from lakehouse.sources import Source

FIRST_LINES = 1_000  # of each file: what a changed export gets wrong, it gets wrong from the first line on
MOST = 0.5  # share of unreadable values that is a column of another type, and not a handful of bad rows
FEWEST = 20  # rows of a file from which a share says something


def refuse_retyped(frame: DataFrame, source: Source, reader: Table) -> None:
    """Map the first lines of every file as `reader` will.

    Raises:
        DeliveryError: most values of a column cannot be read; names file, column and an example.
    """
    first = mapped(frame.where((F.col("source_line") <= FIRST_LINES) & F.col("corrupt_record").isNull()), source, reader)
    said = first.select("source_file", "source_line", F.explode("unreadable").alias("sentence"))
    each = said.withColumn("name", F.substring_index("sentence", ": ", 1)).groupBy("source_file", "name")
    counted = each.agg(F.count(F.lit(1)).alias("bad"), F.min_by("sentence", "source_line").alias("example"))
    rows = first.groupBy("source_file").agg(F.count(F.lit(1)).alias("rows"))
    wrong = counted.join(rows, "source_file").where((F.col("rows") >= FEWEST) & (F.col("bad") > F.col("rows") * MOST))
    found = wrong.orderBy("source_file", "name").collect()
    if found:
        lines = [f"{r['source_file']}: {r['example']} ({r['bad']} of the first {r['rows']} rows)" for r in found]
        raise DeliveryError("columns of another type than before:\n" + "\n".join(lines) + "\nMend the file, or the mapping of the tenant")
