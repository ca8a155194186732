"""Deequ measures the rows about to be written in one pass, and the shares of the contract decide.
The only file that imports pydeequ.
"""

import os
from collections.abc import Sequence
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.contract.checks import Check
from lakehouse.store.records import Outcome, outcome

os.environ.setdefault("SPARK_VERSION", "3.5")  # pydeequ chooses its class names by it at import

from pydeequ.analyzers import (
    AnalysisRunner,
    AnalyzerContext,
    Completeness,
    Compliance,
    Size,
    Uniqueness,
)

SHOWN = 3  # dates that a message names


def measure(
    spark: SparkSession,
    frame: DataFrame,
    checks: list[Check],
    others: dict[str, DataFrame],
    as_ofs: Sequence[date] = (),
) -> tuple[list[Outcome], int]:
    """Judge the frame: the outcome of each check, and how many rows were judged; `as_ofs` are the
    dates that a snapshot is made of.

    Metrics come from one Deequ analysis (one scan, one grouping per uniqueness check); an empty
    frame passes every check but `rows`. Whether keys are unique is asked of their hashes first, and
    of the keys themselves only if two hashes are equal: a grouping moves one number per row then,
    not every part of the key.
    """
    flagged = frame.withColumns({_hash_name(c): _hash_of(c) for c in checks if c.kind == "unique"})
    runner = AnalysisRunner(spark)
    for number, check in enumerate(c for c in checks if c.kind == "joins"):
        flagged = _with_found(flagged, check, others[check.table], f"found_{number}")
    analysis = runner.onData(flagged).addAnalyzer(Size())
    count = 0
    for check in checks:
        if check.kind == "joins":
            analysis = analysis.addAnalyzer(Compliance(check.name, f"found_{count}"))
            count += 1
        elif check.kind != "rows":
            analysis = analysis.addAnalyzer(_analyzer(check))
    values = _run(spark, analysis)
    # Deequ takes an error in the rows for a metric that is not there: all columns say which
    if ("Size", "*") not in values:
        flagged.agg(F.max(F.xxhash64(*flagged.columns))).collect()
    size = values[("Size", "*")]
    if doubtful := [
        c
        for c in checks
        if c.kind == "unique" and size and values.get(("Uniqueness", _hash_name(c)), 0.0) < 1
    ]:
        exact = AnalysisRunner(spark).onData(frame)
        for check in doubtful:
            exact = exact.addAnalyzer(Uniqueness(list(check.columns)))
        sure = _run(spark, exact)
        values |= {
            ("Uniqueness", _hash_name(c)): sure.get(("Uniqueness", ",".join(c.columns)), 0.0)
            for c in doubtful
        }
    beside = {
        c: _rows_judged(c, frame, others[c.table], as_ofs, int(size))
        for c in checks
        if c.kind == "rows" and c.table
    }
    return [beside.get(check) or _judged(check, size, values) for check in checks], int(size)


def _run(spark: SparkSession, analysis: Any) -> dict[tuple[str, str], float]:
    return {
        (m["name"], m["instance"]): float(m["value"])
        for m in AnalyzerContext.successMetricsAsJson(spark, analysis.run())
    }


def _hash_name(check: Check) -> str:
    return "_".join(("hash_of", *check.columns))


def _hash_of(check: Check) -> Column:
    """Equal for equal keys; null, which is no key to Deequ, when every part is."""
    parts = [F.col(name) for name in check.columns]
    return F.when(reduce(or_, (part.isNotNull() for part in parts)), F.xxhash64(*parts))


def _with_found(frame: DataFrame, check: Check, other: DataFrame, flag: str) -> DataFrame:
    (column,) = check.columns
    keys = F.broadcast(other.select(F.col(column).alias(flag + "_key")).distinct())
    joined = frame.join(keys, F.col(column) == F.col(flag + "_key"), "left")
    return joined.withColumn(flag, F.col(column).isNull() | F.col(flag + "_key").isNotNull()).drop(
        flag + "_key"
    )


def _analyzer(check: Check) -> Any:
    if check.kind == "unique":
        return Uniqueness([_hash_name(check)])
    if check.kind == "complete":
        return Completeness(check.columns[0])
    return Compliance(check.name, f"coalesce({check.condition}, false)")


def _judged(check: Check, size: float, values: dict[tuple[str, str], float]) -> Outcome:
    if check.kind == "rows":
        observed, unit = size, "rows"
    else:
        names = {
            "unique": ("Uniqueness", _hash_name(check)),
            "complete": ("Completeness", ",".join(check.columns)),
        }
        measured = values.get(names.get(check.kind, ("Compliance", check.name)), 0.0)
        observed, unit = (1.0 if size == 0 else measured), "of the rows"
    passed = observed >= check.share
    message = (
        f"{check.name}: {observed:g} {unit}, expected at least {check.share:g} ({size:.0f} rows"
        " judged)"
    )
    return outcome(check.name, check.level, passed, observed, f">= {check.share:g}", message)


def _rows_judged(
    check: Check, frame: DataFrame, other: DataFrame, as_ofs: Sequence[date], size: int
) -> Outcome:
    """Whether the frame has rows of each as-of date of which the other has; of one date alone its
    size says so, without a job.
    """
    absent = (
        []
        if size and len(as_ofs) == 1
        else sorted({*as_ofs} - ({*_rows_by_date(frame)} if size else set()))
    )
    empty = _rows_by_date(other.where(F.col("as_of").isin(absent))) if absent else {}
    days = ", ".join(map(str, sorted(empty)[:SHOWN])) + (
        f" and {len(empty) - SHOWN} more" if len(empty) > SHOWN else ""
    )
    message = (
        f"{check.name}: no row as of {days}, where {check.table} has {sum(empty.values())}"
        + (f": {check.so}" if check.so else "")
    )
    return outcome(
        check.name,
        check.level,
        not empty,
        float(len(empty)),
        "= 0 as-of dates without rows",
        message,
    )


def _rows_by_date(frame: DataFrame) -> dict[date, int]:
    return {row["as_of"]: row["count"] for row in frame.groupBy("as_of").count().collect()}
