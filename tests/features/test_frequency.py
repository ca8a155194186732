from tests.features.values import values_of
from tests.rows import expected

# `edges` orders on the last day of each window and on the day before it; each number of orders is a
# power of 2, so a sum tells its days.
ROWS = """
    customer_id days_ago order_count
    edges       7        1
    edges       8        2
    edges       28       4
    edges       29       8
    edges       91       16
    edges       92       32
    edges       365      64
    edges       366      128
    yesterday   1        3
    long_ago    400      1
    returner    5        0
"""


def test_orders_of_each_window() -> None:
    assert values_of(
        "order_count order_count_7d order_count_28d order_count_91d order_count_365d", ROWS
    ) == expected("""
        customer_id order_count order_count_7d order_count_28d order_count_91d order_count_365d
        edges       255         1              7               31              127
        yesterday   3           3              3               3               3
        long_ago    1           0              0               0               0
        returner    0           0              0               0               0
        nobody      0           0              0               0               0
    """)


def test_days_with_an_order_however_many_orders_they_have() -> None:
    assert values_of(
        "order_days_7d order_days_28d order_days_91d order_days_365d", ROWS
    ) == expected("""
        customer_id order_days_7d order_days_28d order_days_91d order_days_365d
        edges       1             3              5              7
        yesterday   1             1              1              1
        long_ago    0             0              0              0
        returner    0             0              0              0
        nobody      0             0              0              0
    """)
