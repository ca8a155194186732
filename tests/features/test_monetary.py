from tests.features.values import values_of
from tests.rows import expected


def test_spending_of_each_window() -> None:
    # powers of 2 on the edges of the windows; returns lower the sum, to nothing and below; without
    # rows in a window nothing was spent
    rows = """
        customer_id days_ago amount_sum
        edges       7        1.0001
        edges       8        2
        edges       28       4
        edges       29       8
        edges       91       16
        edges       92       32
        edges       365      64
        edges       366      128
        cancelled   2        10.5
        cancelled   1        -10.5
        returner    3        -4
        long_ago    400      9.99
    """
    assert values_of(
        "amount_sum amount_sum_7d amount_sum_28d amount_sum_91d amount_sum_365d", rows
    ) == expected("""
        customer_id amount_sum amount_sum_7d amount_sum_28d amount_sum_91d amount_sum_365d
        edges       255.0001   1.0001        7.0001         31.0001        127.0001
        cancelled   0          0             0              0              0
        returner    -4         -4            -4             -4             -4
        long_ago    9.99       0             0              0              0
        nobody      0          0             0              0              0
    """)
