"""Bad input is either a quarantine row with a sentence, or an error that names source, day, file
and line; nothing else is lost.
"""

import gzip
from collections.abc import Callable
from typing import Any

import pytest

from lakehouse.build import reading
from lakehouse.intake.landing import DeliveryError
from lakehouse.quality.verdicts import CheckFailed
from lakehouse.store import delta
from tests.shops import HEADER, Shop, line

DAY, NEXT = "2017-01-02", "2017-01-03"
GOOD = [line("7", f"o{n}", "p1", "1.50", DAY) for n in range(120)]


BAD = {
    line("7", "bad1", "p1", "abc", DAY): "amount: 'abc' is not a decimal(18,4)",
    line("", "bad2", "p1", "1.00", DAY): "customer_id is missing or cannot be read",
    line("7", "bad3", "p1", "1.00", DAY).replace(
        ",1,1.00", ",-1,1.00"
    ): "quantity is -1.0000, less than 0",
    line(
        "7", "bad4", "p1", "1.00", "2017-01-05"
    ): "order_date 2017-01-05 lies after arrived_on 2017-01-02",
    line("7", "bad5", "p1", "1.00", "2017-13-05"): "order_date is missing or cannot be read",
    "7,1,bad6": "the line does not have the declared columns: 7,1,bad6",
}


def test_bad_lines_are_quarantined_with_sentence_and_place_and_mended_by_a_new_delivery(
    shop_in: Callable[[str], Shop],
) -> None:
    shop = shop_in("shop")
    shop.deliver(DAY, *GOOD, *BAD)
    shop.run(DAY, NEXT)
    assert len(shop.rows("silver_order_lines")) == len(GOOD)
    refused = sorted(
        delta.read_arrow(shop.lake / "silver_order_lines_quarantine").to_pylist(),
        key=lambda row: row["source_line"],
    )
    # line 1 is the header, then 120 good lines
    assert [(row["source_file"], row["source_line"]) for row in refused] == [
        (f"orders/{DAY}/orders.csv.gz", 122 + n) for n in range(6)
    ]
    for row, sentence in zip(refused, BAD.values(), strict=True):
        assert sentence in row["reasons"]
    shop.deliver(DAY, *GOOD, *(line("7", f"bad{n}", "p1", "1.00", DAY) for n in range(1, 7)))
    shop.run(DAY, NEXT)
    assert len(shop.rows("silver_order_lines")) == len(GOOD) + 6
    assert shop.rows("silver_order_lines_quarantine") == []


def test_an_exact_duplicate_is_counted_and_an_older_version_superseded(
    shop_in: Callable[[str], Shop],
) -> None:
    shop = shop_in("shop")
    twice, changed = line("7", "o1", "p1", "1.50", DAY), line("7", "o2", "p1", "2.00", DAY)
    shop.deliver(DAY, twice, twice, changed, changed.replace("2.00", "2.50"))
    shop.run(DAY, NEXT)
    assert shop.rows("silver_order_lines", "order_id", "amount") == [
        ("o1", "1.5000"),
        ("o2", "2.5000"),
    ]
    (run,) = [
        r
        for r in delta.read_arrow(shop.lake / "ops_runs").to_pylist()
        if r["table_name"] == "silver_order_lines"
    ]
    counted = {
        name: run[f"rows_{name}"]
        for name in ("in", "kept", "quarantined", "duplicate", "superseded")
    }
    assert counted == {"in": 4, "kept": 2, "quarantined": 0, "duplicate": 1, "superseded": 1}
    assert shop.rows("silver_order_lines_quarantine") == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "zero bytes"),
        (
            gzip.compress("\n".join([HEADER, *GOOD]).encode(), mtime=0)[:-20],
            "cannot be read to its end",
        ),
        (
            gzip.compress(HEADER.replace(",sales_value", "").encode(), mtime=0),
            "missing columns: sales_value",
        ),
        (
            gzip.compress(HEADER.replace("sales_value", "sale_value").encode(), mtime=0),
            "sales_value (nearest delivered: sale_value)",
        ),
    ],
)
def test_a_broken_file_is_an_error_before_anything_is_written(
    shop_in: Callable[[str], Shop], content: bytes, message: str
) -> None:
    shop = shop_in("shop")
    path = shop.deliver(DAY, *GOOD)
    path.write_bytes(content)
    with pytest.raises(DeliveryError) as error:
        shop.run(DAY, NEXT)
    assert message in str(error.value)
    assert f"orders {DAY}: {path}" in str(error.value)
    assert shop.rows("bronze_orders") == []


def test_a_missing_day_is_an_error_and_a_header_alone_is_a_closed_day(
    shop_in: Callable[[str], Shop],
) -> None:
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
    with pytest.raises(
        CheckFailed, match=r"refused_share of silver_order_lines: 1, expected <= 0\.05"
    ):
        shop.run(NEXT, "2017-01-04")
    assert silver_versions(shop) == before
    assert len(shop.rows("silver_order_lines_quarantine")) == 60, (
        "what was refused can be looked at"
    )
    failed = [
        r
        for r in delta.read_arrow(shop.lake / "ops_checks").to_pylist()
        if r["status"] == "failed" and r["level"] == "ERROR"
    ]
    assert [r["check_name"] for r in failed] == ["refused_share"]


def silver_versions(shop: Shop) -> list[int]:
    return [
        delta.version_of(shop.lake / name)
        for name in ("silver_order_lines", "silver_customer_days")
    ]


def test_rows_are_conserved_file_by_file_and_a_file_that_does_not_add_up_is_named(
    shop_in: Callable[[str], Shop], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = shop_in("shop")
    shop.deliver(DAY, *GOOD[:20])
    shop.deliver(NEXT, *(line("7", f"n{n}", "p1", "1.50", NEXT) for n in range(10)))
    whole = reading.versions_of_days

    def leaky(*arguments: Any) -> Any:
        # three rows of the second file vanish
        return whole(*arguments).where("source_file NOT LIKE '%01-03%' OR source_line > 4")

    monkeypatch.setattr(reading, "versions_of_days", leaky)
    with pytest.raises(
        CheckFailed, match=rf"3 rows are lost.*orders/{NEXT}/orders.csv.gz: 3 of 10 rows"
    ) as error:
        shop.run(DAY, "2017-01-04")
    assert f"orders/{DAY}/orders.csv.gz" not in str(error.value)
