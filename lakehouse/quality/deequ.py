"""Deequ measures the metrics of checks on the rows about to be written, in one pass; the checks
decide. This file alone imports pydeequ, and it knows metrics, not kinds of checks.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.contract.checks import Check, Lookup, Measured, Metric
from lakehouse.quality.verdicts import judged
from lakehouse.store.records import Outcome

os.environ.setdefault("SPARK_VERSION", "3.5")  # pydeequ chooses its class names by it at import

from pydeequ.analyzers import (
    AnalysisRunner,
    AnalyzerContext,
    Completeness,
    Compliance,
    Size,
    Uniqueness,
)

# How Deequ is asked for a metric; it calls the result by the name and the arguments of ours.
ANALYZERS: dict[str, Callable[..., Any]] = {
    "Size": lambda _: Size(),
    "Completeness": Completeness,
    "Uniqueness": lambda *columns: Uniqueness(list(columns)),
    "Compliance": lambda condition: Compliance(condition, f"coalesce({condition}, false)"),
}
SIZE = Metric("Size", ("*",))


def measure(
    frame: DataFrame,
    checks: list[Check],
    others: dict[str, DataFrame],
    as_ofs: Sequence[date] = (),
) -> tuple[list[Outcome], int]:
    """Judge the frame: the outcome of each check, and how many rows were judged; `as_ofs` are the
    dates that a snapshot is made of.
    """
    metrics = list(dict.fromkeys(check.metric for check in checks))
    lookups = dict.fromkeys(check.lookup for check in checks if check.lookup)
    shares, rows = _shares(
        frame,
        [metric for metric in metrics if metric.name in ANALYZERS],
        {lookup: others[lookup.table] for lookup in lookups},
    )
    measured = {metric: Measured(value, rows) for metric, value in shares.items()} | {
        metric: _empty_dates(frame, others[metric.arguments[0]], as_ofs, rows)
        for metric in metrics
        if metric.name == "EmptyDates"
    }
    return [judged(check, measured[check.metric]) for check in checks], rows


def with_flag(frame: DataFrame, lookup: Lookup, other: DataFrame) -> DataFrame:
    """The frame with the flag of a lookup in the other table."""
    key = f"{lookup.flag}_key"
    keys = F.broadcast(other.select(F.col(lookup.column).alias(key)).distinct())
    joined = frame.join(keys, F.col(lookup.column) == F.col(key), "left")
    return joined.withColumn(
        lookup.flag, F.col(lookup.column).isNull() | F.col(key).isNotNull()
    ).drop(key)


def _shares(
    frame: DataFrame,
    metrics: Sequence[Metric],
    others: Mapping[Lookup, DataFrame],
) -> tuple[dict[Metric, float], int]:
    """The metrics that Deequ has, from one analysis (one scan, one grouping per uniqueness), and
    the number of rows. A metric that Deequ cannot tell is 0.

    Whether keys are unique is asked of their hashes first, and of the keys themselves only if two
    hashes are equal: a grouping moves one number per row then, not every part of the key.
    """
    hashes = {metric: _of_hash(metric) for metric in metrics if metric.name == "Uniqueness"}
    flagged = frame.withColumns(
        {of_hash.arguments[0]: _hash_of(metric.arguments) for metric, of_hash in hashes.items()}
    )
    for lookup, other in others.items():
        flagged = with_flag(flagged, lookup, other)
    values = _run(flagged, [SIZE, *(hashes.get(metric, metric) for metric in metrics)])
    # Deequ takes an error in the rows for a metric that is not there: all columns say which
    if SIZE not in values:
        flagged.agg(F.max(F.xxhash64(*flagged.columns))).collect()
    rows = int(values[SIZE])
    shares = {metric: values.get(hashes.get(metric, metric), 0.0) for metric in metrics}
    if doubtful := [metric for metric in hashes if rows and shares[metric] < 1]:
        exact = _run(frame, doubtful)
        shares |= {metric: exact.get(metric, 0.0) for metric in doubtful}
    return shares, rows


def _run(frame: DataFrame, metrics: Sequence[Metric]) -> dict[Metric, float]:
    """The metrics of the frame by one analysis, without those that Deequ cannot tell."""
    analysis = AnalysisRunner(frame.sparkSession).onData(frame)
    for metric in metrics:
        analysis = analysis.addAnalyzer(ANALYZERS[metric.name](*metric.arguments))
    values = {
        (m["name"], m["instance"]): float(m["value"])
        for m in AnalyzerContext.successMetricsAsJson(frame.sparkSession, analysis.run())
    }
    called = {metric: (metric.name, ",".join(metric.arguments)) for metric in metrics}
    return {metric: values[name] for metric, name in called.items() if name in values}


def _of_hash(metric: Metric) -> Metric:
    """The metric of the column that holds a hash of the columns."""
    return Metric(metric.name, ("_".join(("hash_of", *metric.arguments)),))


def _hash_of(columns: Sequence[str]) -> Column:
    """Equal for equal keys; null, which is no key to Deequ, when every part is."""
    parts = [F.col(name) for name in columns]
    return F.when(reduce(or_, (part.isNotNull() for part in parts)), F.xxhash64(*parts))


def _empty_dates(frame: DataFrame, other: DataFrame, as_ofs: Sequence[date], rows: int) -> Measured:
    """The metric EmptyDates, which Deequ does not have; of one date alone the number of rows says
    whether the frame has some, without a job.
    """
    absent = (
        []
        if rows and len(as_ofs) == 1
        else sorted({*as_ofs} - ({*_rows_by_date(frame)} if rows else set()))
    )
    empty = _rows_by_date(other.where(F.col("as_of").isin(absent))) if absent else {}
    return Measured(float(len(empty)), rows, empty)


def _rows_by_date(frame: DataFrame) -> dict[date, int]:
    return {row["as_of"]: row["count"] for row in frame.groupBy("as_of").count().collect()}
