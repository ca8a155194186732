"""A snapshot that is empty while what it is made of is not: the check that says so."""

from datetime import date

import pytest
from pyspark.sql import DataFrame, SparkSession

from lakehouse.contract.checks import WARN, rows_where
from lakehouse.quality import deequ

FIRST, SECOND = date(2020, 3, 3), date(2020, 3, 4)
pytestmark = pytest.mark.usefixtures("small_plans")
CHECK = rows_where("people", WARN, so="nobody bought")


def of_dates(spark: SparkSession, *days: date) -> DataFrame:
    return spark.createDataFrame([(day,) for day in days], "as_of date")


def outcome_of(frame: DataFrame, people: DataFrame, *as_ofs: date) -> tuple[str, str, float]:
    (outcome,), _ = deequ.measure(frame, [CHECK], {"people": people}, as_ofs)
    assert outcome.level == WARN
    assert outcome.observed is not None
    return outcome.status, outcome.message, outcome.observed


def test_nothing_is_said_where_the_other_table_is_empty_too(spark: SparkSession) -> None:
    assert outcome_of(of_dates(spark), of_dates(spark, SECOND), FIRST) == ("passed", "", 0)


def test_an_empty_snapshot_beside_rows_is_said_with_what_it_means(spark: SparkSession) -> None:
    message = "rows_where(people): no row as of 2020-03-03, where people has 2: nobody bought"
    assert outcome_of(of_dates(spark), of_dates(spark, FIRST, FIRST), FIRST) == (
        "failed",
        message,
        1,
    )


def test_one_row_of_the_date_is_enough(spark: SparkSession) -> None:
    assert outcome_of(of_dates(spark, FIRST), of_dates(spark, FIRST, FIRST), FIRST) == (
        "passed",
        "",
        0,
    )


@pytest.mark.parametrize(("there", "absent"), [(FIRST, SECOND), (SECOND, FIRST)])
def test_of_many_dates_the_one_without_rows_is_named(
    spark: SparkSession, there: date, absent: date
) -> None:
    status, message, _ = outcome_of(
        of_dates(spark, there), of_dates(spark, FIRST, SECOND), FIRST, SECOND
    )
    assert (status, message) == (
        "failed",
        f"rows_where(people): no row as of {absent}, where people has 1: nobody bought",
    )


def test_of_many_empty_dates_three_are_named_and_the_others_counted(spark: SparkSession) -> None:
    five = [date(2020, 3, day) for day in range(1, 6)]
    status, message, observed = outcome_of(of_dates(spark), of_dates(spark, *five, FIRST), *five)
    assert (status, observed) == ("failed", 5)
    assert (
        message
        == "rows_where(people): no row as of 2020-03-01, 2020-03-02, 2020-03-03 and 2 more, where people has 6: nobody bought"
    )
