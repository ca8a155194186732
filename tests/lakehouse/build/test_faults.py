"""Disks that are full or read-only, files that vanish or are torn: a clear message, never fewer
rows; and the way back.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from headwater.operate.restoring import restore_tables
from lakehouse.base.errors import StorageError
from lakehouse.store import commit_files, delta, ledger
from lakehouse.store.ledger import Damaged
from tests.shops import TENANT, Shop, line

DAYS = ("2017-01-02", "2017-01-03", "2017-01-04")
END = "2017-01-05"
TABLES = (
    "bronze_orders",
    "silver_order_lines",
    "silver_customer_days",
    "silver_customer_product_days",
)
Harm = Callable[[Path], None]


def newest_commit(path: Path) -> Path:
    return path / commit_files.LOG / f"{delta.version_of(path):020}.json"


def empty_newest_commit(path: Path) -> None:
    newest_commit(path).write_bytes(b"")


def torn_newest_commit(path: Path) -> None:
    file = newest_commit(path)
    file.write_bytes(file.read_bytes()[:-20])


def newest_commit_without_its_files(path: Path) -> None:
    file = newest_commit(path)
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(text for text in lines if not text.startswith('{"add"')))


def no_newest_commit(path: Path) -> None:
    newest_commit(path).unlink()


def newest_file(path: Path) -> Path:
    return max(path.glob("*.parquet"), key=lambda file: file.stat().st_mtime_ns)


def no_data_file(path: Path) -> None:
    newest_file(path).unlink()


def short_data_file(path: Path) -> None:
    file = newest_file(path)
    file.write_bytes(file.read_bytes()[:-1])


HARMS: dict[Harm, str] = {
    empty_newest_commit: "is missing, empty or torn",
    torn_newest_commit: "is missing, empty or torn",
    newest_commit_without_its_files: "rows when it was committed, and has",
    no_newest_commit: "commits are missing",
    no_data_file: "is gone",
    short_data_file: "were written",
}


def deliver(shop: Shop) -> None:
    for n, day in enumerate(DAYS):
        shop.deliver(
            day, line("7", f"o{n}", "p1", "1.50", day), line("8", f"late{n}", "p1", "2.00", DAYS[0])
        )


@pytest.fixture(scope="module")
def undisturbed(spark: object, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop whose days ran one by one: its last commits are those of the last day."""
    shop = Shop(tmp_path_factory.mktemp("undisturbed"))
    deliver(shop)
    for day, after in zip(DAYS, (*DAYS[1:], END), strict=True):
        shop.run(day, after)
    return shop


@pytest.fixture
def shop(undisturbed: Shop, tmp_path: Path) -> Shop:
    """The same shop, to be harmed."""
    shutil.copytree(undisturbed.home, tmp_path / "shop")
    return Shop(tmp_path / "shop")


def restored(shop: Shop, *, dry_run: bool = False) -> list[str]:
    with shop.at_home():
        return list(restore_tables(shop.settings, [], dry_run=dry_run))


def command_in(text: str) -> list[str]:
    return text.split("headwater run ")[1].split(".", maxsplit=1)[0].split()


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
@pytest.mark.parametrize("table", ["bronze_orders", "silver_order_lines"])
def test_damage_is_noticed_named_and_mended_by_restore_without_a_session(
    shop: Shop, table: str, harm: Harm
) -> None:
    before = delta.version_of(shop.lake / table)
    files = {file.name for file in (shop.lake / table).rglob("*") if not file.name.endswith(".crc")}
    harm(shop.lake / table)
    (damage,) = ledger.damages(shop.lake)
    assert damage.table == table
    assert HARMS[harm] in damage.message
    with pytest.raises(Damaged, match=f"{table}.*headwater restore --tenant {TENANT}"):
        ledger.refuse_damage(shop.lake, TENANT)
    (sentence,) = restored(shop, dry_run=True)
    assert f"would go back to version {before - 1}" in sentence
    assert ledger.damages(shop.lake) == [damage], "a dry run changes nothing"
    text = restored(shop)[0]
    assert f"went back to version {before - 1}" in text
    wanted = ["ingest", "silver"] if table == "bronze_orders" else ["silver"]
    assert command_in(text) == [*wanted, "--tenant", TENANT, "--start", DAYS[2], "--end", END]
    assert ledger.damages(shop.lake) == []
    assert delta.version_of(shop.lake / table) > before, "no number is handed out twice"
    assert restored(shop) == [f"nothing is damaged in {shop.lake}"]
    kept = {
        file.name.split("-", 2)[-1] if file.name.startswith("damaged-") else file.name
        for file in (shop.lake / table).rglob("*")
    }
    assert len(files - kept) == (harm is no_data_file), "restore deletes nothing"


