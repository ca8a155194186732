"""The only place that writes a table: replace a slice, append small rows, go back to a version, and
read the log.
"""

import json
import sys
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
from deltalake import CommitProperties, DeltaTable, Schema, Transaction, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.transaction import AddAction
from pyarrow.fs import LocalFileSystem, SubTreeFileSystem
from pyspark.sql import DataFrame, SparkSession

from lakehouse.base.caching import rows_of
from lakehouse.base.errors import UserError
from lakehouse.base.run import spans_of
from lakehouse.base.spark import is_for_few_rows
from lakehouse.store import commit_files, pinned
from lakehouse.store.arrow_types import arrow_type
from lakehouse.store.commit_metadata import Commit
from lakehouse.store.table_properties import PROPERTIES, has_extremes, limited, limits, limits_among

# Each commit names the version that it was computed upon as its transaction; Delta refuses one that
# is not newer than the last.
TRANSACTION = "headwater"
CONFLICTS = ("DELTA_CONCURRENT", "DELTA_METADATA_CHANGED", "DELTA_PROTOCOL_CHANGED")
# What tables of ours have: a reader of version 1 reads them. Above these a table has what somebody
# else has turned on, such as constraints or a feed of changes, which Delta's own writer keeps.
READER_VERSION, WRITER_VERSION = 1, 2

# what reading or appending raises, by our own name: nobody else imports deltalake
LogError = DeltaError


class Conflict(UserError):
    """Someone else committed to the table since its rows were computed: nothing was written, and
    they must be computed again.
    """


def exists(path: Path) -> bool:
    """Whether a Delta table stands at the path."""
    return commit_files.has_any(path)


def version_of(path: Path) -> int:
    """Newest version of the table; -1 when there is none."""
    return commit_files.newest_version(path)


def _pinned(path: Path, version: int | None) -> pinned.Pinned:
    """What the log says of a version or the newest."""
    return pinned.pinned(path, version_of(path) if version is None else version)


def read(spark: SparkSession, path: Path, version: int | None = None) -> DataFrame:
    """The table as a frame, at a version or the newest; to a session for few rows its files are
    named, as the log lists them, so that Spark does not read the log.
    """
    if is_for_few_rows(spark):
        table = _pinned(path, version)
        if table.is_plain:
            return pinned.read_files(spark, table)
    reader = spark.read.format("delta")
    return (reader if version is None else reader.option("versionAsOf", version)).load(str(path))


def read_arrow(path: Path, version: int | None = None) -> pa.Table:
    """The table as Arrow, without a JVM."""
    return dataset(path, version).to_table()


def read_records(
    path: Path, schema: pa.Schema, where: ds.Expression | None = None
) -> list[dict[str, Any]]:
    """The rows of a table of records, none when there is no table; each has every column of the
    schema, null where it was written before the column was there.
    """
    rows = dataset(path).to_table(filter=where).to_pylist() if exists(path) else []
    return [dict.fromkeys(schema.names) | row for row in rows]


def create(path: Path, types: Mapping[str, str], impersonal: Collection[str] = ()) -> None:
    """Make an empty table of these columns, without Spark (0.02 s against 0.9 s); its log holds the
    extremes of the impersonal ones.
    """
    schema = pa.schema([pa.field(name, arrow_type(text)) for name, text in types.items()])
    path.parent.mkdir(parents=True, exist_ok=True)
    DeltaTable.create(str(path), schema, configuration=PROPERTIES | limits(types, impersonal))


def replace(
    frame: DataFrame,
    path: Path,
    predicate: str | None,
    metadata: Mapping[str, object],
    upon: int | None = None,
    impersonal: Collection[str] = (),
) -> int:
    """Replace the rows under the predicate (None: all rows) by the frame's, in one commit; returns
    its version.

    The log holds the smallest and largest values of the impersonal columns alone; a table that was
    made otherwise is told so before, by a commit of its own. A column that is new to the table
    counts from its second commit on.

    Raises:
        Conflict: another of our commits was made since version `upon` (None: the newest), which the
            rows were computed upon.
    """
    upon, types = version_of(path) if upon is None else upon, dict(frame.dtypes)
    rows = rows_of(frame)
    if rows is not None and exists(path) and not _is_of_our_kind(path):
        rows = None
    if exists(path):
        upon = _limit_extremes(
            path,
            [name for name, of in types.items() if name in impersonal and has_extremes(of)],
            upon,
        )
    if rows is not None:
        return _replace_with(rows, path, predicate, metadata, upon, limits(types, impersonal))
    metadata_json = json.dumps(metadata, sort_keys=True)
    writer = frame.write.format("delta").mode("overwrite").option("userMetadata", metadata_json)
    writer = writer.option("txnAppId", TRANSACTION).option("txnVersion", upon + 1)
    if exists(path) and predicate is not None:
        writer = writer.option("replaceWhere", predicate).option("mergeSchema", "true")
    elif exists(path):
        writer = writer.option("overwriteSchema", "true")
    else:
        writer = writer.options(**PROPERTIES, **limits(types, impersonal))
    try:
        writer.save(str(path))
    except Exception as error:
        if any(words in str(error) for words in CONFLICTS):
            raise _conflict(path, upon) from error
        raise
    # a commit upon an older version is dropped by Delta without a word
    for entry in DeltaTable(str(path)).history(10):
        if entry.get("userMetadata") == metadata_json:
            return int(entry["version"])
    raise _conflict(path, upon)


