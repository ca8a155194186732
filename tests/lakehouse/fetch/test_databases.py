"""A real PostgreSQL as a source: what changed, what is gone, one moment for all connections, and
errors that hold no credential.
"""

import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from lakehouse.fetch import databases
from lakehouse.fetch.fetched import FetchError
from lakehouse.store import delta
from tests.databases import PASSWORD, PostgreSQL
from tests.lakehouse.fetch.conftest import jdbc
from tests.shops import Shop

ONE, TWO, THREE, FOUR = "2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"
CHANGED = {"column": "changed_at", "overlap": 0}


def order(n: int, amount: str, placed: str, changed: str | None = None) -> str:
    since = "NULL" if changed == "never" else f"'{changed or placed}'"
    return f"({n}, 'c{n}', 'p1', {amount}, '{placed}', {since})"


def insert(server: PostgreSQL, *rows: str) -> None:
    server.sql(f"INSERT INTO orders VALUES {', '.join(rows)}")


def landed(shop: Shop, day: str, *columns: str) -> list[tuple[Any, ...]]:
    files = sorted((shop.landing / "orders" / day).glob("*.parquet"))
    rows = [row for path in files for row in pq.read_table(path).to_pylist()]
    return sorted(tuple(row.get(c) for c in columns or ("id", "amount")) for row in rows)


def test_a_day_takes_what_changed_until_it_ended_in_the_zone_of_the_shop(
    orders: PostgreSQL, shop_of: Callable[..., Shop]
) -> None:
    shop = shop_of(jdbc=jdbc(orders, watermark=CHANGED))
    insert(
        orders,
        order(1, "1.50", f"{ONE} 12:00-05"),
        # more digits than any number type of Spark holds
        order(2, "0.1000000000000000000001", f"{ONE} 23:59:59.999999-05"),
        order(3, "3", f"{TWO} 00:00-05"),  # five in the morning in UTC: the next day
        order(4, "4", f"{ONE} 13:00-05", "never"),  # nobody knows when it changed: every day
    )
    shop.run(ONE, TWO, "fetch")
    assert landed(shop, ONE) == [("1", "1.50"), ("2", "0.1000000000000000000001"), ("4", "4")]
    orders.sql(f"UPDATE orders SET amount = 1.75, changed_at = '{TWO} 09:00-05' WHERE id = 1")
    shop.run(TWO, THREE, "fetch", "ingest", "silver")
    assert landed(shop, TWO, "id", "amount", "changed_at") == [
        ("1", "1.75", f"{TWO} 14:00:00+00"),
        # the newest that was landed comes again: others may have its time
        ("2", "0.1000000000000000000001", f"{TWO} 04:59:59.999999+00"),
        ("3", "3", f"{TWO} 05:00:00+00"),
        ("4", "4", None),
    ]


