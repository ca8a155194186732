"""A table of a database as files: all of it or what changed, read by many connections that see one
and the same moment.
"""

# ruff: noqa: S608 - identifiers are quoted, and the rest is what the owner of the settings wrote,
# run in a read-only transaction

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
from py4j.protocol import Py4JError  # type: ignore[import-untyped]
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.fetch.fetched import FetchError, fetched_before, filled
from settings.connectors import DELETED, Jdbc
from settings.credentials import without
from settings.nearest import nearest
from settings.sources import Source

PART = "_part"  # the column that splits a parallel read; it is not landed
WHOLE = {"int2", "int4", "int8", "serial", "bigserial", "smallserial"}
# a database in the same network answers in milliseconds; ten seconds are an outage
CONNECT_SECONDS = 10


def fetch_table(
    spark: SparkSession, source: Source, day: date, zone: str, folder: Path, made: Path
) -> dict[str, Any]:
    """Write the rows of the day, and the deleted keys, into the folder `made`; returns the
    mark of the delivery.

    Every column is landed as the text that PostgreSQL gives, so that no digit is lost on the way.

    Raises:
        FetchError: the database refuses or does not answer, or a column is not there.
    """
    jdbc = _of(source)
    before = fetched_before(folder, day)
    with _snapshot(spark, jdbc) as snapshot:
        types = snapshot.types()
        _refuse_absent(jdbc, types)
        reached = next(
            (mark["watermark"] for _, mark in reversed(before) if mark.get("watermark")), None
        )
        scope = _scope(jdbc, day, zone, reached)
        bounds = ", ".join(_bound(jdbc, types, side) for side in ("min", "max"))
        count, newest, low, high = snapshot.ask(
            f"SELECT count(*), {_newest(jdbc)}, {bounds} FROM {_table(jdbc)} WHERE {scope}"
        )[0]
        rows = snapshot.frame(_selected(jdbc, types, scope), _parts(jdbc, low, high)).drop(PART)
        row_count = _land(
            (
                rows.withColumn(DELETED, F.lit(None).cast("string"))
                if DELETED in source.columns
                else rows
            ),
            made,
            "rows",
        )
        deleted = (
            _land(
                _deleted_keys(spark, snapshot, source, [folder / str(d) for d, _ in before]),
                made,
                "deleted",
            )
            if jdbc.deletes and before
            else 0
        )
    if row_count != int(count or 0):
        raise FetchError(
            f"{jdbc.table} has {count} rows in the snapshot, but {row_count} came. Run again; tell"
            " us if it stays"
        )
    return {"rows": row_count, "deleted": deleted, "watermark": newest or reached}


def write_no_rows(source: Source, made: Path) -> None:
    """A day whose rows are in a later delivery: a file without rows."""
    pq.write_table(
        pa.table({c: pa.array([], pa.string()) for c in source.columns}),
        made / "rows-00000.parquet",
    )


def _of(source: Source) -> Jdbc:
    assert source.jdbc is not None
    return source.jdbc


@dataclass(frozen=True)
class _Snapshot:
    """A connection that holds one moment of the database open, and what lets others see it."""

    spark: SparkSession
    jdbc: Jdbc
    connection: Any
    properties: dict[str, str]

    def ask(self, sql: str) -> list[list[str | None]]:
        """The rows of a query as texts, as of the snapshot that the connection keeps open."""
        result = self.connection.createStatement().executeQuery(sql)
        width = result.getMetaData().getColumnCount()
        rows = []
        while result.next():
            rows.append([result.getString(n + 1) for n in range(width)])
        return rows

    def types(self) -> dict[str, str]:
        """The table's columns with the database's names of their types, without those to be left
        out.
        """
        about = (
            self.connection.createStatement()
            .executeQuery(f"SELECT * FROM {_table(self.jdbc)} WHERE false")
            .getMetaData()
        )
        every = {
            about.getColumnName(n + 1): about.getColumnTypeName(n + 1)
            for n in range(about.getColumnCount())
        }
        return {name: kind for name, kind in every.items() if name not in self.jdbc.leave_out}

    def frame(self, select: str, predicates: list[str]) -> DataFrame:
        """The rows of a query, read by one connection per predicate, all of the same snapshot."""
        return self.spark.read.jdbc(
            self.jdbc.url, f"({select}) AS t", predicates=predicates, properties=self.properties
        )


