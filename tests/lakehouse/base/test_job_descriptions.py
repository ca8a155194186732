"""Spark is told which step of which table asks for a job, and the step around it is back after."""

from pyspark.sql import SparkSession

from lakehouse.base.asking import DESCRIPTION, asking


def test_the_innermost_step_is_named(spark: SparkSession) -> None:
    named = spark.sparkContext.getLocalProperty
    with asking(spark, "silver_order_lines", "rows"):
        assert named(DESCRIPTION) == "silver_order_lines: rows"
        with asking(spark, "silver_order_lines", "checks"):
            assert named(DESCRIPTION) == "silver_order_lines: checks"
        assert named(DESCRIPTION) == "silver_order_lines: rows"
    assert named(DESCRIPTION) is None
