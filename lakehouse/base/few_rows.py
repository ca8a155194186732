"""Frames of few rows: Spark computes them once, in one job, and the driver keeps them as Arrow.

A frame of the session for few rows (`session_for_few_rows`) is one. What it holds is sent back to
Spark as a part of the plan, so that what is computed of it next reads no file and costs no
exchange between processes.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.serializers import ArrowStreamSerializer
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType, _parse_datatype_string

from lakehouse.base.spark import is_for_few_rows

# What Spark says when a result is larger than spark.driver.maxResultSize, which is 1 GiB.
TOO_LARGE = "spark.driver.maxResultSize"
ROWS_PER_BATCH = 10_000
MAY_BE_NULL = {"nullable", "containsNull", "valueContainsNull"}


def has_few_rows(frame: DataFrame) -> bool:
    """Whether the frame was made to be computed whole in the driver."""
    return is_for_few_rows(frame.sparkSession)


def arrow_of(frame: DataFrame) -> pa.Table | None:
    """The rows of the frame, computed in one job; None where they are more than the driver takes
    (`spark.driver.maxResultSize`).
    """
    try:
        batches = frame._collect_as_arrow()
    except Py4JJavaError as error:
        if TOO_LARGE in str(error):
            return None
        raise
    schema = to_arrow_schema(with_nulls(frame.schema))
    return pa.Table.from_batches(batches).cast(schema) if batches else schema.empty_table()


def with_nulls(schema: StructType) -> StructType:
    """The schema as a table of the lake declares it: every column, and every item of a list, may
    be null.
    """
    return StructType.fromJson(
        json.loads(
            schema.json(),
            object_hook=lambda part: part | dict.fromkeys({*part} & MAY_BE_NULL, True),
        )
    )


def frame_of(spark: SparkSession, rows: pa.Table, schema: StructType) -> DataFrame:
    """The rows as a frame, which Spark reads without a job."""
    jvm, context = spark._jvm, spark.sparkContext
    assert jvm is not None
    batches = rows.to_batches(max_chunksize=ROWS_PER_BATCH)
    reader: Callable[[str], Any] = jvm.PythonSQLUtils.readArrowStreamFromFile
    there = context._serialize_to_jvm(
        batches, ArrowStreamSerializer(), reader, jvm.ArrowIteratorServer
    )
    made = jvm.PythonSQLUtils.toDataFrame(there, schema.json(), spark._jsparkSession)
    return DataFrame(made, spark)


def _schema_of(columns: str) -> StructType:
    """Names and types as in SQL, as a schema."""
    schema = _parse_datatype_string(columns)
    assert isinstance(schema, StructType)
    return schema


def values(spark: SparkSession, columns: str, rows: Sequence[Sequence[object]]) -> DataFrame:
    """A frame of values that are at hand; `columns` are names and types as in SQL."""
    schema = _schema_of(columns)
    table = pa.Table.from_pylist(
        [dict(zip(schema.names, row, strict=True)) for row in rows], to_arrow_schema(schema)
    )
    return frame_of(spark, table, schema)


def mapped_in_pandas(
    frame: DataFrame,
    function: Callable[[Iterable[pd.DataFrame]], Iterable[pd.DataFrame]],
    columns: str,
) -> DataFrame:
    """What the function makes of the frame's rows, as `DataFrame.mapInPandas`: of few rows in the
    driver, without a Python process of Spark's.
    """
    rows = arrow_of(frame) if has_few_rows(frame) else None
    if rows is None:
        return frame.mapInPandas(function, columns)
    schema = _schema_of(columns)
    arrow = to_arrow_schema(schema)
    parts = function([rows.to_pandas(date_as_object=True)])
    made = pa.concat_tables(
        [
            arrow.empty_table(),
            *(pa.Table.from_pandas(part, arrow, preserve_index=False) for part in parts),
        ]
    )
    return frame_of(frame.sparkSession, made, schema)
