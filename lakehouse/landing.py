"""The landing zone: which files were delivered for which arrival day, whether they are whole, and their rows as text."""

import csv
import difflib
import gzip
import json
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import TextIO

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.errors import Mendable
from lakehouse.holding import held
from lakehouse.run import Run
from lakehouse.settings import Settings, Source, absolute

JSON_SAMPLE = 100  # a JSON line may leave out a null; a column absent from this many first lines is missing


class DeliveryError(Mendable):
    """A delivery is missing or broken; the message names source, day, file and line, and says what to do."""


@dataclass(frozen=True)
class Delivery:
    """One file of one source and arrival day, with the columns it says it has."""

    source: str
    day: date
    path: Path
    columns: tuple[str, ...]


def deliveries(settings: Settings, name: str, run: Run) -> list[Delivery]:
    """Every file delivered for the run's days, each opened to its end.

    Raises:
        DeliveryError: a file of a daily source is missing, or any file is empty, truncated or lacks a column; all are listed.
    """
    source = settings.tenant.sources[name]
    folder = absolute(settings.paths.landing) / settings.tenant.name / name
    found, wrong = [], []
    for day in run.days:
        paths = sorted(p for p in (folder / str(day)).glob("*") if p.is_file() and not p.name.startswith((".", "_")))
        if not paths and source.delivery == "daily":
            wrong.append(
                f"{name} {day}: no file in {folder / str(day)}. A closed day is a file with only a header; deliver it and run the day again"
            )
        for path in paths:
            try:
                found.append(Delivery(name, day, path, _checked(name, day, path, source)))
            except DeliveryError as error:
                wrong.append(str(error))
    if wrong:
        raise DeliveryError("\n".join(wrong))
    return found


def _checked(name: str, day: date, path: Path, source: Source) -> tuple[str, ...]:
    where = f"{name} {day}: {path}"
    if path.stat().st_size == 0:
        raise DeliveryError(f"{where}, line 1: zero bytes, not even a header. Deliver the file again and run the day again")
    if source.format == "parquet":
        return tuple(source.columns)
    lines = 0
    try:
        with _opened(path) as file:
            columns = _columns(file, source)
        with _opened(path) as file:
            for _ in file:
                lines += 1
    except (EOFError, OSError, zlib.error, UnicodeDecodeError) as error:
        raise DeliveryError(
            f"{where}, after line {lines}: cannot be read to its end ({error}). Deliver the file again and run the day again"
        ) from error
    missing = [c for c in source.columns if c not in columns]
    extra = [c for c in columns if c not in source.columns]
    if columns and (missing or extra):
        hints = [f"{c} (nearest delivered: {(difflib.get_close_matches(c, extra, 1) or ['none'])[0]})" for c in missing]
        raise DeliveryError(
            f"{where}, line 1: missing columns: {', '.join(hints) or 'none'}; unexpected columns: {', '.join(extra) or 'none'}"
        )
    return columns or tuple(source.columns)


def _opened(path: Path) -> TextIO:
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")


def _columns(file: TextIO, source: Source) -> tuple[str, ...]:
    if source.format == "csv":
        return tuple(next(csv.reader(file), ()))
    keys: dict[str, None] = {}
    for line in islice(file, JSON_SAMPLE):
        try:
            record = json.loads(line)
        except ValueError:
            continue  # Spark keeps the line as corrupt_record, and silver quarantines it
        keys.update(dict.fromkeys(record if isinstance(record, dict) else ()))
    return tuple(keys)


def delivered_rows(spark: SparkSession, settings: Settings, name: str, found: list[Delivery]) -> DataFrame:
    """One row per record of the deliveries, all columns as text, with arrival day, file and line."""
    source = settings.tenant.sources[name]
    root = absolute(settings.paths.landing) / settings.tenant.name
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for one in found:
        groups[one.columns if source.format == "csv" else ()].append(str(one.path))
    texts = ", ".join(f"`{c}` string" for c in source.columns)
    rows = spark.createDataFrame([], f"{texts}, corrupt_record string, arrived_on date, source_file string, source_line bigint")
    for part in _parts(spark, source, groups):
        rows = rows.unionByName(_with_line_numbers(part, source, root).select(*rows.columns))
    return rows


def _parts(spark: SparkSession, source: Source, groups: dict[tuple[str, ...], list[str]]) -> Iterator[DataFrame]:
    for columns, paths in groups.items():
        schema = ", ".join(f"`{c}` string" for c in columns or tuple(source.columns)) + ", corrupt_record string"
        options = {"mode": "PERMISSIVE", "columnNameOfCorruptRecord": "corrupt_record"}
        if source.format == "csv":
            # multiLine keeps a file in one piece, so that line numbers hold, and allows line breaks in quotes
            yield spark.read.options(**options, header=True, multiLine=True, escape='"').schema(schema).csv(paths)
        elif source.format == "jsonl":
            yield spark.read.options(**options, primitivesAsString=True).schema(schema).json(paths)
        else:
            yield (
                spark.read.parquet(*paths)
                .select(*(F.col(c).cast("string") for c in source.columns))
                .withColumn("corrupt_record", F.lit(None))
            )


def _with_line_numbers(part: DataFrame, source: Source, root: Path) -> DataFrame:
    """Lines are numbered by position: ids grow along a file, and a file split in blocks continues where the block before ended."""
    numbered = held(
        part.select(
            "*",
            F.col("_metadata.file_path").alias("file"),
            F.col("_metadata.file_block_start").alias("block"),
            F.monotonically_increasing_id().alias("id"),
        )
    )
    counts = (
        numbered.groupBy("file", "block")
        .agg(F.min("id").alias("first"), F.count(F.lit(1)).alias("rows"))
        .orderBy("file", "block")
        .collect()
    )
    offsets, before, last = [], 0, None
    for count in counts:
        before = 0 if count["file"] != last else before
        offsets.append((count["file"], count["block"], before - count["first"] + (2 if source.format == "csv" else 1)))
        before, last = before + count["rows"], count["file"]
    table = part.sparkSession.createDataFrame(offsets, "file string, block bigint, shift bigint")
    return numbered.join(F.broadcast(table), ["file", "block"]).select(
        *source.columns,
        "corrupt_record",
        _arrival_day().alias("arrived_on"),
        F.regexp_extract("file", f"/{root.name}/([^/]+/[0-9-]{{10}}/[^/]+)$", 1).alias("source_file"),
        (F.col("id") + F.col("shift")).alias("source_line"),
    )


def _arrival_day() -> Column:
    return F.to_date(F.regexp_extract("file", "/([0-9]{4}-[0-9]{2}-[0-9]{2})/[^/]+$", 1))
