from tests.features.values import values_of
from tests.rows import expected


def test_recency_is_of_days_with_an_order() -> None:
    # 1 is the day before the as-of date; the newest row is not the first; goods taken back (a day
    # of 0 orders) are no order
    rows = """
        customer_id days_ago order_count
        yesterday   1        1
        regular     3        1
        regular     400      1
        regular     2        0
        regular     12       2
        returner    2        0
        returner    30       1
        returner    500      0
        no_order    5        0
    """
    assert values_of("days_since_last_order days_since_first_order", rows) == expected("""
        customer_id days_since_last_order days_since_first_order
        yesterday   1                     1
        regular     3                     400
        returner    30                    30
        no_order    -                     -
        nobody      -                     -
    """)
