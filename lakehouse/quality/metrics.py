"""What arrived, in numbers: one row of `ops_metrics` per table, arrival day, column and metric,
from one pass over any number of days.

The definitions are Deequ's (`tests/lakehouse/quality/test_metrics.py` compares them), the
aggregation is Spark's own: Deequ has no grouping, so a range of 365 days would cost it 365 analyses
of 0.7 s, or one of 30,000 filtered aggregates. One grouping serves a day and a year, and both give
the same numbers: sums are decimal, so that no order of rows shows in them, and `stddev` keeps nine
digits.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.dataset as ds
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.contract.columns import column
from lakehouse.contract.conforming import nine_digits
from lakehouse.contract.expressions import parsed_mapping
from lakehouse.contract.mapping import event_date, standard_value
from lakehouse.contract.table import Table
from lakehouse.store import ops, records
from lakehouse.store.context import Context
from lakehouse.store.records import MetricRecord
from lakehouse.store.table_reading import read_frame
from settings.sources import Source

WHOLE_ROW = "*"  # the column name of metrics of whole rows
# parts of the distribution sketch: quarters of the day for an instant, hash classes of the text for
# any other column
BUCKETS = 4
# relative error of the distinct counts (HyperLogLog++ with 4,096 registers): the usual spread is
# 0.03 and more
DISTINCT_ERROR = 0.02
# rows per customer and per order are steadier than rows: half the rows of every order show there
OWNERS = {"customer_id", "order_id"}
NUMBERS = ("decimal", "int", "bigint", "double")


def keep(context: Context, table: Table, frame: DataFrame, days: list[date]) -> None:
    """Append the metrics of a delivered frame to `ops_metrics`, before the frame is committed: no
    day can stand in bronze unmeasured.

    A day of the run without rows gets `size` 0 when its source is daily (a closed day) or when it
    was measured before (withdrawn).
    """
    source = context.settings.tenant.sources[table.source]
    values = list(of_frame(frame, source))
    empty = (
        set(days)
        if source.delivery == "daily"
        else set(days) & set(measured_days(context.lake, table.name))
    )
    values += [(day, WHOLE_ROW, "size", 0.0) for day in sorted(empty - {day for day, *_ in values})]
    at = ops.now()
    rows = [
        MetricRecord(
            run_id=context.run.run_id,
            tenant=context.run.tenant,
            table_name=table.name,
            arrived_on=day,
            column_name=name,
            metric=metric,
            value=value,
            measured_at=at,
        )
        for day, name, metric, value in values
    ]
    records.append(context.lake, MetricRecord, rows)


def read(lake: Path, table: str, first: date | None = None) -> pd.DataFrame:
    """Metrics of the table's arrivals from `first` on, each day as measured last: arrived_on,
    column_name, metric, value, measured_at.
    """
    names = ["arrived_on", "column_name", "metric", "value", "measured_at"]
    wanted = ds.field("table_name") == table
    if first is not None:
        wanted &= ds.field("arrived_on") >= first
    rows = read_frame(lake / MetricRecord.TABLE, columns=names, where=wanted)
    newest = rows.groupby("arrived_on")["measured_at"].transform("max")
    return rows[rows["measured_at"] == newest].reset_index(drop=True)


def measured_days(lake: Path, table: str) -> list[date]:
    """The arrival days of the table that were ever measured, in order."""
    return sorted(set(read(lake, table)["arrived_on"]))


def of_frame(
    frame: DataFrame, source: Source, by: str = "arrived_on"
) -> Iterator[tuple[Any, str, str, float]]:
    """(day, column, metric, value) of the delivered rows of each day, or of each value of another
    column `by`.

    Whole rows have size, duplicate_share (rows that repeat another of the day to the letter) and
    late_share (events of another day than the arrival day). Every delivered column has completeness
    and distinct (a count, +- 2 %), and by what the mapping reads it as: a number sum, mean, stddev,
    zero_share and geometric_mean (of the absolute values that are not 0); a text or an instant the
    shares bucket_1 to bucket_4; a customer or an order rows_per_value.
    """
    columns = [name for name in source.columns if name in frame.columns]
    # a null alone hashes to nothing
    delivered = [F.coalesce(F.col(f"`{name}`"), F.lit("\u0000")) for name in columns]
    for row in _of_rows(frame.withColumn("row", F.xxhash64(*delivered)), source, by).collect():
        yield from _values_of_row(row[by], WHOLE_ROW, row)
    read = {name: _read(name, source) for name in columns}
    parts = [
        part.alias(f"{name}.{kind}") for name, kinds in read.items() for kind, part in kinds.items()
    ]
    every = [
        F.struct(*_of_values(name, set(kinds), source)).alias(name) for name, kinds in read.items()
    ]
    for row in frame.select(by, *parts).groupBy(by).agg(*every).collect() if every else []:
        for name in columns:
            yield from _values_of_row(row[by], name, row[name])


def _values_of_row(day: Any, name: str, row: Any) -> Iterator[tuple[Any, str, str, float]]:
    yield from (
        (day, name, metric, value)
        for metric, value in row.asDict().items()
        if isinstance(value, float)
    )


def _of_rows(rows: DataFrame, source: Source, by: str) -> DataFrame:
    late = F.coalesce(event_date(source) != F.col("arrived_on"), F.lit(False)).cast("bigint")
    once = rows.groupBy(by, "row").agg(F.count(F.lit(1)).alias("rows"), F.sum(late).alias("late"))
    size = F.sum("rows")
    return once.groupBy(by).agg(
        size.cast("double").alias("size"),
        (1 - F.count(F.lit(1)) / size).alias("duplicate_share"),
        (F.sum("late") / size).alias("late_share"),
    )


def is_number(name: str, source: Source) -> bool:
    """Whether the mapping reads the delivered column as a number."""
    return any(
        column(standard).type.startswith(NUMBERS)
        for standard in parsed_mapping(source).fed_by(name)
    )


def _read(name: str, source: Source) -> dict[str, Column]:
    """What is measured of a delivered column: its text, and by its uses a number or a bucket."""
    text = F.nullif(F.trim(F.col(f"`{name}`")), F.lit(""))
    uses = {column(standard).type: standard for standard in parsed_mapping(source).fed_by(name)}
    read = {"text": text}
    if is_number(name, source):
        read["number"] = F.expr(f"try_cast(`{name}` as decimal(18,4))")
    if "timestamp" in uses:
        read["bucket"] = F.when(
            text.isNotNull(),
            F.floor(F.hour(standard_value(source, uses["timestamp"])) * BUCKETS / 24),
        )
    elif set(uses) == {"string"}:
        read["bucket"] = F.when(text.isNotNull(), F.pmod(F.xxhash64(text), F.lit(BUCKETS)))
    return read


def _of_values(name: str, kinds: set[str], source: Source) -> Iterator[Column]:
    text, number, bucket = (F.col(f"`{name}.{kind}`") for kind in ("text", "number", "bucket"))
    distinct = F.approx_count_distinct(text, DISTINCT_ERROR).cast("double")
    yield (F.count(text) / F.count(F.lit(1))).alias("completeness")
    yield distinct.alias("distinct")
    fed = parsed_mapping(source).fed_by(name)
    if any(owner in fed and fed[owner].is_column(name) for owner in OWNERS):
        yield _share(F.count(text), distinct).alias("rows_per_value")
    if "bucket" in kinds:
        for place in range(BUCKETS):
            yield _share(F.count(F.when(bucket == place, F.lit(1))), F.count(bucket)).alias(
                f"bucket_{place + 1}"
            )
    if "number" in kinds:
        total, count = F.sum(number), F.count(number)
        other = F.when(number != 0, F.ln(F.abs(number))).cast("decimal(18,9)")
        yield total.cast("double").alias("sum")
        yield _share(total, count).alias("mean")
        yield nine_digits(F.stddev_pop(number.cast("double"))).alias("stddev")
        yield _share(F.count(F.when(number == 0, F.lit(1))), count).alias("zero_share")
        yield F.exp(_share(F.sum(other), F.count(other))).alias("geometric_mean")


def _share(part: Column, whole: Column) -> Column:
    """The quotient as a double; null when the whole is 0, where ANSI would raise."""
    return F.try_divide(part.cast("double"), whole.cast("double"))
