"""The manifest of deliveries: nothing is loaded twice, nothing changes or arrives late unnoticed,
and columns may come but not go.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from lakehouse.intake.landing import DeliveryError
from lakehouse.store import ops
from tests.shops import HEADER, Shop, line

DAY, NEXT, AFTER, END = "2017-01-02", "2017-01-03", "2017-01-04", "2017-01-05"


def states(shop: Shop) -> dict[tuple[str, str], str]:
    return {
        (str(r.arrived_on), r.source_file.rpartition("/")[2]): r.file_state
        for r in ops.newest_files(shop.lake, "orders")
    }


def test_the_same_file_under_another_name_is_left_out_until_the_first_is_withdrawn(
    shop_in: Callable[..., Shop],
) -> None:
    shop = shop_in("shop")
    first = shop.deliver(DAY, line("7", "o1", "p1", "1.50", DAY))
    again = shop.write(f"orders/{NEXT}/copy.csv.gz", first.read_bytes())
    shop.deliver(NEXT, line("8", "o2", "p1", "2.50", NEXT))
    shop.run(DAY, AFTER)
    assert states(shop) == {
        (DAY, "orders.csv.gz"): "loaded",
        (NEXT, "orders.csv.gz"): "loaded",
        (NEXT, "copy.csv.gz"): "repeated",
    }
    assert again.name in shop.failed_checks()["delivered_once(orders)"]
    assert len(shop.rows("bronze_orders")) == 2
    # the first one is mended: it was empty. What it held is now told by the copy alone
    shop.deliver(DAY)
    shop.deliver(AFTER)
    shop.run(DAY, NEXT)
    assert states(shop)[NEXT, "copy.csv.gz"] == "loaded"
    assert shop.rows("silver_order_lines", "order_id") == [("o1",), ("o2",)]
    assert "orders.csv.gz" in shop.failed_checks()["unchanged_files(orders)"]


def test_a_day_that_is_not_due_yet_is_taken_in_by_the_next_run(
    shop_in: Callable[..., Shop], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = shop_in("shop")
    orders = shop.settings.tenant.sources["orders"]
    promise = orders.promise.model_copy(update={"tolerated_days": 1})
    sources = {
        **shop.settings.tenant.sources,
        "orders": orders.model_copy(update={"promise": promise}),
    }
    shop.settings = shop.settings.model_copy(
        update={"tenant": shop.settings.tenant.model_copy(update={"sources": sources})}
    )
    shop.deliver(DAY, line("7", "o1", "p1", "1.50", DAY)).write_bytes(b"")  # still being uploaded
    monkeypatch.setattr(ops, "now", lambda: datetime(2017, 1, 3, 12, tzinfo=UTC))
    shop.run(DAY, NEXT)
    assert states(shop) == {(DAY, ""): "missing"}
    assert DAY in shop.failed_checks()["delivered(orders)"]
    shop.deliver(DAY, line("7", "o1", "p1", "1.50", DAY))
    shop.deliver(NEXT, line("7", "o2", "p1", "1.50", NEXT))
    shop.run(NEXT, AFTER)
    assert shop.rows("silver_order_lines", "order_id", "arrived_on") == [("o1", DAY), ("o2", NEXT)]
    monkeypatch.setattr(ops, "now", lambda: datetime(2017, 1, 9, tzinfo=UTC))
    with pytest.raises(DeliveryError, match=f"orders {AFTER}: no file in"):
        shop.run(AFTER, END)


def test_a_new_column_is_kept_in_bronze_and_told_and_silver_is_as_before(
    shop_in: Callable[..., Shop],
) -> None:
    shop = shop_in("shop")
    shop.deliver(DAY, line("7", "o1", "p1", "1.50", DAY))
    shop.deliver(NEXT, line("7", "o2", "p1", "1.50", NEXT) + ",blue", header=HEADER + ",colour")
    shop.run(DAY, AFTER)
    assert shop.rows("bronze_orders", "basket_id", "colour") == [("o1", "None"), ("o2", "blue")]
    assert (
        f"colour (first in orders/{NEXT}/orders.csv.gz)"
        in shop.failed_checks()["no_new_columns(orders)"]
    )
    assert len(shop.rows("silver_order_lines")) == 2
    assert "colour" not in shop.columns("silver_order_lines")


def test_a_column_of_another_type_stops_before_bronze(shop_in: Callable[..., Shop]) -> None:
    shop = shop_in("shop")
    shop.deliver(
        DAY, *(line("7", f"o{n}", "p1", "1.50", DAY).replace("1.50", "1 USD") for n in range(30))
    )
    with pytest.raises(
        DeliveryError, match=r"amount: '1 USD' is not a decimal\(18,4\) \(30 of the first 30 rows\)"
    ):
        shop.run(DAY, NEXT)
    assert shop.rows("bronze_orders") == []


def test_what_is_wrong_with_any_day_is_said_at_once(shop_in: Callable[..., Shop]) -> None:
    shop = shop_in("shop")
    for day in (DAY, NEXT):
        shop.deliver(day, header=HEADER.replace("sales_value", "sale_value"))
    with pytest.raises(DeliveryError) as error:
        shop.run(DAY, AFTER)
    assert [f"orders {day}: " in str(error.value) for day in (DAY, NEXT)] == [True, True]
