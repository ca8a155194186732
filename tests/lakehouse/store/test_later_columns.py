"""A table that has got a column since its oldest rows were written: they have no value in it."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from lakehouse.base.run import Run
from lakehouse.contract.table import TABLES
from lakehouse.store import delta
from lakehouse.store.appending import append_rows
from lakehouse.store.arrow_types import with_columns
from lakehouse.store.context import Context, lake_of
from settings.model import load_settings
from tests import tables  # noqa: F401 - declares the tables

DAY = date(2026, 4, 20)
FIRST = {"customer_id": "ada", "as_of": DAY, "is_churned_28d": True}
SECOND = FIRST | {"customer_id": "bob", "order_count": 3}
TYPES = {"is_churned_28d": pa.bool_(), "customer_id": pa.string(), "as_of": pa.date32()}


def test_it_is_null_in_rows_and_versions_that_are_older_than_it(
    small_plans: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_HOME", str(tmp_path))
    settings, name = load_settings("complete_journey"), "features_labels"
    later = replace(TABLES[name], columns=(*TABLES[name].columns, "order_count"))
    monkeypatch.setitem(TABLES, name, later)
    context = Context(small_plans, settings, Run("complete_journey", DAY, DAY.replace(day=21)))
    path = lake_of(settings) / name
    append_rows(path, [FIRST], pa.schema(TYPES))

    def rows(version: int | None) -> list[dict[str, Any]]:
        frame = context.table_at(name, version).select("customer_id", "order_count")
        assert dict(frame.dtypes)["order_count"] == "bigint"
        return [row.asDict() for row in frame.orderBy("customer_id").collect()]

    assert rows(None) == [{"customer_id": "ada", "order_count": None}]
    append_rows(path, [SECOND], pa.schema({**TYPES, "order_count": pa.int64()}))
    assert rows(0) == [{"customer_id": "ada", "order_count": None}]
    assert rows(None) == [
        {"customer_id": "ada", "order_count": None},
        {"customer_id": "bob", "order_count": 3},
    ]


def test_records_and_arrow_tables_are_read_so_too(tmp_path: Path) -> None:
    schema = pa.schema({**TYPES, "order_count": pa.int64()})
    assert delta.read_records(tmp_path / "none", schema) == []
    append_rows(tmp_path / "labels", [FIRST], pa.schema(TYPES))
    assert delta.read_records(tmp_path / "labels", schema) == [FIRST | {"order_count": None}]
    read = with_columns(delta.read_arrow(tmp_path / "labels"), {"order_count": "bigint"})
    assert read.to_pylist() == [FIRST | {"order_count": None}]
    assert read.schema.field("order_count").type == pa.int64()