@contextmanager
def _snapshot(spark: SparkSession, jdbc: Jdbc) -> Iterator[_Snapshot]:
    """Open a moment of the database until the block ends; errors of the database come out as
    sentences without credentials.

    Each of Spark's connections takes the moment over by its first statement. That holds for all
    that it reads, because Spark switches autocommit off when a fetch size is given
    (PostgresDialect.beforeFetch), so that statement and query are one transaction.
    """
    user, password = jdbc.user.read(), jdbc.password.read()
    login = {
        "user": user,
        "password": password,
        "driver": "org.postgresql.Driver",
        "ApplicationName": "headwater",
        "tcpKeepAlive": "true",
        "connectTimeout": str(CONNECT_SECONDS),
        "socketTimeout": str(jdbc.timeout_seconds),
    }
    connection: Any = None
    try:
        connection = _connection(spark, jdbc.url, login)
        connection.setAutoCommit(False)
        local = f"SET LOCAL TimeZone = '{jdbc.zone}'; SET LOCAL extra_float_digits = 1"
        level = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
        connection.createStatement().execute(
            f"{level}; {local}; SET LOCAL idle_in_transaction_session_timeout = 0"
        )
        exported = connection.createStatement().executeQuery("SELECT pg_export_snapshot()")
        exported.next()
        begin = f"{level}; SET TRANSACTION SNAPSHOT '{exported.getString(1)}'; {local}"
        yield _Snapshot(
            spark,
            jdbc,
            connection,
            {**login, "fetchsize": str(jdbc.fetch_size), "sessionInitStatement": begin},
        )
    except (Py4JError, PySparkException) as error:
        raise FetchError(_sentence(jdbc, error, user, password)) from None
    finally:
        if connection is not None:
            # the server or Java may be gone; what went wrong first is to be said
            with suppress(Py4JError, OSError):
                connection.close()


def _connection(spark: SparkSession, url: str, login: dict[str, str]) -> Any:
    jvm: Any = spark.sparkContext._jvm
    properties = jvm.java.util.Properties()
    for key, value in login.items():
        properties.setProperty(key, value)
    return jvm.org.postgresql.Driver().connect(url, properties)


def _sentence(jdbc: Jdbc, error: Exception, user: str, password: str) -> str:
    """What the database said, in its own words, and what to do."""
    match = re.search(r"PSQLException: ([^\n]+)", str(error)) or re.search(r"([^\n]+)", str(error))
    text = without(match[1] if match else type(error).__name__, password).replace(
        f'"{user}"', '"***"'
    )
    where = without(f"{jdbc.table} of {jdbc.url}", password)
    if re.search(r"authentication|no password was provided|role .* does not exist", text):
        return (
            f"{where} refuses the login: {text}. Look at the {jdbc.user} (user) and the"
            f" {jdbc.password} (password), and run again"
        )
    if re.search(
        r"refused|connection attempt failed|shutting down|terminating connection|I/O error|timed?"
        r" ?out",
        text,
    ):
        return (
            f"{where} does not answer: {text}. Look whether the server runs and can be reached, and"
            " run again: nothing of it was landed"
        )
    return f"{where} cannot be read: {text}. Nothing of it was landed; run again when it is mended"


def _refuse_absent(jdbc: Jdbc, types: dict[str, str]) -> None:
    wanted = [*jdbc.named_columns, *([jdbc.partition_column] if jdbc.partition_column else [])]
    absent = [f"{c} (nearest: {nearest(c, types)})" for c in wanted if c not in types]
    if absent:
        raise FetchError(
            f"{jdbc.table} has no column {', '.join(absent)}; it has: {', '.join(types)}. Correct"
            " the tenant's settings"
        )


def _scope(jdbc: Jdbc, day: date, zone: str, reached: str | None) -> str:
    """What of the table belongs to the day: changed since what was landed before it, and before it
    ended in the tenant's zone.

    Rows without a watermark come every time: nobody can tell when they changed.
    """
    parts = [f"({filled(jdbc.where, day)})"] if jdbc.where else []
    if jdbc.watermark is not None:
        column, overlap = _quoted(jdbc.watermark.column), jdbc.watermark.overlap
        bounds = []
        if jdbc.watermark.kind == "time":
            end = datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(zone)).isoformat()
            bounds.append(f"{column} < '{end}'::timestamptz")
        if reached is not None:
            since = f"'{reached}'::timestamptz - interval '{overlap} seconds'"
            bounds.append(
                f"{column} >= "
                + (since if jdbc.watermark.kind == "time" else f"'{reached}'::numeric - {overlap}")
            )
        parts.append(f"({' AND '.join(bounds) or 'true'} OR {column} IS NULL)")
    return " AND ".join(parts) or "true"


