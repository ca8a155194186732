from tests.features.values import values_of
from tests.rows import expected


def test_gaps_between_order_days() -> None:
    # 6, 9 and 15 days ago: gaps of 3 and 6; returns before and after are no order; with one order
    # day there is no gap
    rows = """
        customer_id days_ago order_count
        regular     9        1
        regular     6        4
        regular     15       1
        regular     2        0
        regular     90       0
        twice       1        1
        twice       300      1
        once        5        3
        only_return 5        0
        only_return 9        0
    """
    assert values_of("days_between_orders silence_ratio", rows) == expected("""
        customer_id days_between_orders silence_ratio
        regular     4.5                 1.33333333
        twice       299                 0.00334448161
        once        -                   -
        only_return -                   -
        nobody      -                   -
    """)


def test_how_far_order_days_lie_from_their_middle() -> None:
    # 6, 9 and 15: the mean is 10, the squares 16, 1 and 25; 91 days ago counts, 92 does not
    rows = """
        customer_id days_ago order_count
        regular     9        1
        regular     6        4
        regular     15       1
        regular     2        0
        edges       1        1
        edges       91       1
        edges       92       1
        once        5        3
        only_return 5        0
        long_ago    92       1
    """
    assert values_of("order_day_spread", rows) == expected("""
        customer_id order_day_spread
        regular     3.74165739
        edges       45
        once        0
        only_return -
        long_ago    -
        nobody      -
    """)
