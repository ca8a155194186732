"""Labels of a few customers, and from when on they are there."""

from datetime import date

import pytest
from pyspark.sql import functions as F

from jobs.features.labels import features_labels
from jobs.stages.pipeline import declare_tables
from lakehouse.base.run import Run
from lakehouse.build.reading import seen
from lakehouse.contract.table import TABLES
from tests.rows import actual, expected, given

pytestmark = pytest.mark.usefixtures("small_plans")

# As of 2017-01-10 the window is [01-10, 02-07): day 0 is the 10th, day 27 is 02-06, and 02-07 lies
# behind it. The kernel gives the days of the window, each with its as-of date; the customers of the
# snapshot have ordered before, but for `new`.
CUSTOMERS = """
    customer_id as_of      order_count
    first_day   2017-01-10 1
    last_day    2017-01-10 5
    returned    2017-01-10 2
    away        2017-01-10 9
    new         2017-01-10 0
"""
DAYS = """
    customer_id as_of      order_date order_count
    first_day   2017-01-10 2017-01-10 1
    last_day    2017-01-10 2017-02-06 1
    returned    2017-01-10 2017-01-20 0
    new         2017-01-10 2017-01-11 1
"""


# Coupons redeemed in the same window; day 28 is 02-07.
REDEEMED = """
    customer_id as_of      redemption_date campaign_id
    first_day   2017-01-10 2017-01-10      b
    first_day   2017-01-10 2017-02-06      a
    first_day   2017-01-10 2017-02-06      a
    away        2017-01-10 2017-01-20      -
"""
NONE = "customer_id as_of redemption_date campaign_id"
CHURN_28 = "customer_id as_of is_churned_28d known_until"


def labels(
    customers: str, days: str, orders: date | None, redeemed: str = NONE, columns: str = CHURN_28
) -> list[list[str | None]]:
    """The labels, orders and redemptions known until the same day."""
    frame = features_labels(given(customers), given(days), given(redeemed), orders, orders)
    return actual(frame, columns)


def test_an_order_from_the_as_of_day_to_day_27_is_no_churn_and_a_return_alone_is_no_order() -> None:
    # `new` had no order before the date: nobody who could be lost
    assert labels(CUSTOMERS, DAYS, date(2017, 2, 7)) == expected("""
        customer_id as_of      is_churned_28d known_until
        first_day   2017-01-10 false          2017-02-07
        last_day    2017-01-10 false          2017-02-07
        returned    2017-01-10 true           2017-02-07
        away        2017-01-10 true           2017-02-07
    """)


def test_each_label_has_days_of_its_own() -> None:
    # day 28 is no part of the shorter window; day 90 is the last of the longer, 91 behind it
    days = """
        customer_id as_of      order_date order_count
        first_day   2017-01-10 2017-02-07 1
        last_day    2017-01-10 2017-04-10 1
        returned    2017-01-10 2017-04-11 1
    """
    columns = "customer_id is_churned_28d is_churned_91d is_churned_91d_known_until"
    assert labels(CUSTOMERS, days, date(2017, 4, 11), columns=columns) == expected("""
        customer_id is_churned_28d is_churned_91d is_churned_91d_known_until
        first_day   true           false          2017-04-11
        last_day    true           false          2017-04-11
        returned    true           true           2017-04-11
        away        true           true           2017-04-11
    """)
    assert labels(CUSTOMERS, days, date(2017, 4, 10), columns=columns)[1:] == [
        [who, "true", None, "2017-04-10"] for who in ("away", "first_day", "last_day", "returned")
    ]


def test_campaigns_are_those_of_which_a_coupon_was_redeemed_each_once() -> None:
    columns = "customer_id redeemed_campaigns_28d redeemed_campaigns_28d_known_until"
    assert labels(CUSTOMERS, DAYS, date(2017, 2, 7), REDEEMED, columns) == expected("""
        customer_id redeemed_campaigns_28d redeemed_campaigns_28d_known_until
        first_day   a,b                    2017-02-07
        last_day    ""                     2017-02-07
        returned    ""                     2017-02-07
        away        ""                     2017-02-07
    """)


def test_the_kernel_shows_the_longest_window_without_the_day_behind_it() -> None:
    declare_tables()
    days = given("""
        customer_id order_date order_count
        before      2017-01-09 1
        first_day   2017-01-10 1
        day_90      2017-04-10 1
        day_91      2017-04-11 1
    """)
    run = Run("any_shop", date(2017, 1, 1), date(2017, 1, 2), (date(2017, 1, 10),))
    reads = TABLES["features_labels"].reads
    inside = seen(days, run, "silver_customer_days", reads["silver_customer_days"])
    assert actual(inside, "customer_id as_of") == expected("""
        customer_id as_of
        first_day   2017-01-10
        day_90      2017-01-10
    """)
    assert reads["silver_redemptions"].days == 28, "no longer than its own labels"


def test_no_label_is_there_before_its_window_is_over_not_even_of_those_who_have_ordered() -> None:
    # orders are known until 02-06, exclusive: the last day of the window is not among them
    assert labels(CUSTOMERS, DAYS, date(2017, 2, 6)) == expected("""
        customer_id as_of      is_churned_28d known_until
        first_day   2017-01-10 -              2017-02-06
        last_day    2017-01-10 -              2017-02-06
        returned    2017-01-10 -              2017-02-06
        away        2017-01-10 -              2017-02-06
    """)


def test_each_date_has_a_window_of_its_own_and_without_a_delivery_there_is_no_label() -> None:
    customers = """
        customer_id as_of      order_count
        7           2017-01-10 1
        7           2017-01-11 1
    """
    none = "customer_id as_of order_date order_count"
    assert labels(customers, none, date(2017, 2, 7)) == expected("""
        customer_id as_of      is_churned_28d known_until
        7           2017-01-10 true           2017-02-07
        7           2017-01-11 -              2017-02-07
    """)
    columns = "as_of is_churned_28d known_until redeemed_campaigns_28d"
    assert labels(customers, none, None, columns=columns) == expected("""
        as_of      is_churned_28d known_until redeemed_campaigns_28d
        2017-01-10 -              -           -
        2017-01-11 -              -           -
    """)


def test_the_check_wants_a_label_exactly_where_its_window_is_over() -> None:
    rows = given("""
        customer_id as_of      is_churned_28d known_until
        over        2017-01-10 true           2017-02-07
        open        2017-01-10 -              2017-02-06
        unknown     2017-01-10 -              -
        missing     2017-01-10 -              2017-02-07
        early       2017-01-10 false          2017-02-06
        guessed     2017-01-10 false          -
    """)
    check = TABLES["features_labels"].checks[0]
    assert actual(rows.where(~F.expr(check.condition)), "customer_id") == [
        ["customer_id"],
        ["early"],
        ["guessed"],
        ["missing"],
    ]
