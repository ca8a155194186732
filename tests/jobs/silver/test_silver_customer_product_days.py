"""The tile of customers, products and days, by hand from a few lines."""

import pytest

from jobs.silver.events import silver_customer_product_days
from tests.rows import expected, given
from tests.tables import built

pytestmark = pytest.mark.usefixtures("small_plans")


def test_orders_units_and_amount_of_each_product_and_day() -> None:
    # o1 has tea on two lines and o2 on one: two orders; bread came back in o2 and was bought in
    # none; a line without a product is in no row; a line that does not say whether it is a return
    # is none; the next day and the next customer are rows of their own
    lines = """
        customer_id product_id order_date order_id quantity amount is_return
        7           tea        2017-01-02 o1       1        3      false
        7           tea        2017-01-02 o1       2        6      false
        7           tea        2017-01-02 o2       0.5      1.5    -
        7           bread      2017-01-02 o2       -1       -2     true
        7           -          2017-01-02 o2       1        9      false
        7           tea        2017-01-03 o3       1        3      false
        8           tea        2017-01-02 o4       -        7      false
        8           tea        2017-01-02 o5       -1       -3     true
    """
    assert built(silver_customer_product_days, given(lines)) == expected("""
        customer_id product_id order_date order_count quantity amount_sum
        7           tea        2017-01-02 2           3.5      10.5
        7           bread      2017-01-02 0           -1       -2
        7           tea        2017-01-03 1           1        3
        8           tea        2017-01-02 1           -1       4
    """)


def test_a_day_whose_lines_tell_no_units_has_none() -> None:
    lines = """
        customer_id product_id order_date order_id quantity amount is_return
        7           tea        2017-01-02 o1       -        3      false
    """
    assert built(silver_customer_product_days, given(lines)) == expected("""
        customer_id product_id order_date order_count quantity amount_sum
        7           tea        2017-01-02 1           -        3
    """)
