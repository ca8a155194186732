"""A release names a date that its tables have; a table may rightly be empty as of it."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from lakehouse.base.run import Run
from lakehouse.store import delta
from lakehouse.store.appending import append_rows
from lakehouse.store.release import ReleaseError, publish, releases

FIRST, SECOND, THIRD = date(2020, 3, 2), date(2020, 3, 3), date(2020, 3, 4)
TABLES = ["gold_customer_enrichments", "gold_kpis"]
ROWS = pa.schema({"as_of": pa.date32()})


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """Nobody enriches: one table was built for two dates, by its commits, and has no row. The other
    has rows of three, and no commit.
    """
    for name in TABLES:
        delta.create(tmp_path / name, {"as_of": "date"})
    delta.mark(tmp_path / "gold_customer_enrichments", {"run_id": "one", "days": [str(FIRST)]})
    delta.mark(tmp_path / "gold_customer_enrichments", {"run_id": "two", "days": [str(SECOND)]})
    append_rows(tmp_path / "gold_kpis", [{"as_of": day} for day in (FIRST, SECOND, THIRD)], ROWS)
    return tmp_path


def run(as_of: date) -> Run:
    return Run("any_shop", FIRST, THIRD, (FIRST, as_of))


@pytest.mark.parametrize("as_of", [FIRST, SECOND])
def test_a_date_with_rows_or_a_commit_in_every_table_is_released(lake: Path, as_of: date) -> None:
    made = publish(lake, run(as_of), TABLES, {})
    assert made is not None
    assert [one.as_of for one in releases(lake)] == [as_of]


def refused(lake: Path, as_of: date) -> str:
    with pytest.raises(ReleaseError) as caught:
        publish(lake, run(as_of), TABLES, {"churn": "3"})
    assert releases(lake) == [], "nothing moved"
    return str(caught.value)


def test_a_date_that_one_table_lacks_is_refused_by_its_name_with_the_newest_date_of_all(
    lake: Path,
) -> None:
    message = refused(lake, THIRD)
    assert message.startswith(
        "cannot release as of 2020-03-04: gold_customer_enrichments has nothing as of that date; the newest date of all is"
    )
    assert (
        "is 2020-03-03. Run the stages features, score and gold with --as-of 2020-03-04 first"
        in message
    )


def test_a_date_that_no_table_has_is_refused_by_the_names_of_all(lake: Path) -> None:
    message = refused(lake, date(2030, 1, 2))
    assert (
        "as of 2030-01-02: gold_customer_enrichments, gold_kpis have nothing as of that date; the newest date of all is 2020-03-03"
        in message
    )


def test_a_commit_that_a_restore_took_out_built_nothing(lake: Path) -> None:
    delta.mark(lake / "gold_customer_enrichments", {"run_id": "three", "days": None, "lost": [2]})
    assert "gold_customer_enrichments has nothing" in refused(lake, SECOND)


def test_tables_without_a_common_date_say_so(lake: Path) -> None:
    delta.mark(
        lake / "gold_customer_enrichments", {"run_id": "three", "days": None, "lost": [1, 2]}
    )
    assert "no date is in all of them" in refused(lake, SECOND)
