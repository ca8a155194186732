"""The number in a lake: who may write to it, what is changed first, and that a migration may be
killed at every write.
"""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from headwater.operate.migration import migrate
from lakehouse.store import commit_files, delta, lake_format, ledger
from lakehouse.store.appending import append_rows
from lakehouse.store.context import lake_of
from lakehouse.store.lake_format import FORMAT, NewerLake, OlderLake, admit_writer, format_of
from lakehouse.store.lease import FILE, leased
from lakehouse.store.migration import renaming
from lakehouse.store.migration.renaming import NotCopied
from settings.model import LeaseSettings, Settings, load_settings

AT = datetime(2026, 4, 21, 7, 30, tzinfo=UTC)
DAY = date(2026, 4, 20)
COMMON = {"tenant": "complete_journey", "table_name": "bronze_orders", "arrived_on": DAY}
# as an older Headwater wrote them; two are equal in every value, which is two rows
OLD = [
    COMMON | {"check_name": check, "observed": seen, "accepted_by": "ada", "accepted_at": AT}
    for check, seen in (("store.completeness", 0.25), ("size", 9.0), ("size", 9.0))
]
NEW = [
    {{"accepted_by": "waived_by", "accepted_at": "waived_at"}.get(n, n): v for n, v in row.items()}
    for row in OLD
]
SCHEMA = pa.Table.from_pylist(OLD).schema


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of a shop whose lake an older Headwater made, with three waivers."""
    monkeypatch.setenv("HEADWATER_HOME", str(tmp_path))
    loaded = load_settings("complete_journey")
    append_rows(lake_of(loaded) / "ops_acceptances", OLD, SCHEMA)
    return loaded


def waivers(lake: Path) -> list[dict[str, Any]]:
    rows = delta.read_arrow(lake / "ops_waivers").to_pylist()
    return sorted(rows, key=lambda row: -row["observed"])


def test_an_older_lake_is_refused_with_the_command_that_changes_it(settings: Settings) -> None:
    lake = lake_of(settings)
    words = (
        f"{lake} has format 0, and this Headwater writes format {FORMAT}: run `headwater migrate"
        " --tenant complete_journey` once, and then this again"
    )
    with pytest.raises(OlderLake) as refused, leased(lake, "r1", "silver", settings.lease):
        pass
    assert str(refused.value) == words
    assert not (lake / lake_format.FILE).exists()
    with leased(lake, "r2", "silver", LeaseSettings(wait_seconds=0, stale_seconds=60), older=True):
        pass  # the refused run has given the lease back


@pytest.mark.parametrize("has_tables", [True, False], ids=["nothing to change", "no table at all"])
def test_a_lake_in_which_nothing_is_to_be_changed_gets_its_number_from_the_writer(
    tmp_path: Path, has_tables: bool
) -> None:
    lake = tmp_path / "shop"
    if has_tables:
        append_rows(lake / "ops_runs", [{"run_id": "r1"}], pa.schema({"run_id": pa.string()}))
    with leased(lake, "r1", "silver", LeaseSettings(wait_seconds=0, stale_seconds=60)):
        assert json.loads((lake / lake_format.FILE).read_text()) == {"format": FORMAT}


def test_a_lake_of_a_newer_headwater_is_left_alone(settings: Settings) -> None:
    lake = lake_of(settings)
    lake_format.write_format(lake, FORMAT + 1)
    with pytest.raises(NewerLake, match=r"use the newer Headwater$"):
        admit_writer(lake)
    with pytest.raises(NewerLake, match=r"use the newer Headwater$"):
        [*migrate(settings, dry_run=False)]
    (lake / lake_format.FILE).write_text("")
    with pytest.raises(NewerLake, match="does not hold the number of a format"):
        format_of(lake)


def test_a_dry_run_says_what_would_be_done_and_changes_no_byte(settings: Settings) -> None:
    lake = lake_of(settings)
    before = {path: path.read_bytes() for path in lake.rglob("*") if path.is_file()}
    assert [*migrate(settings, dry_run=True)] == [
        "would copy the rows of ops_acceptances that ops_waivers lacks",
        "would delete ops_acceptances, whose rows are in ops_waivers",
        f"the lake would have format {FORMAT}; it had 0",
    ]
    assert {path: path.read_bytes() for path in lake.rglob("*") if path.is_file()} == before


def test_a_migration_keeps_every_row_and_is_done_once(settings: Settings) -> None:
    lake = lake_of(settings)
    with leased(lake, "r1", "an older run", settings.lease, older=True):
        pass
    noted = (lake / FILE).read_text()
    assert '"ops_acceptances": 0' in noted
    assert [*migrate(settings, dry_run=False)][-1] == f"the lake has format {FORMAT}; it had 0"
    assert waivers(lake) == [NEW[1], NEW[2], NEW[0]]
    assert not (lake / "ops_acceptances").exists()
    (lake / FILE).write_text(noted)  # as whoever is killed before it gives the lease back leaves it
    assert ledger.damages(lake) == [], "nobody misses the table that has another name"
    assert [*migrate(settings, dry_run=False)] == [f"the lake has format {FORMAT} already"]
    admit_writer(lake)


WRITES: list[tuple[Any, str]] = [
    (renaming, "append_rows"),
    (commit_files, "retire"),
    (commit_files, "delete_retired"),
    (lake_format, "write_format"),
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("module", "name"), WRITES, ids=[name for _, name in WRITES])
def test_a_migration_that_was_killed_at_a_write_ends_the_same(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, after: bool
) -> None:
    lake, write = lake_of(settings), getattr(module, name)

    def killed(*arguments: Any) -> None:
        if after:
            write(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, name, killed)
        with pytest.raises(KeyboardInterrupt):
            [*migrate(settings, dry_run=False)]
    assert [*migrate(settings, dry_run=False)][-1].startswith(f"the lake has format {FORMAT}")
    assert len(waivers(lake)) == 3
    assert not (lake / "ops_acceptances").exists()


def test_a_folder_that_is_deleted_in_part_is_deleted_whole(tmp_path: Path) -> None:
    """The mark goes last: a log that stays is found again, and rows that stay are never seen."""
    path = tmp_path / "ops_acceptances"
    append_rows(path, OLD, SCHEMA)
    commit_files.retire(path)
    next(path.glob("*.parquet")).unlink()
    [left] = renaming.renamed(tmp_path, "ops_acceptances", "ops_waivers", {})
    assert (left.words, delta.exists(path)) == ("delete what is left of ops_acceptances", False)
    left.apply()
    assert not path.exists()


def test_rows_of_a_table_that_has_the_new_name_already_stay(settings: Settings) -> None:
    """A copy was killed, and one of its rows was written before: it is not there twice."""
    lake = lake_of(settings)
    more = NEW[0] | {"check_name": "mean", "observed": 99.0}
    append_rows(lake / "ops_waivers", [more, NEW[1]], pa.Table.from_pylist(NEW).schema)
    [*migrate(settings, dry_run=False)]
    assert [row["observed"] for row in waivers(lake)] == [99.0, 9.0, 9.0, 0.25]


def test_what_is_not_copied_is_not_deleted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = lake_of(settings)
    # as on a disk that loses what it took
    monkeypatch.setattr(renaming, "append_rows", lambda *_: None)
    with pytest.raises(NotCopied, match="lacks 3 of its rows"):
        [*migrate(settings, dry_run=False)]
    assert delta.row_count(lake / "ops_acceptances") == 3
    next((lake / "ops_acceptances").glob("*.parquet")).unlink()
    with pytest.raises(NotCopied, match=r"cannot be copied: the file .* is gone"):
        [*migrate(settings, dry_run=False)]
    assert format_of(lake) == 0
