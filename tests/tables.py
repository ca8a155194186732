"""Tables of a few rows, built as the house builds them: by their function, then in the columns,
types and order of their contract.

`built` also asks what every table promises: no two rows of one key, no key without a value, and no
condition of a check that fails.
"""

from collections.abc import Callable
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DateType

from jobs.stages.pipeline import declare_tables
from lakehouse.contract.checks import Check
from lakehouse.contract.columns import column
from lakehouse.contract.conforming import conformed
from lakehouse.contract.table import TABLES, Table
from tests.rows import as_text, given, lines_of

declare_tables()


def built(
    function: Callable[..., DataFrame], *inputs: Any, columns: str = ""
) -> list[list[str | None]]:
    """The rows of the function's table as `expected` gives them: in all columns of its contract, or
    in some; one Spark job.
    """
    table = TABLES[function.__name__]
    made = function(*inputs)
    frame = conformed(made.select(*table.columns) if _is_of_bronze(table) else made, table)
    names = columns.split() or frame.columns
    assert frame.schema[table.slice_by].dataType == DateType(), f"{table.name} is sliced by days"
    whole = {
        check.name: condition_of(check)
        for check in table.every_check
        if check.lookup is None and check.share == 1
    }
    flags = [F.expr(f"coalesce({condition}, false)") for condition in whole.values() if condition]
    rows = frame.select(
        F.struct(*names), F.struct(*table.key) if not table.source else F.lit(None), F.array(*flags)
    ).collect()
    failed = {
        name
        for _, _, passed in rows
        for name, ok in zip([n for n, c in whole.items() if c], passed, strict=True)
        if not ok
    }
    assert not failed, f"rows of {table.name} fail {failed}"
    assert table.source or len({key for _, key, _ in rows}) == len(rows), (
        f"two rows of {table.name} have one key {table.key}"
    )
    return as_text(names, [shown for shown, _, _ in rows])


def condition_of(check: Check) -> str:
    """What the metric of a check asks of each row, as SQL; nothing for one that compares rows with
    each other.
    """
    of_a_row = {"Completeness": "{} IS NOT NULL", "Compliance": "{}"}
    return of_a_row.get(check.metric.name, "").format(*check.metric.arguments)


def delivered(function: Callable[..., DataFrame], text: str, **types: str) -> DataFrame:
    """Rows as they reach a silver function, mapped: those columns of its table that the text does
    not name are null.
    """
    frame = given(text, **types)
    table = TABLES[function.__name__]
    absent = [_null(name) for name in table.columns if name not in frame.columns]
    return frame.select("*", *absent)


def to_be_judged(text: str, table: Table, **types: str) -> DataFrame:
    """The rows with all that `judged` wants of mapped ones, each the only row of its line."""
    frame = delivered(table.function, text, **types)
    more = {
        "source_file": F.lit("f.csv"),
        "source_line": F.col("line").cast("bigint"),
        "raw_record": F.lit("{}"),
        "fingerprint": F.col("line").cast("bigint"),
        "unreadable": F.array().cast("array<string>"),
        "is_deleted": F.lit(False),
    }
    return frame.withColumns(
        {name: value for name, value in more.items() if name not in lines_of(text)[0]}
    )


def _is_of_bronze(table: Table) -> bool:
    """Whether the house keeps the table's columns alone of what its function gives: rows of a
    delivery bring more.
    """
    return bool(table.reads_source)


def _null(name: str) -> Column:
    return F.lit(None).cast(column(name).type).alias(name)