def test_late_updates_and_deletes_reach_silver_and_a_backfill_reads_what_was_landed(
    orders: PostgreSQL, shop_of: Callable[..., Shop]
) -> None:
    shop = shop_of(
        jdbc=jdbc(orders, watermark=CHANGED, deletes=True, partitions=2, partition_column="id")
    )
    insert(orders, *(order(n, "1", f"{ONE} 12:00Z") for n in range(1, 6)))
    shop.run(ONE, TWO, "fetch", "ingest", "silver")
    # of the first day: 2 is corrected on the second, 3 is gone, 4 is gone and comes again on the
    # third
    orders.sql(
        f"UPDATE orders SET amount = 9, changed_at = '{TWO} 10:00Z' WHERE id = 2; DELETE FROM orders WHERE id IN (3, 4)"
    )
    shop.run(TWO, THREE, "fetch", "ingest", "silver")
    assert landed(shop, TWO, "id", "amount", "_deleted") == [
        ("1", "1", None),
        ("2", "9", None),
        ("3", None, "true"),
        ("4", None, "true"),
        ("5", "1", None),
    ]
    assert shop.rows("silver_order_lines", "order_id", "amount") == [
        ("1", "1.0000"),
        ("2", "9.0000"),
        ("5", "1.0000"),
    ]
    insert(orders, order(4, "4", f"{ONE} 12:00Z", f"{THREE} 10:00Z"))
    shop.run(THREE, FOUR, "fetch", "ingest", "silver")
    assert landed(shop, THREE, "id", "_deleted") == [("2", None), ("4", None)]
    expected = [("1", "1.0000"), ("2", "9.0000"), ("4", "4.0000"), ("5", "1.0000")]
    assert shop.rows("silver_order_lines", "order_id", "amount") == expected
    before = {path: path.read_bytes() for path in shop.landing.rglob("*") if path.is_file()}
    orders.sql("DELETE FROM orders")
    shutil.rmtree(shop.lake)
    shop.run(ONE, FOUR, "fetch", "ingest", "silver")
    assert {path: path.read_bytes() for path in shop.landing.rglob("*") if path.is_file()} == before
    assert shop.rows("silver_order_lines", "order_id", "amount") == expected
    statuses = [
        row["status"]
        for row in delta.read_arrow(shop.lake / "ops_runs").to_pylist()
        if row["stage"] == "fetch"
    ]
    assert statuses == ["unchanged"]


def test_parallel_connections_see_one_moment_while_a_writer_commits(
    orders: PostgreSQL, shop_of: Callable[..., Shop]
) -> None:
    """Each transaction of the writer takes from a row of the first half what it gives to one of the
    last: the sum never changes.
    """
    insert(orders, *(order(n, "100", f"{ONE} 12:00Z") for n in range(1, 401)))
    # a table that takes seconds to read, so that the writer commits while it is read, and between
    # its parts
    orders.sql(
        "CREATE FUNCTION slowly(n bigint) RETURNS bigint VOLATILE LANGUAGE sql AS 'SELECT n FROM (SELECT pg_sleep(0.005)) AS s';"
        "CREATE VIEW slow_orders AS SELECT slowly(id) AS id, customer, product, amount, placed_at, changed_at FROM orders"
    )
    end = threading.Event()
    commits: list[int] = []

    def write() -> None:
        process = subprocess.Popen(orders.psql(), stdin=subprocess.PIPE, text=True)
        assert process.stdin
        while not end.is_set():
            give = len(commits) % 200 + 1
            process.stdin.write(
                f"BEGIN; UPDATE orders SET amount = amount - 1 WHERE id = {give};"
                f" UPDATE orders SET amount = amount + 1 WHERE id = {401 - give}; COMMIT;\n"
            )
            process.stdin.flush()
            commits.append(give)
            end.wait(0.005)
        process.stdin.close()
        process.wait(10)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        shop = shop_of(jdbc=jdbc(orders, table="slow_orders", partitions=4, partition_column="id"))
        shop.run(ONE, TWO, "fetch")
    finally:
        end.set()
        writer.join()
    rows = landed(shop, ONE)
    assert len(commits) > 50, "the writer did not get to commit during the read"
    assert (len(rows), sum(int(amount) for _, amount in rows)) == (400, 40_000)
    assert len({amount for _, amount in rows}) > 1, "the writer had begun before"


@pytest.mark.parametrize("column", ["id", "customer"])
def test_the_parts_of_a_read_hold_every_row_once(
    orders: PostgreSQL, shop_of: Callable[..., Shop], column: str
) -> None:
    insert(orders, *(order(n, str(n), f"{ONE} 12:00Z") for n in (-5, 0, 1, 7, 1000)))
    orders.sql("UPDATE orders SET customer = NULL WHERE id = 7")
    shop = shop_of(jdbc=jdbc(orders, partitions=3, partition_column=column))
    shop.run(ONE, TWO, "fetch")
    assert [row for (row,) in landed(shop, ONE, "id")] == ["-5", "0", "1", "1000", "7"]


