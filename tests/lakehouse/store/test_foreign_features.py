"""A table in which somebody has turned on what ours do not have is left to Delta's own writer."""

import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse.base.spark import session_for_few_rows
from lakehouse.store import commit_files, delta


def test_few_rows_are_committed_by_spark_where_somebody_has_turned_on_more(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, few = tmp_path / "t", session_for_few_rows(spark)
    delta.replace(few.range(3), path, None, {"run_id": "a"}, -1)
    spark.sql(
        f"ALTER TABLE delta.`{path}` SET TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')"
    )
    assert delta.replace(few.range(2, 5), path, "id >= 2", {"run_id": "b"}, 1) == 2
    assert sorted(delta.read_arrow(path)["id"].to_pylist()) == [0, 1, 2, 3, 4]
    actions = [
        json.loads(text)
        for text in (path / commit_files.LOG / f"{2:020}.json").read_text().splitlines()
    ]
    assert any("cdc" in action for action in actions), "its feed of changes is kept"
    message = capsys.readouterr().err
    assert "asks for a reader of version 1 and a writer of version" in message
    assert "Spark commits to it" in message
    delta.replace(spark.range(2, 5), path, "id >= 2", {"run_id": "c"}, 2)
    assert capsys.readouterr().err == "", "of many rows that goes without saying"
