"""Whole runs of small shops: prices that are barcodes, instants that are none, and expressions that
raise.
"""

from collections.abc import Callable

import pytest

from lakehouse.quality import metrics
from tests.shops import Shop

DAY, NEXT = "2020-03-02", "2020-03-03"
SHOP = """
zone: UTC
currency: EUR
first_day: 2020-03-01
sources:
  orders:
    format: csv
    delivery: daily
    columns: [who, number, day, at, paid]
    event_date: order_date
    refused_share: 1
    mapping:
      customer_id: who
      order_id: number
      line_id: number
      order_date: to_date(day)
      amount: paid
      ordered_at: at
"""
LINES = [
    "7,o1,2020-03-02,2020-03-02 10:00:00,1.50",
    "7,o2,2020-03-02,n/a,1.00",  # no instant: of this row alone something is wrong
    # an EAN-13 as the price: it fits its column, thirty of them do not
    "7,o3,2020-03-02,,4006381333931",
    "7,o4,2020-03-02,,40063813339310000",  # larger than its column
    "7,o5,02.03.2020,,1.00",  # to_date raises
    "8,o6,2020-03-02,,2.00",
]
REASONS = {
    2: ["ordered_at: 'n/a' is not a timestamp"],
    3: ["amount: '4006381333931.0000' is too large, it must be below 10,000,000,000 in size"],
    4: [
        "amount: '40063813339310000' is too large, the most is 99999999999999.9999",
        "amount is missing or cannot be read",
    ],
    5: [
        "order_date: `to_date(day)` cannot be computed of day '02.03.2020'; "
        "try_cast, try_to_timestamp and try_divide give null for a text that cannot be read",
        "order_date is missing or cannot be read",
    ],
}


def test_each_wrong_value_rejects_its_row_and_no_run_and_sums_stay_exact(
    shop_in: Callable[..., Shop],
) -> None:
    shop = shop_in("shop", SHOP)
    # their sum needs fifteen digits
    barcodes = [f"9,b{n},2020-03-02,,4006381333931" for n in range(30)]
    shop.write(
        f"orders/{DAY}/orders.csv",
        "\n".join(["who,number,day,at,paid", *LINES, *barcodes, ""]).encode(),
    )
    shop.run(DAY, NEXT, "ingest", "silver", "features")
    assert shop.rows("silver_order_lines", "order_id", "amount") == [
        ("o1", "1.5000"),
        ("o6", "2.0000"),
    ]
    reasons = {
        row["source_line"] - 1: row["reasons"]
        for row in shop.records("silver_order_lines_quarantine")
    }
    assert {number: reasons[number] for number in REASONS} == REASONS
    assert len(reasons) == len(REASONS) + len(barcodes)
    assert shop.rows("silver_customer_days", "customer_id", "amount_sum") == [
        ("7", "1.5000"),
        ("8", "2.0000"),
    ]
    assert shop.rows("features_customers", "customer_id", "amount_sum") == [
        ("7", "1.5000"),
        ("8", "2.0000"),
    ]
    messages = {
        row["check_name"]: row["expected"]
        for row in shop.records("ops_checks")
        if row["table_name"] == "silver_order_lines"
    }
    assert (
        messages["complete(product_id)"]
        == messages["joins(product_id, silver_products)"]
        == "not applied: product_id is not mapped"
    )
    assert messages["below_in_size(quantity, 10000000000)"] == "not applied: quantity is not mapped"
    measured = metrics.read(shop.lake, "bronze_orders").set_index(["column_name", "metric"])[
        "value"
    ]
    assert measured["at", "bucket_2"] == pytest.approx(1), (
        "of the instants that are ones, at 10 o'clock"
    )