@pytest.mark.parametrize(
    ("table", "harm"),
    [
        ("bronze_orders", empty_newest_commit),
        ("silver_order_lines", torn_newest_commit),
        ("bronze_orders", no_data_file),
    ],
)
def test_after_restore_the_named_run_gives_the_rows_of_an_undisturbed_lake(
    shop: Shop, undisturbed: Shop, table: str, harm: Harm
) -> None:
    harm(shop.lake / table)
    with pytest.raises(Damaged):
        shop.run(DAYS[2], END)
    text = restored(shop)[0]
    # what is built on deliveries that are not there would silently lose their rows
    if table == "bronze_orders":
        with pytest.raises(Damaged, match=f"lacks arrival days.*{DAYS[2]}"):
            shop.run(DAYS[2], END, "silver")
    stages = ("ingest", "silver") if table == "bronze_orders" else ("silver",)
    assert command_in(text)[: len(stages)] == list(stages)
    shop.run(DAYS[2], END, *stages)
    assert_same(shop, undisturbed)


def test_a_version_that_was_consumed_and_lost_is_not_taken_for_consumed_again(
    shop: Shop, undisturbed: Shop
) -> None:
    """Silver was built from bronze's lost version; the delivery is corrected before it is ingested
    again.
    """
    consumed = delta.commits(shop.lake / "silver_order_lines")[0].inputs["bronze_orders"]
    empty_newest_commit(shop.lake / "bronze_orders")
    restored(shop)
    # late2 is withdrawn, o2 corrected
    shop.deliver(DAYS[2], line("7", "o2", "p1", "9.99", DAYS[2]))
    shop.run(DAYS[2], END)
    assert delta.commits(shop.lake / "silver_order_lines")[0].inputs["bronze_orders"] > consumed
    assert shop.rows("silver_order_lines", "order_id", "amount") == [
        ("late0", "2.0000"),
        ("late1", "2.0000"),
        ("o0", "1.5000"),
        ("o1", "1.5000"),
        ("o2", "9.9900"),
    ]


def test_every_file_of_every_version_gone_leaves_an_empty_table_that_is_filled_again(
    shop: Shop, undisturbed: Shop
) -> None:
    for file in (shop.lake / "bronze_orders").glob("*.parquet"):
        file.unlink()
    (text,) = restored(shop)
    assert "no rows at all" in text
    assert f"--start {DAYS[0]} --end {END}" in text
    shop.run(DAYS[0], END)
    assert_same(shop, undisturbed)


def test_the_records_of_the_house_are_missed_too(shop: Shop) -> None:
    no_newest_commit(shop.lake / "ops_runs")
    (damage,) = ledger.damages(shop.lake)
    assert damage.table == "ops_runs", "the lease noted its version when it was given back"
    assert "the house's own records" in restored(shop)[0]
    assert ledger.damages(shop.lake) == []


@contextmanager
def mounted(at: Path, *how: str) -> Iterator[None]:
    made = subprocess.run(["mount", *how, str(at)], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"needs to mount a file system: {made.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(at)], check=True)


def test_a_full_disk_is_said_and_leaves_every_row(shop: Shop, undisturbed: Shop) -> None:
    held = shop.home.parent / "held"
    shutil.move(shop.lake, held)
    shop.lake.mkdir()
    with mounted(shop.lake, "-t", "tmpfs", "-o", "size=8m", "tmpfs"):
        shutil.copytree(held, shop.lake, dirs_exist_ok=True)
        filler = shop.lake / "filler"
        fill(filler)
        with pytest.raises(StorageError, match=r"the disk is full\. Make room"):
            shop.run(DAYS[2], END)
        for room in (64,):  # KiB: enough for the lease and the records, not for the tables
            with filler.open("r+b") as file:
                file.truncate(filler.stat().st_size - room * 1024)
            try:
                shop.run(DAYS[2], END)
            except StorageError as error:
                assert "the disk is full" in str(error)  # noqa: PT017 - it may also fit
            fill(filler)
        assert ledger.damages(shop.lake) == []
        assert_same(shop, undisturbed)
        filler.unlink()
        shop.run(DAYS[2], END)
        assert_same(shop, undisturbed)


def fill(file: Path) -> None:
    """Take all the room that is left."""
    block = bytes(4096)
    with pytest.raises(OSError, match="No space left"), file.open("ab", buffering=0) as open_file:
        open_file.writelines(block for _ in range(10_000))


def test_a_read_only_lake_is_said_before_spark_starts(shop: Shop, undisturbed: Shop) -> None:
    with mounted(shop.lake, "--bind", "-o", "ro", str(shop.lake)):
        with pytest.raises(StorageError, match=r"read-only\. Mount it for writing"):
            shop.run(DAYS[2], END)
        assert_same(shop, undisturbed)


def assert_same(one: Shop, other: Shop) -> None:
    for table in TABLES:
        assert one.rows(table) == other.rows(table), table
