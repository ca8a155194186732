"""Reads the inputs of a table's function: each input as the parameter's annotation says."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from lakehouse.base.run import Run
from lakehouse.contract.mapping import TECHNICAL, mapped, standard_value
from lakehouse.contract.reads import Read
from lakehouse.contract.table import TABLES, Table
from lakehouse.intake.full_snapshots import lists_of
from lakehouse.store import delta
from lakehouse.store.context import Context
from lakehouse.store.table_reading import has_rows, values_above
from settings.sources import Source

MOST_REPEATED = 100_000  # hashes of keys that are sent to every task: less than 10 MB
# days before an arrival in which earlier versions of its keys are searched: docs/runbook.md
# promises that a correction may come so late
LATE_DAYS = 400


@dataclass(frozen=True)
class Changes:
    """The event days that are computed again; None means all days, as when the table is built for
    the first time.
    """

    days: list[date] | None

    def predicate(self, column: str) -> str | None:
        """The days as SQL; null (a day that cannot be read) is always among them. None for all."""
        return (
            None
            if self.days is None
            else f"({column} IS NULL OR {delta.between(column, self.days)})"
        )


def as_seen(context: Context, name: str, read: Read) -> DataFrame:
    """The rows of input `name` that its annotation lets see, at the version of this build."""
    return seen(context.table(name), context.run, name, read)


def seen(frame: DataFrame, run: Run, name: str, read: Read) -> DataFrame:
    """The rows of `frame`, which is the whole table `name`, that its annotation lets see.

    Each row has an as-of date, except with `Slice` and `Reference`. A row that several as-of dates
    see is there once per date.
    """
    day = F.col(TABLES[name].slice_by)
    if read.how == "reference":
        return frame
    if read.how == "slice":
        return frame.where(delta.between(TABLES[name].slice_by, run.days))
    if read.how == "snapshot":
        return frame.where(F.col("as_of").isin(list(run.as_ofs)))
    as_ofs = frame.sparkSession.createDataFrame([(d,) for d in run.as_ofs], "as_of date")
    if read.how == "latest":
        return _newest_snapshot(frame, as_ofs)
    if read.how == "after":
        days = read.days or 0
        visible = frame.where(
            (day >= min(run.as_ofs)) & (day < max(run.as_ofs) + timedelta(days=days))
        )
        return visible.join(
            F.broadcast(as_ofs), (day >= F.col("as_of")) & (day < F.date_add("as_of", days))
        )
    joined = frame.where(day < max(run.as_ofs)).join(F.broadcast(as_ofs), day < F.col("as_of"))
    return joined if read.days is None else joined.where(day >= F.date_sub("as_of", read.days))


def _newest_snapshot(frame: DataFrame, as_ofs: DataFrame) -> DataFrame:
    dates = frame.select(F.col("as_of").alias("snapshot")).distinct()
    newest = (
        as_ofs.join(dates, F.col("snapshot") <= F.col("as_of"))
        .groupBy("as_of")
        .agg(F.max("snapshot").alias("snapshot"))
    )
    return (
        frame.withColumnRenamed("as_of", "snapshot")
        .join(F.broadcast(newest), "snapshot")
        .drop("snapshot")
    )


def changed_days(context: Context, table: Table, name: str) -> Changes:
    """The days of `name` that its commits have changed since `table` was last built from it."""
    consumed = _consumed(context.lake, table, name)
    if consumed is None:
        return Changes(None)
    days: set[str] = set()
    for commit in delta.commits(context.lake / name, context.version_of(name)):
        if commit.version > consumed:
            if commit.days is None:
                return Changes(None)
            days |= set(commit.days)
    return Changes(sorted(date.fromisoformat(d) for d in days))


def has_news(context: Context, table: Table, name: str) -> bool:
    """Whether bronze table `name` has rows of the run's days, or commits from which `table` was not
    built yet.
    """
    path, version = context.lake / name, context.version_of(name)
    consumed = _consumed(context.lake, table, name)
    if consumed is None:
        return delta.row_count(path, version) > 0
    if reference_changes(context, table):
        return True
    is_newer = any(commit.version > consumed for commit in delta.commits(path, version))
    return is_newer or has_rows(path, "arrived_on", context.run.days, version)


def reference_changes(context: Context, table: Table) -> date | None:
    """The first day of a reference table that has changed since `table` was built, None without
    one. All event days from it on are built again.
    """
    parts = [
        changed_days(context, table, name).days
        for name, read in table.reads.items()
        if read.how == "reference"
    ]
    days = [date.min if part is None else part[0] for part in parts if part is None or part]
    return min(days, default=None)


def touched_days(context: Context, table: Table, name: str, source: Source) -> Changes:
    """The event days on which the arrivals of the run change `table`, which reads bronze table
    `name`.

    They are the days of the rows that arrived, of the rows that a new delivery replaced, and of all
    other versions of the keys of both. So late, corrected, moved and withdrawn lines change every
    day on which they are or were.
    """
    lake = context.lake
    consumed = _consumed(lake, table, name)
    bronze = context.table(name)
    # after a restoration the version may be older than VACUUM keeps
    if consumed is None or not delta.is_whole(lake / name, consumed):
        return Changes(None)
    arrivals = _arrival_days(context, name, consumed)
    if arrivals is None:
        return Changes(None)
    if since := reference_changes(context, table):  # an event arrives on its day or later
        arrivals = sorted(
            {
                *arrivals,
                *(d for d in values_above(lake / name, "arrived_on", date.min) if d >= since),
            }
        )
    inside = F.expr(delta.between("arrived_on", arrivals))
    before = context.table_at(name, consumed).where(inside)
    if source.event_date is None:
        return Changes(lists_of(context, name).compared(arrivals) if source.lists_all else arrivals)
    keys = (
        _keyed(bronze.where(inside), source, table).union(_keyed(before, source, table)).distinct()
    )
    recent = bronze.where(F.col("arrived_on") >= min(arrivals) - timedelta(days=LATE_DAYS))
    versions = recent.withColumn("record_key", record_key(source, table)).join(
        keys, "record_key", "left_semi"
    )
    days = versions.select("event_date").union(before.select("event_date")).distinct().collect()
    return Changes(sorted(row[0] for row in days if row[0] is not None))


def arrivals(context: Context, table: Table, name: str) -> list[date] | None:
    """The arrival days of bronze table `name` that this run brings to `table`: those of the run,
    and those from which `table` was not built yet. None means all.
    """
    consumed = _consumed(context.lake, table, name)
    return None if consumed is None else _arrival_days(context, name, consumed)


def _consumed(lake: Path, table: Table, name: str) -> int | None:
    built = delta.commits(lake / table.name)
    return built[0].inputs.get(name) if built else None


def _arrival_days(context: Context, name: str, consumed: int) -> list[date] | None:
    """The run's days, and the days that bronze has taken in since version `consumed`, for example
    in a run that was killed before it reached silver.
    """
    days = set(context.run.days)
    for commit in delta.commits(context.lake / name, context.version_of(name)):
        if commit.version > consumed:
            if commit.days is None:
                return None
            days |= {date.fromisoformat(d) for d in commit.days}
    return sorted(days)


def record_key(source: Source, table: Table) -> Column:
    """The key of a delivered row as one text, made of the values that silver reads. It is null when
    a part of the key is missing, so that two such rows never count as versions of each other.
    """
    parts = [
        (standard_value(source, k) if k in source.mapping else F.col(k)).cast("string")
        for k in table.key
    ]
    return F.when(
        ~F.greatest(*(p.isNull() for p in parts), F.lit(False)), F.concat_ws("\u0001", *parts)
    )


def _keyed(frame: DataFrame, source: Source, table: Table) -> DataFrame:
    return frame.select(record_key(source, table).alias("record_key"))


def versions_of_days(
    context: Context, table: Table, name: str, source: Source, changes: Changes
) -> DataFrame:
    """Every version that was ever delivered of each key with a row on a changed day, in standard
    columns; also the versions on other days.

    A newer version on another day may supersede the version on the changed day. Without it, the old
    version would be taken for the newest one.
    """
    bronze = context.table(name)
    if changes.days is not None and source.event_date is None:
        bronze = bronze.where(delta.between("arrived_on", changes.days))
    elif changes.days is not None:
        inside = F.expr(changes.predicate("event_date") or "true")
        keyed = bronze.withColumn("record_key", record_key(source, table))
        keys = keyed.where(inside).select("record_key").distinct()
        others = keyed.where(~inside).join(keys, "record_key", "left_semi")
        bronze = keyed.where(inside).unionByName(others).drop("record_key")
    return mapped(bronze, source, table)


def with_version_state(
    rows: DataFrame, key: tuple[str, ...], *, keeps_deleted: bool, are_many: bool = False
) -> DataFrame:
    """The rows with `state`: `quarantined` when `refused` has a sentence, `kept` for the newest
    good row of a key, `duplicate` for a row with the same text as that one, else `superseded`.

    When the newest good row of a key withdraws it, that row is superseded too and the key has no
    kept row, unless the table keeps deleted entities. `are_many` saves time: then only rows are
    sorted whose key, by its hash, was delivered more than once, since 20.9 million rows do not fit
    into 4 GB to be sorted (`make bench-volume`).
    """
    if not are_many:
        return _placed(rows, key, keeps_deleted=keeps_deleted)
    hashed = rows.withColumn("key_hash", F.xxhash64(*key))
    repeated = (
        hashed.groupBy("key_hash")
        .count()
        .where("count > 1")
        .select("key_hash")
        .limit(MOST_REPEATED + 1)
        .collect()
    )
    if len(repeated) > MOST_REPEATED:
        return _placed(rows, key, keeps_deleted=keeps_deleted)
    again = F.broadcast(rows.sparkSession.createDataFrame(repeated, "key_hash bigint"))
    once = hashed.join(again, "key_hash", "left_anti").withColumn(
        "state", _latest(keeps_deleted=keeps_deleted)
    )
    more = _placed(hashed.join(again, "key_hash", "left_semi"), key, keeps_deleted=keeps_deleted)
    return once.unionByName(more).drop("key_hash")


def _latest(*, keeps_deleted: bool) -> Column:
    stands = F.lit(keeps_deleted) | ~F.col("is_deleted")
    return F.when(F.size("refused") > 0, "quarantined").when(stands, "kept").otherwise("superseded")


def _placed(rows: DataFrame, key: tuple[str, ...], *, keeps_deleted: bool) -> DataFrame:
    good = F.size("refused") == 0
    arrival = [F.col(c).desc() for c in (*TECHNICAL, "fingerprint")]
    window = Window.partitionBy(*key, good).orderBy(*arrival)
    place, newest = F.row_number().over(window), F.first("fingerprint").over(window)
    repeated = F.when(F.col("fingerprint") == newest, "duplicate").otherwise("superseded")
    return rows.withColumn(
        "state",
        F.when(~good | (place == 1), _latest(keeps_deleted=keeps_deleted)).otherwise(repeated),
    )
