"""A column whose values are suddenly of another type is told before anything is written."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from lakehouse.contract.mapping import mapped
from lakehouse.contract.table import Table
from lakehouse.intake.landing import DeliveryError
from settings.sources import Source

# of each file: what a changed export gets wrong, it gets wrong from the first line on
FIRST_LINES = 1_000
# share of unreadable values that is a column of another type, and not a handful of bad rows
MOST = 0.5
FEWEST = 20  # rows of a file from which a share says something


def refuse_type_drift(frame: DataFrame, source: Source, reader: Table) -> None:
    """Map the first lines of every file as `reader` will.

    Raises:
        DeliveryError: most values of a column cannot be read; names file, column and an example.
    """
    first = mapped(
        frame.where((F.col("source_line") <= FIRST_LINES) & F.col("corrupt_record").isNull()),
        source,
        reader,
    )
    # Every line once, those without a sentence too: to drop them first, Spark would map each line a
    # second time.
    message = first.select(
        "source_file", "source_line", F.posexplode_outer("unreadable").alias("place", "sentence")
    )
    each = message.withColumn("name", F.substring_index("sentence", ": ", 1)).groupBy(
        "source_file", "name"
    )
    is_first = F.coalesce("place", F.lit(0)) == 0
    counted = each.agg(
        F.count("sentence").alias("bad"),
        F.min_by("sentence", "source_line").alias("example"),
        F.count(F.when(is_first, 1)).alias("firsts"),
    )
    rows = F.sum("firsts").over(Window.partitionBy("source_file"))
    wrong = counted.withColumn("rows", rows).where(
        (F.col("rows") >= FEWEST) & (F.col("bad") > F.col("rows") * MOST)
    )
    changed = wrong.orderBy("source_file", "name").collect()
    if changed:
        lines = [
            f"{r['source_file']}: {r['example']} ({r['bad']} of the first {r['rows']} rows)"
            for r in changed
        ]
        raise DeliveryError(
            "columns of another type than before:\n"
            + "\n".join(lines)
            + "\nMend the file, or the mapping of the tenant"
        )
