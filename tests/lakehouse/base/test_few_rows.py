"""Few rows are computed in the driver and given back to Spark as they were, of every type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from lakehouse.base.caching import cached, caching, rows_of
from lakehouse.base.few_rows import arrow_of, frame_of, has_few_rows, mapped_in_pandas, values
from lakehouse.base.spark import session_for_few_rows, session_for_many_rows

EVERY_TYPE = """
    SELECT 'a' AS text, 1 AS small, 2L AS large, 1.5D AS real, CAST(3.25 AS DECIMAL(18,4)) AS money,
        DATE'2017-01-02' AS day, TIMESTAMP'2017-01-02 03:04:05.678901' AS instant, true AS flag,
        array('x', NULL) AS list
    UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
"""


@pytest.fixture(scope="module")
def few(spark: SparkSession) -> SparkSession:
    return session_for_few_rows(spark)


def test_there_is_one_session_for_few_rows_and_one_for_many(
    spark: SparkSession, few: SparkSession
) -> None:
    assert few is not spark
    assert session_for_few_rows(spark) is session_for_few_rows(few) is few
    assert session_for_many_rows(few) is session_for_many_rows(spark) is spark
    assert few.conf.get("spark.sql.ansi.enabled") == "true"
    assert few.conf.get("spark.sql.adaptive.enabled") == "false"
    assert has_few_rows(few.range(1))
    assert not has_few_rows(spark.range(1))


def test_rows_of_every_type_come_back_as_they_were(few: SparkSession) -> None:
    frame = few.sql(EVERY_TYPE)
    rows = arrow_of(frame)
    assert rows is not None
    assert rows.column_names == frame.columns
    assert all(field.nullable for field in rows.schema)
    back = frame_of(few, rows, frame.schema)
    assert back.schema == frame.schema
    assert back.collect() == frame.collect()


def test_an_empty_frame_keeps_its_columns(few: SparkSession) -> None:
    rows = arrow_of(few.sql(EVERY_TYPE).where("false"))
    assert rows is not None
    assert (rows.num_rows, rows.num_columns) == (0, 9)
    assert values(few, "day date, name string", []).dtypes == [("day", "date"), ("name", "string")]


def test_values_are_a_frame(few: SparkSession) -> None:
    frame = values(few, "id bigint, name string", [(1, "a"), (2, None)])
    assert [tuple(row) for row in frame.collect()] == [(1, "a"), (2, None)]


def test_a_frame_of_few_rows_is_computed_once(few: SparkSession, spark: SparkSession) -> None:
    jobs = spark.sparkContext._jsc.sc().statusStore()
    with caching():
        frame = cached(few.range(3).selectExpr("id", "uuid() AS name"))
        before = jobs.jobsList(None).size()
        rows = rows_of(frame)
        assert rows is not None
        assert [row["name"] for row in frame.collect()] == rows["name"].to_pylist()
        assert jobs.jobsList(None).size() == before
        assert rows_of(spark.range(3)) is None


def test_pandas_maps_few_rows_and_many_alike(few: SparkSession, spark: SparkSession) -> None:
    def doubled(frames: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for frame in frames:
            yield frame.assign(id=frame["id"] * 2)[["id"]]

    mapped = [mapped_in_pandas(session.range(4), doubled, "id bigint") for session in (few, spark)]
    assert [sorted(row["id"] for row in frame.collect()) for frame in mapped] == [[0, 2, 4, 6]] * 2
