"""The rows of delivered files, all columns as text, with arrival day, file and line."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from lakehouse.base.caching import cached
from lakehouse.base.few_rows import values
from lakehouse.intake.compression import for_spark
from lakehouse.intake.landing import Delivery
from settings.sources import Source

PLACE = "arrived_on date, source_file string, source_line bigint"


def delivered_rows(
    spark: SparkSession, source: Source, deliveries: list[Delivery], unpacked: Path
) -> tuple[DataFrame, dict[str, int]]:
    """One row per record of the deliveries, and how many each file has; `unpacked` is a folder for
    what Spark cannot unpack itself.

    Columns that a file has beyond the declared ones are there too; null in the rows of other files.
    """
    groups: dict[tuple[str, ...], dict[str, Delivery]] = defaultdict(dict)
    for delivery in deliveries:
        path = for_spark(delivery.path, unpacked / str(delivery.day) / delivery.sha256[:12])
        groups[
            delivery.columns
            if source.format in ("csv", "fixed")
            else tuple(sorted(delivery.columns))
        ][str(path)] = delivery
    texts = ", ".join(f"`{c}` string" for c in source.columns)
    rows = values(spark, f"{texts}, corrupt_record string, {PLACE}", [])
    counts = {delivery.name: 0 for delivery in deliveries}
    for columns, files in groups.items():
        part, counted = _placed(_read(spark, source, columns, list(files)), source, files)
        rows = rows.unionByName(part, allowMissingColumns=True)
        counts |= counted
    return _with_occurrence(rows, source), counts


def _read(
    spark: SparkSession, source: Source, columns: tuple[str, ...], paths: list[str]
) -> DataFrame:
    wanted = [
        c
        for c in dict.fromkeys((*columns, *source.columns))
        if source.format != "csv" or c in columns
    ]
    schema = ", ".join(f"`{c}` string" for c in wanted) + ", corrupt_record string"
    options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": "corrupt_record"}
    if source.format == "csv":
        dialect = source.csv
        form = {
            "sep": dialect.delimiter,
            "quote": dialect.quote,
            "escape": dialect.escape,
            "encoding": dialect.encoding,
        }
        # multiLine keeps a file in one piece, so that line numbers hold, and allows line breaks in
        # quotes
        return (
            spark.read.options(**options, **form, header=dialect.header, multiLine=True)
            .schema(schema)
            .csv(paths)
        )
    if source.format in ("json", "jsonl"):
        return (
            spark.read.options(
                **options, primitivesAsString=True, multiLine=source.format == "json"
            )
            .schema(schema)
            .json(paths)
        )
    if source.format == "fixed":
        return spark.read.text(paths).select(
            *_cut(source), F.lit(None).cast("string").alias("corrupt_record"), "_metadata"
        )
    texts = [F.col(f"`{c}`").cast("string").alias(c) for c in wanted]
    return spark.read.parquet(*paths).select(
        *texts, F.lit(None).cast("string").alias("corrupt_record"), "_metadata"
    )


def _cut(source: Source) -> Iterator[Column]:
    start = 1
    for name, width in zip(source.columns, source.widths, strict=True):
        yield F.trim(F.substring("value", start, width)).alias(name)
        start += width


def _placed(
    part: DataFrame, source: Source, files: dict[str, Delivery]
) -> tuple[DataFrame, dict[str, int]]:
    """Lines are numbered by position: ids grow along a file, and a file split in blocks continues
    where the block before ended.

    Names of its own begin with an underscore: `id` is what most databases call their keys.
    """
    columns = [c for c in part.columns if c != "_metadata"]
    place = [
        F.col("_metadata.file_path").alias("_file"),
        F.col("_metadata.file_block_start").alias("_block"),
    ]
    numbered = cached(
        part.select(
            *(F.col(f"`{c}`") for c in columns),
            *place,
            F.monotonically_increasing_id().alias("_line_id"),
        )
    )
    ranges = numbered.groupBy("_file", "_block").agg(
        F.min("_line_id").alias("_first"), F.count(F.lit(1)).alias("_rows")
    )
    offsets, counts = [], dict.fromkeys((delivery.name for delivery in files.values()), 0)
    for row in ranges.orderBy("_file", "_block").collect():
        delivery = files[unquote(urlsplit(row["_file"]).path)]
        first = counts[delivery.name] + (2 if source.format == "csv" and source.csv.header else 1)
        offsets.append(
            (row["_file"], row["_block"], first - row["_first"], delivery.day, delivery.name)
        )
        counts[delivery.name] += row["_rows"]
    table = values(
        part.sparkSession,
        "_file string, _block bigint, _shift bigint, arrived_on date, source_file string",
        offsets,
    )
    joined = numbered.join(F.broadcast(table), ["_file", "_block"]).withColumn(
        "source_line", F.col("_line_id") + F.col("_shift")
    )
    return _exploded(joined.drop("_file", "_block", "_line_id", "_shift"), source, counts)


def _exploded(
    rows: DataFrame, source: Source, counts: dict[str, int]
) -> tuple[DataFrame, dict[str, int]]:
    """One row per element of the JSON array, with the line of its record; a record whose array is
    missing or no array stays one row.
    """
    if not source.explode:
        return rows, counts
    elements = F.from_json(F.col(f"`{source.explode}`"), "array<string>")
    rows = cached(
        rows.withColumn(
            source.explode, F.explode_outer(F.coalesce(elements, F.array(f"`{source.explode}`")))
        )
    )
    return rows, counts | {
        row["source_file"]: row["count"] for row in rows.groupBy("source_file").count().collect()
    }


def _with_occurrence(rows: DataFrame, source: Source) -> DataFrame:
    if not source.repeats_within:
        return rows
    same = Window.partitionBy("source_file", *(f"`{c}`" for c in source.repeats_within)).orderBy(
        "source_line"
    )
    return cached(rows.withColumn("occurrence", F.row_number().over(same).cast("string")))
