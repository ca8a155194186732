"""Quality over time: the numbers of its rows, worked out by hand, and the page as text."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import pytest

from jobs.report.quality import (
    QualityFrames,
    arrival_days,
    arrival_rows,
    failure_rows,
    render_quality,
    validity_rows,
)
from lakehouse.contract.checks import ERROR, WARN
from lakehouse.quality.anomalies import Anomaly

FIRST, SECOND = date(2017, 1, 2), date(2017, 1, 3)


@pytest.fixture
def frames() -> QualityFrames:
    # a day, and half a day late
    loaded = {FIRST: datetime(2017, 1, 4, tzinfo=UTC), SECOND: datetime(2017, 1, 4, 12, tzinfo=UTC)}
    metrics = [
        (FIRST, "*", "size", 100.0),
        (FIRST, "customer", "completeness", 1.0),
        (FIRST, "amount", "completeness", 0.5),  # the emptiest of the first day
        (SECOND, "*", "size", 300.0),
        (SECOND, "customer", "completeness", 0.9),
        (SECOND, "amount", "completeness", 1.0),
    ]
    table = pd.DataFrame(metrics, columns=["arrived_on", "column_name", "metric", "value"])
    runs = [
        ("silver_order_lines", "done", 100, 90, 6, 4, 0),
        ("silver_order_lines", "done", 300, 270, 0, 0, 30),
        ("silver_order_lines", "failed", 0, 0, 0, 0, 0),  # counts as failed, not as a load
        ("gold_kpis", "done", 5, 5, 0, 0, 0),  # judges no delivered rows
    ]
    names = [
        "table_name",
        "status",
        "rows_in",
        "rows_kept",
        "rows_quarantined",
        "rows_duplicate",
        "rows_superseded",
    ]
    checks = [
        (
            datetime(2017, 1, 4, tzinfo=UTC),
            "silver_order_lines",
            "usual_volume",
            "ERROR",
            "failed",
            "orders 2017-01-03: size is 300",
        ),
        (
            datetime(2017, 1, 5, tzinfo=UTC),
            "silver_order_lines",
            "joins(product_id)",
            "WARN",
            "failed",
            "<b>20 lines</b>",
        ),
        (
            datetime(2017, 1, 6, tzinfo=UTC),
            "silver_order_lines",
            "unique(order_id)",
            "ERROR",
            "passed",
            "",
        ),
    ]
    return QualityFrames(
        tenant="corner_shop",
        release_id="",
        metrics={
            "bronze_orders": table.assign(
                measured_at=[pd.Timestamp(loaded[row[0]]) for row in metrics]
            )
        },
        runs=pd.DataFrame(runs, columns=names).assign(
            ended_at=pd.Timestamp("2017-01-04", tz="UTC")
        ),
        checks=pd.DataFrame(
            checks, columns=["checked_at", "table_name", "check_name", "level", "status", "message"]
        ),
        unusual={
            "bronze_orders": [
                Anomaly(SECOND, "*", "size", 300, 50, 200, ERROR),
                Anomaly(FIRST, "*", "size", 100, 95, 200, WARN),
            ]
        },
    )


def test_arrivals_say_volume_completeness_and_delay(frames: QualityFrames) -> None:
    days = arrival_days(frames, "bronze_orders")
    values = days[["rows", "completeness", "delay_days", "is_unusual"]].to_numpy().tolist()
    # a warning does not make a day unusual
    assert values == [[100.0, 0.5, 1.0, False], [300.0, 0.9, 0.5, True]]
    (row,) = arrival_rows(frames)
    assert (row["rows"], row["median"], row["column"], row["completeness"]) == (
        400,
        200,
        "amount",
        0.75,
    )
    assert (row["delay"], row["newest_delay"], row["unusual"]) == (0.75, 0.5, 1)


def test_validity_is_over_the_loads_that_were_written(frames: QualityFrames) -> None:
    (row,) = validity_rows(frames)
    assert (
        row["loads"],
        row["failed"],
        row["rows"],
        row["rows_kept"],
        row["rows_quarantined"],
    ) == (2, 1, 400, 0.9, 0.015)


def test_failures_come_newest_first_and_escaped(frames: QualityFrames) -> None:
    assert [row["check_name"] for row in failure_rows(frames)] == [
        "joins(product_id)",
        "usual_volume",
    ]
    text = render_quality(frames)
    assert "&lt;b&gt;20 lines&lt;/b&gt;" in text
    assert "Nothing is released yet." in text
    assert 'href="index.html"' in text


def test_a_source_with_many_days_is_drawn(frames: QualityFrames) -> None:
    days = [date(2017, 1, n) for n in range(1, 15)]
    rows = [(day, "*", "size", 10.0) for day in days] + [
        (day, "amount", "completeness", 1.0) for day in days
    ]
    table = pd.DataFrame(rows, columns=["arrived_on", "column_name", "metric", "value"]).assign(
        measured_at=pd.Timestamp("2017-02-01", tz="UTC")
    )
    drawn = render_quality(QualityFrames("corner_shop", "one", {"bronze_orders": table}))
    assert drawn.count("data:image/svg+xml") == 2
    assert "Rows of bronze_orders over 14 arrival days" in drawn


def test_an_empty_tenant_gets_sentences() -> None:
    text = render_quality(QualityFrames("corner_shop", ""))
    assert "<img" not in text
    for sentence in (
        "No arrival was measured yet",
        "No load was recorded yet",
        "No check has failed",
    ):
        assert sentence in text