def test_a_whole_table_lands_on_the_newest_day_and_refetch_gets_it_again(
    orders: PostgreSQL, shop_of: Callable[..., Shop]
) -> None:
    shop = shop_of(jdbc=jdbc(orders))
    insert(orders, order(1, "1", f"{ONE} 12:00Z"))
    shop.run(ONE, THREE, "fetch", "ingest", "silver")
    assert (landed(shop, ONE), landed(shop, TWO)) == ([], [("1", "1")])
    orders.sql("UPDATE orders SET amount = 2")
    shop.run(TWO, THREE, "fetch")
    assert landed(shop, TWO) == [("1", "1")]
    shop.fetch_again(TWO, THREE)
    assert landed(shop, TWO) == [("1", "2")]
    assert not list((shop.landing / "orders").glob(".*")), "nothing is left beside"


def test_a_new_column_is_kept_one_left_out_is_not_and_a_lost_one_is_named(
    orders: PostgreSQL, shop_of: Callable[..., Shop]
) -> None:
    insert(orders, order(1, "1", f"{ONE} 12:00Z"))
    orders.sql("ALTER TABLE orders ADD colour text DEFAULT 'red', ADD pin text DEFAULT '1234'")
    shop = shop_of(jdbc=jdbc(orders, leave_out=["pin"], watermark=CHANGED))
    shop.run(ONE, TWO, "fetch", "ingest")
    assert "colour" in shop.columns("bronze_orders")
    assert "pin" not in shop.columns("bronze_orders")
    orders.sql("ALTER TABLE orders RENAME changed_at TO changed_on")
    with pytest.raises(
        FetchError,
        match=rf"orders {TWO}: public.orders has no column changed_at \(nearest: changed_on\)",
    ):
        shop.run(TWO, THREE, "fetch")


def test_a_wrong_password_is_said_without_it(
    orders: PostgreSQL,
    shop_of: Callable[..., Shop],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SHOP_DB_PASSWORD", "wr0ng+secret")
    shop = shop_of(jdbc=jdbc(orders))
    with pytest.raises(
        FetchError, match=r"refuses the login: FATAL: password authentication failed"
    ) as error:
        shop.run(ONE, TWO, "fetch")
    assert "environment variable SHOP_DB_PASSWORD (password)" in str(error.value)
    message = (
        str(error.value)
        + "".join(capfd.readouterr())
        + str(delta.read_arrow(shop.lake / "ops_runs").to_pylist())
    )
    assert "wr0ng" not in message
    monkeypatch.delenv("SHOP_DB_PASSWORD")
    with pytest.raises(FetchError, match="environment variable SHOP_DB_PASSWORD is not set"):
        shop.run(ONE, TWO, "fetch")


def test_a_server_that_is_down_or_goes_down_leaves_nothing_behind(
    orders: PostgreSQL, shop_of: Callable[..., Shop], monkeypatch: pytest.MonkeyPatch
) -> None:
    insert(orders, order(1, "1", f"{ONE} 12:00Z"))
    shop, land = shop_of(jdbc=jdbc(orders)), databases._land

    def goes_down(frame: Any, made: Path, name: str) -> int:
        orders.stop()
        return land(frame, made, name)

    monkeypatch.setattr(databases, "_land", goes_down)
    try:
        for _ in range(2):  # between the snapshot and the read, then before the snapshot
            with pytest.raises(
                FetchError, match=r"does not answer: .*Look whether the server runs"
            ) as error:
                shop.run(ONE, TWO, "fetch")
            assert PASSWORD not in str(error.value)
            assert not (shop.landing / "orders" / ONE).exists()
    finally:
        orders.start()
    monkeypatch.setattr(databases, "_land", land)
    shop.run(ONE, TWO, "fetch")
    assert landed(shop, ONE) == [("1", "1")]
