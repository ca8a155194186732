"""The only place that writes a table: replace a slice, append small rows, and read the log."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import DeltaError
from pyspark.sql import DataFrame, SparkSession

# Reader version 1 for every table, so that DuckDB, Polars and delta-rs read them; log and files outlive the oldest kept release (30 days).
PROPERTIES = {
    "delta.enableDeletionVectors": "false",
    "delta.minReaderVersion": "1",
    "delta.minWriterVersion": "2",
    "delta.logRetentionDuration": "interval 60 days",
    "delta.deletedFileRetentionDuration": "interval 35 days",
}


# Two tables built side by side may both be the first to append to a table of records.
_APPENDING = threading.Lock()


@dataclass(frozen=True)
class Commit:
    """What one of our commits says of itself: version, run, the slice values it replaced (None: all), the versions and models it read."""

    version: int
    run_id: str
    days: list[str] | None
    inputs: dict[str, int]
    models: dict[str, str | None]


def exists(path: Path) -> bool:
    """Whether a Delta table stands at the path."""
    return (path / "_delta_log").is_dir()


def version_of(path: Path) -> int:
    """Newest version of the table; -1 when there is none."""
    return int(DeltaTable(str(path)).version()) if exists(path) else -1


def read(spark: SparkSession, path: Path, version: int | None = None) -> DataFrame:
    """The table as a frame, at a version or the newest."""
    reader = spark.read.format("delta")
    return (reader if version is None else reader.option("versionAsOf", version)).load(str(path))


def read_arrow(path: Path, version: int | None = None) -> pa.Table:
    """The table as Arrow, without a JVM."""
    return pa.table(DeltaTable(str(path), version=version).to_pyarrow_table())


def create(path: Path, types: Mapping[str, str]) -> None:
    """Make an empty table of these columns, without Spark (0.02 s against 0.9 s)."""
    schema = pa.schema([pa.field(name, _arrow_type(text)) for name, text in types.items()])
    path.parent.mkdir(parents=True, exist_ok=True)
    DeltaTable.create(str(path), schema, configuration=PROPERTIES)


def replace(frame: DataFrame, path: Path, predicate: str | None, metadata: dict[str, Any]) -> int:
    """Replace the rows under the predicate (None: all rows) by the frame's, in one commit; returns its version."""
    writer = frame.write.format("delta").mode("overwrite").option("userMetadata", json.dumps(metadata, sort_keys=True))
    if exists(path) and predicate is not None:
        writer = writer.option("replaceWhere", predicate).option("mergeSchema", "true")
    elif exists(path):
        writer = writer.option("overwriteSchema", "true")
    else:
        writer = writer.options(**PROPERTIES)
    writer.save(str(path))
    return version_of(path)


def register(spark: SparkSession, path: Path, database: str, name: str) -> None:
    """Make the table at the path known to the session's catalog by name; it stays where it is, and dropping the name keeps it."""
    spark.sql(f"CREATE DATABASE IF NOT EXISTS `{database}`")
    spark.sql(f"CREATE TABLE IF NOT EXISTS `{database}`.`{name}` USING DELTA LOCATION '{path}'")


def append_rows(path: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    """Append a few rows without Spark (0.02 s against 0.9 s)."""
    if rows:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _APPENDING:
            write_deltalake(str(path), pa.Table.from_pylist(rows, schema=schema), mode="append")


def commits(path: Path) -> list[Commit]:
    """Our commits, newest first; commits of others (OPTIMIZE, VACUUM) carry no metadata and are left out."""
    if not exists(path):
        return []
    found = []
    for entry in DeltaTable(str(path)).history():
        said = json.loads(entry.get("userMetadata") or "{}")
        if "run_id" in said:
            found.append(Commit(int(entry["version"]), said["run_id"], said.get("days"), said.get("inputs", {}), said.get("models", {})))
    return found


def between(column: str, days: list[date]) -> str:
    """The days as a predicate of ranges: 365 days in a row are one comparison."""
    spans: list[list[date]] = []
    for day in sorted(set(days)):
        if spans and spans[-1][1] + timedelta(days=1) == day:
            spans[-1][1] = day
        else:
            spans.append([day, day])
    return " OR ".join(f"({column} >= DATE'{a}' AND {column} <= DATE'{b}')" for a, b in spans) or "false"


def dataset(path: Path, version: int | None = None) -> ds.Dataset:
    """The table as an Arrow dataset: filters read only the files and columns that they need."""
    return DeltaTable(str(path), version=version).to_pyarrow_dataset()


def rows_at(path: Path, column: str, days: list[date]) -> pa.Table:
    """The rows of these days as Arrow, without a JVM."""
    return dataset(path).to_table(filter=ds.field(column).isin(days))


def has_rows(path: Path, column: str, days: list[date]) -> bool:
    """Whether the table holds a row of one of these days."""
    return exists(path) and bool(dataset(path).head(1, columns=[column], filter=ds.field(column).isin(days)).num_rows)


def values_above(path: Path, column: str, least: date) -> list[date]:
    """The different days of the column after `least`, in order."""
    if not exists(path):
        return []
    found = dataset(path).to_table(columns=[column], filter=ds.field(column) > least)
    return sorted(found[column].unique().to_pylist())


def is_whole(path: Path, version: int) -> bool:
    """Whether every file of that version is still there: VACUUM deletes those past their retention."""
    try:
        files = DeltaTable(str(path), version=version).file_uris()
    except (DeltaError, FileNotFoundError):
        return False
    return all(Path(file.removeprefix("file://")).exists() for file in files)


def compact(path: Path) -> int:
    """Merge small files; returns how many were replaced."""
    return int(DeltaTable(str(path)).optimize.compact()["numFilesRemoved"])


def vacuum(path: Path) -> int:
    """Delete files that no version within the table's retention names; returns how many."""
    return len(DeltaTable(str(path)).vacuum(dry_run=False))


def row_count(path: Path) -> int:
    """Rows of the newest version, from the log's statistics."""
    actions = pa.table(DeltaTable(str(path)).get_add_actions(flatten=True))
    return int(sum(actions["num_records"].to_pylist()))


ARROW_TYPES = {
    "string": pa.string(), "int": pa.int32(), "bigint": pa.int64(), "double": pa.float64(), "boolean": pa.bool_(), "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}  # fmt: skip


def _arrow_type(text: str) -> pa.DataType:
    if text.startswith("decimal("):
        precision, scale = text.removeprefix("decimal(").removesuffix(")").split(",")
        return pa.decimal128(int(precision), int(scale))
    if text == "array<string>":
        return pa.list_(pa.string())
    return ARROW_TYPES[text]
