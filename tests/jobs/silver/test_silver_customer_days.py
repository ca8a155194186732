"""The tile of customers and days, by hand from a few lines; the shop is in New York: 22:00 UTC is
17 o'clock there in winter.
"""

import pytest

from jobs.silver.events import silver_customer_days
from tests.rows import conf, expected, given
from tests.tables import built

PRICES = [
    f"cast({price} as decimal(18,4)) AS {name}"
    for name, price in (("amount", 1), ("discount", 0), ("coupon_discount", 0))
]
pytestmark = pytest.mark.usefixtures("small_plans")


def test_orders_lines_and_sums_of_a_day() -> None:
    lines = """
        customer_id order_date order_id amount discount coupon_discount is_return ordered_at
        two_orders  2017-01-02 o1       10     1        0.5             false     "2017-01-02 15:00:00"
        two_orders  2017-01-02 o1       20     -        -               false     "2017-01-02 15:00:00"
        two_orders  2017-01-02 o2       30     2        0.25            -         "2017-01-02 16:00:00"
        two_orders  2017-01-03 o3       5      -        -               false     "2017-01-03 15:00:00"
        taken_back  2017-01-02 o4       -7     -1       -               true      "2017-01-02 15:00:00"
        exchanged   2017-01-02 o5       -7     -        -               true      "2017-01-02 15:00:00"
        exchanged   2017-01-02 o5       9      -        -               false     "2017-01-02 15:00:00"
        unpriced    2017-01-02 o6       -      -        -               false     "2017-01-02 15:00:00"
        as_o1       2017-01-02 o1       1      -        -               false     "2017-01-02 15:00:00"
    """
    assert built(silver_customer_days, given(lines), conf()) == expected("""
        customer_id order_date order_count line_count amount_sum discount_sum coupon_discount_sum order_hour_sum evening_order_count
        two_orders  2017-01-02 2           3          60         3            0.75                21             0
        two_orders  2017-01-03 1           1          5          0            0                   10             0
        taken_back  2017-01-02 0           1          -7         -1           0                   -              -
        exchanged   2017-01-02 1           2          2          0            0                   10             0
        unpriced    2017-01-02 1           1          0          0            0                   10             0
        as_o1       2017-01-02 1           1          1          0            0                   10             0
    """)


def test_an_evening_begins_at_17_in_the_tenants_zone_and_an_order_has_the_hour_of_its_first_line() -> (
    None
):
    # in July New York is four hours behind UTC, not five; 04:59 UTC is the hour 23 of the day
    # before
    lines = """
        customer_id   order_date order_id is_return ordered_at
        at_16_59      2017-01-02 o1       false     "2017-01-02 21:59:59"
        at_17         2017-01-02 o2       false     "2017-01-02 22:00:00"
        summer_16_59  2017-07-03 o3       false     "2017-07-03 20:59:59"
        summer_17     2017-07-03 o4       false     "2017-07-03 21:00:00"
        after_23      2017-01-02 o5       false     "2017-01-03 04:59:00"
        slow          2017-01-02 o6       false     "2017-01-02 22:00:00"
        slow          2017-01-02 o6       false     "2017-01-02 21:59:00"
        back_earlier  2017-01-02 o7       true      "2017-01-02 15:00:00"
        back_earlier  2017-01-02 o7       false     "2017-01-02 23:00:00"
        twice         2017-01-02 o8       false     "2017-01-02 15:00:00"
        twice         2017-01-02 o9       -         "2017-01-02 23:00:00"
    """
    rows = given(lines).selectExpr("*", *PRICES)
    assert built(
        silver_customer_days, rows, conf(), columns="customer_id order_hour_sum evening_order_count"
    ) == expected("""
        customer_id   order_hour_sum evening_order_count
        at_16_59      16             0
        at_17         17             1
        summer_16_59  16             0
        summer_17     17             1
        after_23      23             1
        slow          16             0
        back_earlier  18             1
        twice         28             1
    """)


def test_orders_without_an_hour_count_in_no_evening() -> None:
    # where no order of the day tells its time, nobody knows whether one was placed in the evening;
    # where one does, it alone counts
    lines = """
        customer_id order_date order_id is_return ordered_at
        untold      2017-01-02 o1       false     -
        one_told    2017-01-02 o2       false     -
        one_told    2017-01-02 o3       false     "2017-01-02 22:30:00"
        half_told   2017-01-02 o4       false     -
        half_told   2017-01-02 o4       false     "2017-01-02 15:30:00"
    """
    rows = given(lines).selectExpr("*", *PRICES)
    columns = "customer_id order_count order_hour_sum evening_order_count"
    assert built(silver_customer_days, rows, conf(), columns=columns) == expected("""
        customer_id order_count order_hour_sum evening_order_count
        untold      1           -              -
        one_told    2           17             1
        half_told   1           10             0
    """)
