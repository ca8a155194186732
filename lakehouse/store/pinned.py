"""One version of a table as its log describes it, read once: its files, its columns, how many rows
it has, and what its commits say.

A version never changes, so that whoever asks again is answered from memory.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
from deltalake import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from lakehouse.base.few_rows import frame_of
from lakehouse.store import commit_files
from lakehouse.store.commit_metadata import Commit, commit_of

# Chosen, not measured: several versions of each of the tables of a lake. What is forgotten is read
# again.
REMEMBERED = 256


@dataclass(frozen=True)
class Pinned:
    """A version: the size of each of its files in bytes by its path, its schema as Spark writes it,
    its rows, and the least versions of Delta's protocol that a reader and a writer must know.
    """

    files: dict[Path, int]
    schema: str
    rows: int
    reader_version: int
    writer_version: int
    is_partitioned: bool

    @property
    def is_plain(self) -> bool:
        """Whether the files alone are the rows: nothing is partitioned, renamed or deleted beside
        them, which a reader of version 1 may rely on.
        """
        return self.reader_version == 1 and not self.is_partitioned


def pinned(path: Path, version: int) -> Pinned:
    """The version of the table at the path.

    Raises:
        DeltaError: there is no such version, or its log cannot be read.
    """
    return _pinned(str(path), version, stamp(path, version))


def stamp(path: Path, version: int) -> tuple[int, int] | None:
    """Tells a commit from that of another table that stood at the same path before."""
    try:
        commit = (path / commit_files.LOG / f"{version:020}.json").stat()
    except OSError:
        return None
    return commit.st_ino, commit.st_mtime_ns


@lru_cache(maxsize=REMEMBERED)
def _pinned(path: str, version: int, _stamp: tuple[int, int] | None) -> Pinned:
    table = DeltaTable(path, version=version if version >= 0 else None)
    actions = pa.table(table.get_add_actions(flatten=True))
    return Pinned(
        {
            Path(path) / unquote(name): size
            for name, size in zip(
                actions["path"].to_pylist(), actions["size_bytes"].to_pylist(), strict=True
            )
        },
        table.schema().to_json(),
        int(sum(actions["num_records"].to_pylist())),
        table.protocol().min_reader_version,
        table.protocol().min_writer_version,
        bool(table.metadata().partition_columns),
    )


def commits(path: Path, version: int) -> list[Commit]:
    """Our commits up to the version, newest first; those of others (OPTIMIZE, VACUUM) carry no
    metadata and are left out.
    """
    return list(_commits(str(path), version, stamp(path, version)))


@lru_cache(maxsize=REMEMBERED)
def _commits(path: str, version: int, _stamp: tuple[int, int] | None) -> tuple[Commit, ...]:
    entries = [commit_of(entry) for entry in DeltaTable(path, version=version).history()]
    return tuple(commit for commit in entries if commit)


def read_files(spark: SparkSession, table: Pinned) -> DataFrame:
    """The rows of a plain version as Spark reads its Parquet files, without a look at the log."""
    schema = StructType.fromJson(json.loads(table.schema))
    if not table.files:
        return frame_of(spark, to_arrow_schema(schema).empty_table(), schema)
    return spark.read.schema(schema).parquet(*map(str, table.files))
