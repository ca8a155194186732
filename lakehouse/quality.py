"""The judge: Deequ measures the rows about to be written in one pass, the contract's shares decide. The only file that imports pydeequ."""

import os
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lakehouse.contract import ERROR, Check

os.environ.setdefault("SPARK_VERSION", "3.5")  # pydeequ chooses its class names by it at import

from pydeequ.analyzers import AnalysisRunner, AnalyzerContext, Completeness, Compliance, Size, Uniqueness


class CheckFailed(Exception):
    """A check of level ERROR failed; the table, what is built on it and the release stay as they were."""


def measure(spark: SparkSession, frame: DataFrame, checks: list[Check], others: dict[str, DataFrame]) -> list[dict[str, Any]]:
    """Judge the frame: one dict per check with check_name, level, status, observed, expected and message.

    Metrics come from one Deequ analysis (one scan, one grouping per uniqueness check); an empty frame passes every check but `rows`.
    """
    flagged = frame
    runner = AnalysisRunner(spark)
    for number, check in enumerate(c for c in checks if c.kind == "joins"):
        flagged = _with_found(flagged, check, others[check.table], f"found_{number}")
    analysis = runner.onData(flagged).addAnalyzer(Size())
    found = 0
    for check in checks:
        if check.kind == "joins":
            analysis = analysis.addAnalyzer(Compliance(check.name, f"found_{found}"))
            found += 1
        elif check.kind != "rows":
            analysis = analysis.addAnalyzer(_analyzer(check))
    metrics = AnalyzerContext.successMetricsAsJson(spark, analysis.run())
    values = {(m["name"], m["instance"]): float(m["value"]) for m in metrics}
    size = values[("Size", "*")]
    return [_outcome(check, size, values) for check in checks]


def _with_found(frame: DataFrame, check: Check, other: DataFrame, flag: str) -> DataFrame:
    (column,) = check.columns
    known = F.broadcast(other.select(F.col(column).alias(flag + "_key")).distinct())
    joined = frame.join(known, F.col(column) == F.col(flag + "_key"), "left")
    return joined.withColumn(flag, F.col(column).isNull() | F.col(flag + "_key").isNotNull()).drop(flag + "_key")


def _analyzer(check: Check) -> Any:
    if check.kind == "unique":
        return Uniqueness(list(check.columns))
    if check.kind == "complete":
        return Completeness(check.columns[0])
    return Compliance(check.name, f"coalesce({check.condition}, false)")


def _outcome(check: Check, size: float, values: dict[tuple[str, str], float]) -> dict[str, Any]:
    names = {"unique": ("Uniqueness", ",".join(check.columns)), "complete": ("Completeness", ",".join(check.columns))}
    if check.kind == "rows":
        observed, wanted, unit = size, check.share, "rows"
    else:
        observed, wanted, unit = (
            values.get(names.get(check.kind, ("Compliance", check.name)), 1.0 if size == 0 else 0.0),
            check.share,
            "of the rows",
        )
        observed = 1.0 if size == 0 else observed
    passed = observed >= wanted
    message = "" if passed else f"{check.name}: {observed:g} {unit}, expected at least {wanted:g} ({size:.0f} rows judged)"
    status = "passed" if passed else "failed"
    return {
        "check_name": check.name,
        "level": check.level,
        "status": status,
        "observed": observed,
        "expected": f">= {wanted:g}",
        "message": message,
    }


def refused(outcomes: list[dict[str, Any]]) -> list[str]:
    """The messages of the failed checks of level ERROR."""
    return [o["message"] for o in outcomes if o["status"] == "failed" and o["level"] == ERROR]