def _is_of_our_kind(path: Path) -> bool:
    """Whether a table has no features but those that we give it; says in a sentence when not."""
    table = _pinned(path, None)
    reader, writer = table.reader_version, table.writer_version
    if reader <= READER_VERSION and writer <= WRITER_VERSION:
        return True
    print(
        f"headwater: {path} asks for a reader of version {reader} and a writer of version {writer},"
        " which somebody has turned on: Spark commits to it",
        file=sys.stderr,
        flush=True,
    )
    return False


def _replace_with(
    rows: pa.Table,
    path: Path,
    predicate: str | None,
    metadata: Mapping[str, object],
    upon: int,
    extremes: Mapping[str, str],
) -> int:
    """Replace the rows under the predicate by these, without Spark, in one commit like its own."""
    step = CommitProperties(
        custom_metadata={"userMetadata": json.dumps(metadata, sort_keys=True)},
        app_transactions=[Transaction(TRANSACTION, upon + 1)],
        max_commit_retries=0,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    table = DeltaTable(str(path)) if exists(path) else None
    if table:
        _refuse_overtaken(table, path, upon)
    try:
        write_deltalake(
            table or str(path),
            rows,
            mode="overwrite",
            predicate=predicate if table else None,
            schema_mode=None if table is None else "overwrite" if predicate is None else "merge",
            configuration=None if table else PROPERTIES | dict(extremes),
            commit_properties=step,
        )
    except CommitFailedError as error:
        raise _conflict(path, upon) from error
    return int(table.version()) if table else 0


def _limit_extremes(path: Path, impersonal: Collection[str], upon: int) -> int:
    """See to it that the log of a table holds the extremes of these columns alone; returns the
    version that a commit is made upon now.

    Where the table has no such property yet, that is a commit of its own, which takes the place of
    the one upon `upon`: of two that were computed upon the same version, only one can follow.
    """
    table = DeltaTable(str(path))
    if limits_among(table.metadata().configuration) == limits_of(table.schema(), impersonal):
        return upon
    _refuse_overtaken(table, path, upon)
    try:
        set_limits(table, impersonal, Transaction(TRANSACTION, upon + 1))
    except CommitFailedError as error:
        raise _conflict(path, upon) from error
    return int(table.version())


def _refuse_overtaken(table: DeltaTable, path: Path, upon: int) -> None:
    """Raise Conflict when one of our commits was made upon this version, or a later one."""
    done = table.transaction_version(TRANSACTION)
    if done is not None and done > upon:
        raise _conflict(path, upon)


def set_limits(table: DeltaTable, impersonal: Collection[str], *steps: Transaction) -> None:
    """Have the table's log hold the extremes of these columns alone, in a commit of its own where
    it does not yet.
    """
    wanted = limits_of(table.schema(), impersonal)
    if limits_among(table.metadata().configuration) != wanted:
        table.alter.set_table_properties(
            wanted,
            commit_properties=CommitProperties(app_transactions=[*steps], max_commit_retries=0),
        )


def limits_of(schema: Schema, impersonal: Collection[str]) -> dict[str, str]:
    """The properties by which the log of a table with this schema holds the extremes of these."""
    return limits({field.name: str(field.type.type) for field in schema.fields}, impersonal)


def _conflict(path: Path, upon: int) -> Conflict:
    return Conflict(
        f"{path} was at version {upon} when its rows were computed, and another run has committed"
        " to it since; run it again"
    )


def register(spark: SparkSession, path: Path, database: str, name: str) -> None:
    """Make the table at the path known to the session's catalog by name; it stays where it is, and
    dropping the name keeps it.
    """
    spark.sql(f"CREATE DATABASE IF NOT EXISTS `{database}`")
    spark.sql(f"CREATE TABLE IF NOT EXISTS `{database}`.`{name}` USING DELTA LOCATION '{path}'")


def commits(path: Path, version: int | None = None) -> list[Commit]:
    """Our commits up to a version, newest first."""
    version = version_of(path) if version is None else version
    return pinned.commits(path, version) if version >= 0 else []


def between(column: str, days: list[date]) -> str:
    """The days as a predicate of ranges: 365 days in a row are one comparison."""
    spans = [(start, end - timedelta(days=1)) for start, end in spans_of(days)]
    return (
        " OR ".join(f"({column} >= DATE'{a}' AND {column} <= DATE'{b}')" for a, b in spans)
        or "false"
    )


def dataset(path: Path, version: int | None = None) -> ds.Dataset:
    """The table as an Arrow dataset: filters read only the files and columns that they need.

    Arrow opens the files itself. By default it asks delta-rs for them through Python, and a `head`
    leaves threads that still ask: when the program ends then, it aborts, crashes or hangs
    (apache/arrow#34314; 12 processes of 12 that took the first row of 35 files did, none of 12 this
    way).
    """
    files = SubTreeFileSystem(str(path.absolute()), LocalFileSystem())
    return DeltaTable(str(path), version=version).to_pyarrow_dataset(filesystem=files)


def is_whole(path: Path, version: int) -> bool:
    """Whether every file of that version is still there, whole: VACUUM deletes those past their
    retention.
    """
    return not damage_of(path, version)


def damage_of(path: Path, version: int | None = None) -> str:
    """What of a version (or the newest) cannot be read, in words: its log, or a file gone or of
    another size; empty when whole.
    """
    try:
        files = _pinned(path, version).files
    except (DeltaError, OSError) as error:
        return f"its log cannot be read ({str(error).splitlines()[0]})"
    for place, written in files.items():
        if not place.exists():
            return f"the file {place.relative_to(path)} is gone"
        if (size := place.stat().st_size) != written:
            return f"the file {place.relative_to(path)} has {size} bytes, {written} were written"
    return ""


def tables(lake: Path) -> list[Path]:
    """The folder of every table in the lake, by name."""
    return sorted(path for path in lake.glob("*") if exists(path))


def readable_commits(path: Path) -> list[Commit]:
    """Our commits, newest first; none when the log cannot be read, which `damage_of` tells."""
    try:
        return commits(path)
    except (DeltaError, OSError):
        return []


def go_back(path: Path, version: int, metadata: Mapping[str, object]) -> int:
    """Make an older version the newest, in one commit; returns the new version. Its data files are
    read by nobody here.
    """
    table = DeltaTable(str(path))
    table.restore(version, commit_properties=_saying(metadata))
    return int(table.version())


def empty(path: Path, metadata: Mapping[str, object]) -> int:
    """Take every row out, in one commit, without reading a file; returns the new version."""
    table = DeltaTable(str(path))
    table.delete(commit_properties=_saying(metadata))
    return int(table.version())


def mark(path: Path, metadata: Mapping[str, object]) -> int:
    """Commit no rows, only what the metadata says; returns the new version."""
    nothing = DeltaTable(str(path)).schema().to_arrow()
    write_deltalake(
        str(path),
        pa.schema(nothing).empty_table(),
        mode="append",
        commit_properties=_saying(metadata),
    )
    return version_of(path)


def _saying(metadata: Mapping[str, object]) -> CommitProperties:
    return CommitProperties(custom_metadata={"userMetadata": json.dumps(metadata, sort_keys=True)})


def compact(path: Path, impersonal: Collection[str] = ()) -> int:
    """Merge small files; returns how many were replaced. The log holds the extremes of the
    impersonal columns alone.

    Raises:
        Conflict: another commit replaced some of them meanwhile.
    """
    table = DeltaTable(str(path))
    try:
        set_limits(table, impersonal)
        replaced = int(table.optimize.compact()["numFilesRemoved"])
        _restate(path, table, impersonal)
    except CommitFailedError as error:
        raise _conflict(path, table.version()) from error
    return replaced


def _restate(path: Path, table: DeltaTable, impersonal: Collection[str]) -> None:
    """Name the files again whose extremes of other columns the log holds, without those: each
    checkpoint copies what was said last.
    """
    stats = commit_files.statistics(
        path
    )  # delta-rs itself hides what the log says of other columns
    kept = [
        (file, limited(stats.get(file["path"], ""), impersonal))
        for file in pa.table(table.get_add_actions()).to_pylist()
    ]
    if named := [
        AddAction(file["path"], file["size_bytes"], {}, file["modification_time"], False, text)
        for file, text in kept
        if text
    ]:
        # never over another commit, which may have taken one of the files out
        alone = CommitProperties(max_commit_retries=0)
        table.create_write_transaction(named, "append", table.schema(), commit_properties=alone)


def vacuum(path: Path) -> int:
    """Delete files that no version within the table's retention names; returns how many."""
    return len(DeltaTable(str(path)).vacuum(dry_run=False))


def row_count(path: Path, version: int | None = None) -> int:
    """Rows of a version or the newest, from the log's statistics."""
    return _pinned(path, version).rows
