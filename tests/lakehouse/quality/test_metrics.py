"""The metrics are Deequ's: computed by one grouped aggregation, equal to what Deequ's own analyzers
say of the same rows.
"""

from datetime import date
from typing import Any

import pytest
from pyspark.sql import SparkSession

from lakehouse.quality import metrics
from settings.model import load_settings
from tests.shops import TENANT

DAY = date(2017, 1, 2)
LINES = [  # household, product, quantity, sales value
    ("7", "p1", "1", "1.50"),
    ("7", "p2", "2", "0.00"),  # a zero: in mean and zero_share, not in geometric_mean
    ("8", "p1", "1", "4.50"),
    (None, "p1", "1", None),  # null in both
    ("8", "p1", "1", "4.50"),  # the third line again, to the letter
]


def test_metrics_equal_those_of_deequ(spark: SparkSession) -> None:
    from pydeequ import analyzers as deequ

    source = load_settings(TENANT).tenant.sources["orders"]
    texts = dict.fromkeys(source.columns, "1") | {"transaction_timestamp": f"{DAY} 17:00:00"}
    rows: list[Any] = [
        {
            **texts,
            "household_id": h,
            "product_id": p,
            "quantity": q,
            "sales_value": s,
            "arrived_on": DAY,
        }
        for h, p, q, s in LINES
    ]
    frame = spark.createDataFrame(
        rows, ", ".join(f"{name} string" for name in source.columns) + ", arrived_on date"
    )
    ours = {(name, metric): value for _, name, metric, value in metrics.of_frame(frame, source)}
    analysis = (
        deequ.AnalysisRunner(spark)
        .onData(frame.selectExpr("*", "cast(sales_value as double) as number"))
        .addAnalyzer(deequ.Size())
    )
    for one in (
        deequ.Completeness("household_id"),
        deequ.ApproxCountDistinct("household_id"),
        deequ.Mean("number"),
        deequ.Sum("number"),
        deequ.StandardDeviation("number"),
        deequ.Compliance("zero", "number = 0"),
    ):
        analysis = analysis.addAnalyzer(one)
    theirs = {
        (m["name"], m["instance"]): m["value"]
        for m in deequ.AnalyzerContext.successMetricsAsJson(spark, analysis.run())
    }
    assert ours["*", "size"] == theirs["Size", "*"] == 5
    assert ours["household_id", "completeness"] == theirs["Completeness", "household_id"] == 0.8
    assert ours["household_id", "distinct"] == theirs["ApproxCountDistinct", "household_id"] == 2
    assert ours["sales_value", "sum"] == theirs["Sum", "number"] == 10.5
    assert ours["sales_value", "mean"] == theirs["Mean", "number"] == 2.625
    assert ours["sales_value", "stddev"] == pytest.approx(
        theirs["StandardDeviation", "number"], rel=1e-8
    )
    assert ours["sales_value", "zero_share"] == 0.25, (
        "of the values that are there; Deequ's compliance is of all rows"
    )
    assert theirs["Compliance", "zero"] == 0.2
    # by hand: the root of 1.5 x 4.5 x 4.5; one of five rows repeats another; four rows with a
    # customer, two customers
    assert ours["sales_value", "geometric_mean"] == pytest.approx((1.5 * 4.5 * 4.5) ** (1 / 3))
    assert ours["*", "duplicate_share"] == pytest.approx(0.2)
    assert ours["household_id", "rows_per_value"] == 2
    assert ours["transaction_timestamp", "bucket_3"] == 1, (
        "17 o'clock is in the third quarter of the day"
    )
    assert ("store_id", "mean") not in ours, "an id is no number"
