"""The anomaly check: an anomaly stops the run until its file is delivered again or the anomaly is
waived; a range of days is judged day by day.
"""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from headwater.operate.waivers import anomaly_rows, waive_days
from lakehouse.quality import metrics
from lakehouse.quality.verdicts import CheckFailed
from lakehouse.store import delta
from settings.model import AnomalySettings
from tests.shops import Shop, line

FIRST = date(2017, 1, 2)
WEEKS = 5
LAST = FIRST + timedelta(weeks=WEEKS)  # a Monday with five Mondays before it
ROWS = 40  # a day, one per customer; more than the 30 that a usual volume needs


def lines(day: date, amount: str = "2.00", rows: int = ROWS) -> list[str]:
    """Forty customers with an order of one line each; amounts of 2.00 and 4.00."""
    amounts = (amount, f"{2 * float(amount):.2f}")
    return [line(str(n), f"{day}-{n}", f"p{n}", amounts[n % 2], str(day)) for n in range(rows)]


def delivered(shop: Shop, amount: str) -> Shop:
    """Five weeks of usual days, and the last day with the amount of the test."""
    for n in range(7 * WEEKS):
        shop.deliver(str(FIRST + timedelta(days=n)), *lines(FIRST + timedelta(days=n)))
    shop.deliver(str(LAST), *lines(LAST, amount=amount))
    return shop


def run_last(shop: Shop, *stages: str) -> None:
    shop.run(str(LAST), str(LAST + timedelta(days=1)), *stages)


def test_an_unusual_day_stops_before_silver_names_itself_and_passes_once_waived(
    shop_in: Callable[[str], Shop],
) -> None:
    shop = delivered(shop_in("shop"), amount="200.00")
    shop.run(str(FIRST), str(LAST))
    before = delta.version_of(shop.lake / "silver_order_lines")
    message = rf"orders {LAST}: sales_value.geometric_mean is 282.843, expected 1.40\d* to 5.69\d*.*headwater quality waive orders {LAST}"
    with pytest.raises(CheckFailed, match=message):
        run_last(shop)
    assert delta.version_of(shop.lake / "silver_order_lines") == before
    assert (
        len([row for row in shop.rows("bronze_orders", "arrived_on") if row == (str(LAST),)])
        == ROWS
    ), "the evidence stays"
    shop.deliver(str(LAST + timedelta(days=1)), *lines(LAST + timedelta(days=1)))
    with pytest.raises(CheckFailed):  # the next day cannot carry it in
        shop.run(str(LAST + timedelta(days=1)), str(LAST + timedelta(days=2)))
    with shop.at_home():
        waive_days(shop.settings, "orders", [LAST], None, "ada", "prices went up")
        assert {
            (row["waived_by"], row["reason"]) for row in anomaly_rows(shop.settings, "orders")
        } == {("ada", "prices went up")}
    run_last(shop)
    assert delta.version_of(shop.lake / "silver_order_lines") == before + 1
    assert {row[0] for row in shop.rows("ops_waivers", "check_name")} == {
        "sales_value.geometric_mean",
        "sales_value.mean",
    }
    shop.deliver(str(LAST), *lines(LAST, amount="900.00"))  # another delivery is judged anew
    with pytest.raises(CheckFailed, match="sales_value"):
        run_last(shop)


def test_a_new_delivery_needs_no_waiver(shop_in: Callable[[str], Shop]) -> None:
    shop = delivered(shop_in("shop"), amount="200.00")
    shop.settings = shop.settings.model_copy(
        update={"anomalies": AnomalySettings(backfill="error")}
    )
    with pytest.raises(CheckFailed):
        # a range judges its days by those before them in it
        shop.run(str(FIRST), str(LAST + timedelta(days=1)))
    assert shop.rows("silver_order_lines") == []
    shop.deliver(str(LAST), *lines(LAST))
    run_last(shop)
    assert len(shop.rows("silver_order_lines")) == ROWS * (7 * WEEKS + 1)


def test_a_backfill_tells_unusual_days_and_goes_on(shop_in: Callable[[str], Shop]) -> None:
    shop = delivered(shop_in("shop"), amount="200.00")
    shop.run(str(FIRST), str(LAST + timedelta(days=1)))
    assert (
        f"orders {LAST}: sales_value.geometric_mean is 282.843"
        in shop.failed_checks()["usual_values"]
    )
    assert len(shop.rows("silver_order_lines")) == ROWS * (7 * WEEKS + 1)


def test_a_range_and_its_days_measure_the_same(shop_in: Callable[[str], Shop]) -> None:
    names = ("table_name", "arrived_on", "column_name", "metric", "value")
    ranged, daily = shop_in("ranged"), shop_in("daily")
    days = [FIRST + timedelta(days=n) for n in range(3)]
    for shop in (ranged, daily):
        for day in days[:2]:
            shop.deliver(
                str(day),
                *lines(day, rows=7 * day.day),
                lines(day)[0],
                line("", f"{day}-x", "p", "", str(day)),
            )
        shop.deliver(str(days[2]))  # closed
    ranged.run(str(days[0]), str(days[2] + timedelta(days=1)), "ingest")
    for day in days:
        daily.run(str(day), str(day + timedelta(days=1)), "ingest")
    assert ranged.rows("ops_metrics", *names) == daily.rows("ops_metrics", *names)
    of_day = {
        row[1:4]: row[4] for row in ranged.rows("ops_metrics", *names) if row[0] == "bronze_orders"
    }
    # the second of January: 14 lines, the first of them again to the letter, and one without
    # customer and amount
    assert float(of_day[str(FIRST), "*", "size"]) == 16
    assert float(of_day[str(FIRST), "*", "duplicate_share"]) == pytest.approx(1 / 16)
    assert float(of_day[str(FIRST), "household_id", "completeness"]) == pytest.approx(15 / 16)
    assert float(of_day[str(FIRST), "sales_value", "sum"]) == 7 * 2.0 + 7 * 4.0 + 2.0
    assert {key for key in of_day if key[0] == str(days[2])} == {(str(days[2]), "*", "size")}


def test_a_day_measured_again_counts_once(shop_in: Callable[[str], Shop]) -> None:
    shop = shop_in("shop")
    for rows in (10, 12):
        shop.deliver(str(FIRST), *lines(FIRST, rows=rows))
        shop.run(str(FIRST), str(FIRST + timedelta(days=1)), "ingest")
    measured = metrics.read(shop.lake, "bronze_orders")
    assert measured[measured["metric"] == "size"]["value"].tolist() == [12.0]
