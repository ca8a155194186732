"""Records come back as they were written, and a class is the schema of its table."""

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds

from lakehouse.store import delta, records
from lakehouse.store.appending import append_rows
from lakehouse.store.records import CheckRecord, FileRecord, Release, RunRecord

AT = datetime(2020, 3, 2, 17, tzinfo=UTC)
DAY, NEXT = date(2020, 3, 2), date(2020, 3, 3)
BUILT = RunRecord(
    run_id="r1",
    tenant="any_shop",
    stage="gold",
    table_name="gold_kpis",
    as_of_dates=(DAY, NEXT),
    status="done",
    slice_start=DAY,
    slice_end=NEXT,
    started_at=AT,
    ended_at=AT,
    seconds=1.5,
    delta_version=0,
    table_rows=7,
)


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """The dates of a run and the versions of a release stand in their tables as JSON."""
    made = Release(
        release_id="a",
        tenant="any_shop",
        run_id="r1",
        tables={"gold_kpis": 3},
        models={},
        as_of=DAY,
        created_at=AT,
    )
    records.append(tmp_path, RunRecord, [BUILT])
    records.append(tmp_path, Release, [made])
    assert records.read(tmp_path, RunRecord) == [BUILT]
    assert records.read(tmp_path, Release) == [made]
    (run,) = delta.read_arrow(tmp_path / "ops_runs").to_pylist()
    assert run["as_of_dates"] == '["2020-03-02", "2020-03-03"]'
    (release,) = delta.read_arrow(tmp_path / "ops_releases").to_pylist()
    assert (release["tables"], release["models"]) == ('{"gold_kpis": 3}', "{}")


def test_a_column_that_older_rows_have_not_is_none(tmp_path: Path) -> None:
    """A table written before `table_rows` was a column, and as-of dates that nobody wrote."""
    names = [name for name in records.schema_of(RunRecord).names if name != "table_rows"]
    row = {name: vars(BUILT)[name] for name in names} | {"as_of_dates": None}
    schema = pa.schema([records.schema_of(RunRecord).field(name) for name in names])
    append_rows(tmp_path / "ops_runs", [row], schema)
    (record,) = records.read(tmp_path, RunRecord)
    assert (record.table_rows, record.as_of_dates, record.days) == (None, (), [DAY])


def test_a_filter_chooses_rows_and_a_table_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert records.read(tmp_path, FileRecord) == []
    files = [
        FileRecord(
            run_id="r1",
            tenant="any_shop",
            source=source,
            source_file="",
            file_state="missing",
            arrived_on=DAY,
            loaded_at=AT,
        )
        for source in ("orders", "products")
    ]
    records.append(tmp_path, FileRecord, files)
    assert records.read(tmp_path, FileRecord, ds.field("source") == "products") == files[1:]


def test_the_columns_of_a_check_are_those_of_its_table_and_then_its_own() -> None:
    schema = records.schema_of(CheckRecord)
    assert schema.names == [
        *("run_id", "tenant", "stage", "table_name"),
        *("check_name", "level", "status", "expected", "message", "observed", "checked_at"),
    ]
    assert schema.field("observed").type == pa.float64()
