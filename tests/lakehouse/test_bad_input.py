"""Bad input is either a quarantine row with a sentence, or an error that names source, day, file and line; nothing else is lost."""

import gzip
from collections.abc import Callable

import pytest

from lakehouse import delta
from lakehouse.landing import DeliveryError
from lakehouse.quality import CheckFailed
from tests.shops import HEADER, Shop, line

DAY, NEXT = "2017-01-02", "2017-01-03"
GOOD = [line("7", f"o{n}", "p1", "1.50", DAY) for n in range(60)]


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (line("7", "bad", "p1", "abc", DAY), "amount: 'abc' is not a decimal(18,4)"),
        (line("", "bad", "p1", "1.00", DAY), "customer_id is missing or cannot be read"),
        (line("7", "bad", "p1", "1.00", DAY).replace(",1,1.00", ",-1,1.00"), "quantity is -1.0000, less than 0"),
        (line("7", "bad", "p1", "1.00", "2017-01-05"), "order_date 2017-01-05 lies after arrived_on 2017-01-02"),
        (line("7", "bad", "p1", "1.00", "2017-13-05"), "order_date is missing or cannot be read"),
        ("7,1,bad", "the line does not have the declared columns: 7,1,bad"),
    ],
)
def test_a_bad_line_is_quarantined_with_its_sentence_and_place(shop_in: Callable[[str], Shop], bad: str, sentence: str) -> None:
    shop = shop_in("shop")
    shop.deliver(DAY, *GOOD, bad)
    shop.run(DAY, NEXT)
    assert len(shop.rows("silver_order_lines")) == 60
    (row,) = delta.read_arrow(shop.lake / "silver_order_lines_quarantine").to_pylist()
    assert sentence in row["reasons"]
    assert (row["source_file"], row["source_line"]) == (f"orders/{DAY}/orders.csv.gz", 62)
    shop.deliver(DAY, *GOOD, line("7", "bad", "p1", "1.00", DAY))
    shop.run(DAY, NEXT)
    assert len(shop.rows("silver_order_lines")) == 61
    assert shop.rows("silver_order_lines_quarantine") == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "zero bytes"),
        (gzip.compress("\n".join([HEADER, *GOOD]).encode())[:-20], "cannot be read to its end"),
        (gzip.compress(HEADER.replace(",sales_value", "").encode()), "missing columns: sales_value"),
        (gzip.compress(HEADER.replace("sales_value", "sale_value").encode()), "sales_value (nearest delivered: sale_value)"),
    ],
)
def test_a_broken_file_is_an_error_before_anything_is_written(shop_in: Callable[[str], Shop], content: bytes, message: str) -> None:
    shop = shop_in("shop")
    path = shop.deliver(DAY, *GOOD)
    path.write_bytes(content)
    with pytest.raises(DeliveryError) as error:
        shop.run(DAY, NEXT)
    assert message in str(error.value)
    assert f"orders {DAY}: {path}" in str(error.value)
    assert shop.rows("bronze_orders") == []


def test_a_missing_day_is_an_error_and_a_header_alone_is_a_closed_day(shop_in: Callable[[str], Shop]) -> None:
    shop = shop_in("shop")
    shop.deliver(DAY)
    with pytest.raises(DeliveryError, match=f"orders {NEXT}: no file in"):
        shop.run(DAY, "2017-01-04")
    shop.run(DAY, NEXT)
    assert shop.rows("silver_order_lines") == []


def test_a_source_that_nulls_a_column_stops_before_silver(shop_in: Callable[[str], Shop]) -> None:
    shop = shop_in("shop")
    shop.deliver(DAY, *GOOD)
    shop.run(DAY, NEXT)
    before = silver_versions(shop)
    shop.deliver(NEXT, *(line("", f"n{n}", "p1", "1.50", NEXT) for n in range(60)))
    with pytest.raises(CheckFailed, match=r"refused_share of silver_order_lines: 1, expected <= 0\.05"):
        shop.run(NEXT, "2017-01-04")
    assert silver_versions(shop) == before
    failed = [r for r in delta.read_arrow(shop.lake / "ops_checks").to_pylist() if r["status"] == "failed" and r["level"] == "ERROR"]
    assert [r["check_name"] for r in failed] == ["refused_share"]


def silver_versions(shop: Shop) -> list[int]:
    return [delta.version_of(shop.lake / name) for name in ("silver_order_lines", "silver_customer_days")]
