"""Small reads of a table, and of one that is not there."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from lakehouse.store import delta
from lakehouse.store.appending import append_rows
from lakehouse.store.table_reading import has_rows, read_frame, rows_at, values_above

FIRST, SECOND, THIRD = date(2020, 3, 2), date(2020, 3, 3), date(2020, 3, 4)
ROWS = pa.schema({"as_of": pa.date32(), "customer_count": pa.int64()})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Version 0 has a day, version 1 another one and a second row of the first."""
    table = tmp_path / "gold_kpis"
    append_rows(table, [{"as_of": THIRD, "customer_count": 1}], ROWS)
    later = [{"as_of": THIRD, "customer_count": 2}, {"as_of": FIRST, "customer_count": 3}]
    append_rows(table, later, ROWS)
    return table


def test_a_frame_has_the_rows_and_columns_that_are_asked_for(path: Path) -> None:
    assert sorted(read_frame(path)["customer_count"]) == [1, 2, 3]
    assert list(read_frame(path, 0)["customer_count"]) == [1]
    of_first = read_frame(path, columns=["customer_count"], where=ds.field("as_of") == FIRST)
    assert of_first.to_dict("list") == {"customer_count": [3]}


def test_files_are_read_without_python(path: Path) -> None:
    """A thread that reads when the program ends, after a read that stopped early, must not call
    Python.
    """
    rows = delta.dataset(path)
    assert rows.filesystem.base_fs.type_name == "local"
    assert rows.head(1).num_rows == 1


def test_days_are_asked_for_without_their_rows(path: Path) -> None:
    assert values_above(path, "as_of", FIRST) == [THIRD]
    assert values_above(path, "as_of", date.min, version=0) == [THIRD]
    assert has_rows(path, "as_of", [SECOND, FIRST])
    assert not has_rows(path, "as_of", [FIRST], version=0)
    assert rows_at(path, "as_of", [SECOND, FIRST]).num_rows == 1


def test_a_table_that_is_not_there_has_no_rows(tmp_path: Path) -> None:
    absent = tmp_path / "none"
    assert list(read_frame(absent, columns=["as_of"]).columns) == ["as_of"]
    assert read_frame(absent).empty
    assert values_above(absent, "as_of", FIRST) == []
    assert not has_rows(absent, "as_of", [FIRST])
