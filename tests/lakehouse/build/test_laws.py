"""The laws of runs: again, range, late, moved, withdrawn, duplicated; each on a handful of order
lines with real Spark and Delta.
"""

from collections.abc import Callable

from tests.shops import Shop, line

LINES = ("order_id", "line_id", "customer_id", "amount", "order_date")
TABLES = ("silver_order_lines", "silver_customer_days", "silver_customer_product_days")


def silver(shop: Shop) -> list[list[tuple[str, ...]]]:
    # arrived_on may differ between a late and a clean delivery; everything else may not
    return [shop.rows(t, *LINES) if t == "silver_order_lines" else shop.rows(t) for t in TABLES]


def test_the_same_run_twice_leaves_the_same_rows(shop_in: Callable[[str], Shop]) -> None:
    shop = shop_in("shop")
    shop.deliver(
        "2017-01-02",
        line("7", "o1", "p1", "1.50", "2017-01-02"),
        line("8", "o2", "p1", "2.00", "2017-01-02"),
    )
    shop.run("2017-01-02", "2017-01-03")
    once = silver(shop)
    shop.run("2017-01-02", "2017-01-03")
    assert silver(shop) == once
    assert len(once[0]) == 2


def test_a_range_equals_its_days_one_by_one_with_late_moved_and_repeated_lines(
    shop_in: Callable[[str], Shop],
) -> None:
    days = {
        "2017-01-02": [
            line("7", "o1", "p1", "1.50", "2017-01-02"),
            line("8", "o2", "p1", "2.00", "2017-01-02"),
        ],
        # o1 again, to the letter: a duplicate. o2 corrected and moved to the 3rd. o3 is late by a
        # day.
        "2017-01-03": [
            line("7", "o1", "p1", "1.50", "2017-01-02"),
            line("8", "o2", "p1", "2.50", "2017-01-03"),
            line("9", "o3", "p2", "4.00", "2017-01-02"),
        ],
        # another customer touches the 2nd: the old o2 of that day must not rise again
        "2017-01-04": [line("7", "o4", "p2", "1.00", "2017-01-02")],
    }
    daily, ranged = shop_in("daily"), None
    for day, lines in days.items():
        daily.deliver(day, *lines)
    for start, end in (
        ("2017-01-02", "2017-01-03"),
        ("2017-01-03", "2017-01-04"),
        ("2017-01-04", "2017-01-05"),
    ):
        daily.run(start, end)
    ranged = shop_in("ranged")
    for day, lines in days.items():
        ranged.deliver(day, *lines)
    ranged.run("2017-01-02", "2017-01-05")
    assert silver(daily) == silver(ranged)
    assert [row[:1] + row[3:] for row in silver(daily)[0]] == [
        ("o1", "1.5000", "2017-01-02"),
        ("o2", "2.5000", "2017-01-03"),
        ("o3", "4.0000", "2017-01-02"),
        ("o4", "1.0000", "2017-01-02"),
    ]
    assert daily.rows("bronze_orders") == ranged.rows("bronze_orders")


def test_a_withdrawn_line_disappears_and_the_version_before_it_returns(
    shop_in: Callable[[str], Shop],
) -> None:
    shop = shop_in("shop")
    shop.deliver("2017-01-02", line("7", "o1", "p1", "1.50", "2017-01-02"))
    shop.deliver(
        "2017-01-03",
        line("7", "o1", "p1", "9.00", "2017-01-03"),
        line("7", "o2", "p1", "3.00", "2017-01-03"),
    )
    shop.run("2017-01-02", "2017-01-04")
    assert shop.rows("silver_order_lines", "order_id", "amount") == [
        ("o1", "9.0000"),
        ("o2", "3.0000"),
    ]
    shop.deliver("2017-01-03", line("7", "o2", "p1", "3.00", "2017-01-03"))
    shop.run("2017-01-03", "2017-01-04")
    assert shop.rows("silver_order_lines", "order_id", "amount") == [
        ("o1", "1.5000"),
        ("o2", "3.0000"),
    ]


def test_an_ingest_without_silver_is_caught_up_by_the_next_run(
    shop_in: Callable[[str], Shop],
) -> None:
    shop = shop_in("shop")
    shop.deliver("2017-01-02", line("7", "o1", "p1", "1.50", "2017-01-02"))
    shop.deliver("2017-01-03", line("7", "o2", "p1", "2.50", "2017-01-03"))
    shop.deliver("2017-01-04", line("7", "o3", "p1", "3.50", "2017-01-04"))
    shop.run("2017-01-02", "2017-01-03")
    shop.run("2017-01-03", "2017-01-04", "ingest")  # killed before silver
    shop.run("2017-01-04", "2017-01-05")
    assert shop.rows("silver_order_lines", "order_id") == [("o1",), ("o2",), ("o3",)]
