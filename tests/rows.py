"""A few rows as text: given to a function of tables, and found in what it returns.

    customer_id order_date order_count
    7           2017-01-02 1
    8           -          "two words"

The first line names the columns, whose types are those of the dictionary of columns. `-` is null; a
value with blanks stands in quotes.
"""

import shlex
from collections.abc import Iterable, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from features.declaring import declared
from lakehouse.contract.columns import column
from settings.model import Settings, load_settings

# A plan of three rows is read, not compiled: a table function and its collect take 0.1 s so.
SMALL_PLANS = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
}


def given(text: str, **types: str) -> DataFrame:
    """The rows as a frame; `types` are the Spark types of columns that the dictionary does not
    know, or knows as another.
    """
    declared()  # features describe their own columns
    header, *rows = lines_of(text)
    names = [str(name) for name in header]
    kinds = [types.get(name) or column(name).type for name in names]
    typed = ", ".join(
        f"{_typed(f'c{place}', kind)} as `{name}`"
        for place, (name, kind) in enumerate(zip(names, kinds, strict=True))
    )
    values = ", ".join("(" + ", ".join(map(_literal, row)) + ")" for row in rows)
    columns = ", ".join(f"c{place}" for place in range(len(names)))
    spark = SparkSession.active()
    if not rows:
        return spark.createDataFrame(
            [], ", ".join(f"`{name}` {kind}" for name, kind in zip(names, kinds, strict=True))
        )
    return spark.sql(f"SELECT {typed} FROM VALUES {values} AS t({columns})")


def _typed(text: str, kind: str) -> str:
    """The text as its type; a list has commas between its items."""
    return f"split({text}, ',')" if kind == "array<string>" else f"cast({text} as {kind})"


def actual(frame: DataFrame, columns: str = "") -> list[list[str | None]]:
    """The names of the columns (all by default), then the rows as text, in the order of the first
    column, then the second, ...
    """
    names = columns.split() or frame.columns
    return as_text(names, frame.select(*(F.col(f"`{name}`") for name in names)).collect())


def as_text(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[list[str | None]]:
    """The names, then the rows as text, sorted."""
    texts = [[_text(value) for value in row] for row in rows]
    return [
        list(names),
        *sorted(texts, key=lambda row: [(value is None, value or "") for value in row]),
    ]


def expected(text: str) -> list[list[str | None]]:
    """The text as `actual` gives rows."""
    names, *rows = lines_of(text)
    return [
        [str(name) for name in names],
        *sorted(rows, key=lambda row: [(value is None, value or "") for value in row]),
    ]


def lines_of(text: str) -> list[list[str | None]]:
    """The words of each line that has any; `-` is None."""
    return [
        [None if word == "-" else word for word in shlex.split(line)]
        for line in text.splitlines()
        if line.strip()
    ]


def aggregated_row(aggregate: Column, rows: DataFrame) -> str | None:
    """The one value of an aggregate over the rows, as text."""
    return _text(rows.agg(aggregate.alias("value")).collect()[0]["value"])


def conf(tenant: str = "complete_journey", **changed: Any) -> Settings:
    """The settings of a tenant, some of what its file says changed."""
    settings = load_settings(tenant)
    return settings.model_copy(update={"tenant": settings.tenant.model_copy(update=changed)})


def _literal(value: str | None) -> str:
    return "NULL" if value is None else "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _text(value: Any) -> str | None:
    """As a person writes it: decimals and floats without needless zeros, lists by commas."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(str(_text(one)) for one in value)
    text = f"{value:.9g}" if isinstance(value, float) else str(value)
    return (
        text.rstrip("0").rstrip(".")
        if "." in text and text.replace(".", "").lstrip("-").isdigit()
        else text
    )
