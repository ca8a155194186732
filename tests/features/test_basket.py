from tests.features.values import values_of
from tests.rows import expected


def test_amount_and_lines_of_an_order() -> None:
    # the window ends after 91 days; a return lowers the amount and adds no order; only returns, or
    # nothing in the window, is no order
    rows = """
        customer_id days_ago order_count line_count amount_sum
        regular     91       2           7          10
        regular     92       1           2          3.5
        returner    4        1           2          10
        returner    3        0           1          -4
        only_return 5        0           1          -4
        free        1        2           3          0
        long_ago    100      1           5          8
    """
    assert values_of("amount_per_order amount_per_order_91d", rows) == expected("""
        customer_id amount_per_order amount_per_order_91d
        regular     4.5              5
        returner    6                6
        only_return -                -
        free        0                0
        long_ago    8                -
        nobody      -                -
    """)
    assert values_of("lines_per_order lines_per_order_91d", rows) == expected("""
        customer_id lines_per_order lines_per_order_91d
        regular     3               3.5
        returner    3               3
        only_return -               -
        free        1.5             1.5
        long_ago    5               -
        nobody      -               -
    """)