def _newest(jdbc: Jdbc) -> str:
    if jdbc.watermark is None:
        return "NULL"
    kind = "timestamptz" if jdbc.watermark.kind == "time" else "numeric"
    return f"max({_quoted(jdbc.watermark.column)})::{kind}::text"


def _bound(jdbc: Jdbc, types: dict[str, str], side: str) -> str:
    """The smallest or greatest of the column that splits the read, when it is a whole number."""
    is_whole = jdbc.partition_column is not None and types[jdbc.partition_column] in WHOLE
    return f"{side}({_quoted(jdbc.partition_column or '')})::text" if is_whole else "NULL"


def _selected(jdbc: Jdbc, types: dict[str, str], scope: str) -> str:
    texts = ", ".join(f"{_quoted(c)}::text AS {_quoted(c)}" for c in types)
    part = _quoted(jdbc.partition_column) if jdbc.partition_column else "NULL::integer"
    return f"SELECT {texts}, {part} AS {PART} FROM {_table(jdbc)} WHERE {scope}"


def _parts(jdbc: Jdbc, low: str | None, high: str | None) -> list[str]:
    """One predicate per connection: ranges of a whole number, which an index serves; of anything
    else its hash, a scan for each.
    """
    many = jdbc.partitions
    if many == 1:
        return ["true"]
    if low is None or high is None:
        hashed = f"coalesce(abs(hashtext({PART}::text)::bigint) % {many}, 0)"
        return [f"{hashed} = {n}" for n in range(many)]
    least, width = int(low), int(high) - int(low) + 1
    edges = [least + width * n // many for n in range(1, many)]
    inner = [f"{PART} >= {a} AND {PART} < {b}" for a, b in pairwise(edges)]
    return [f"{PART} < {edges[0]} OR {PART} IS NULL", *inner, f"{PART} >= {edges[-1]}"]


def _deleted_keys(
    spark: SparkSession, snapshot: _Snapshot, source: Source, folders: list[Path]
) -> DataFrame:
    """The keys that earlier deliveries have and the database no longer has; all columns but the key
    are null.

    A key whose newest delivery says that it is deleted is left out.
    """
    jdbc = _of(source)
    schema = ", ".join(f"`{c}` string" for c in (*jdbc.key, DELETED))
    earlier = spark.read.schema(schema).parquet(*map(str, folders))
    day = F.regexp_extract("_metadata.file_path", r"/(\d{4}-\d{2}-\d{2})/[^/]*$", 1)
    # of one day a key is landed or taken back, never both: the two are of one snapshot
    newest = earlier.groupBy(*jdbc.key).agg(
        F.max_by(F.coalesce(DELETED, F.lit("false")), day).alias("state")
    )
    texts = ", ".join(f"{_quoted(c)}::text AS {_quoted(c)}" for c in jdbc.key)
    part = _quoted(jdbc.partition_column) if jdbc.partition_column else "NULL::integer"
    select = (
        f"SELECT {texts}, {part} AS {PART} FROM {_table(jdbc)} WHERE"
        f" {f'({jdbc.where})' if jdbc.where else 'true'}"
    )
    low, high = snapshot.ask(
        f"SELECT {', '.join(_bound(jdbc, snapshot.types(), s) for s in ('min', 'max'))} FROM"
        f" {_table(jdbc)}"
    )[0]
    there = snapshot.frame(select, _parts(jdbc, low, high)).drop(PART)
    keys = newest.where("state <> 'true'").join(there, jdbc.key, "left_anti")
    columns = [
        (
            F.col(c)
            if c in jdbc.key
            else F.lit("true" if c == DELETED else None).cast("string").alias(c)
        )
        for c in source.columns
    ]
    return keys.select(*columns).coalesce(1)


def _land(frame: DataFrame, made: Path, name: str) -> int:
    """Write the frame as `<name>-00000.parquet` and so on; returns how many rows the files say they
    hold.
    """
    beside = made / f".{name}"
    frame.write.mode("overwrite").parquet(str(beside))
    rows = 0
    for n, path in enumerate(sorted(beside.glob("part-*.parquet"))):
        row_count = pq.read_metadata(path).num_rows
        if row_count or (name == "rows" and n == 0):
            path.replace(made / f"{name}-{n:05}.parquet")
        rows += row_count
    shutil.rmtree(beside)
    return rows


def _table(jdbc: Jdbc) -> str:
    return ".".join(_quoted(part) for part in jdbc.table.split("."))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
