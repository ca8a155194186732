"""Weekly numbers by hand; 2017-01-02 is a Monday."""

import pytest

from jobs.gold.kpis import gold_kpis, lost
from tests.rows import actual, expected, given
from tests.tables import built

pytestmark = pytest.mark.usefixtures("small_plans")


def test_orders_new_and_returning_customers_of_each_week() -> None:
    # the 1st is the last day of its week and the 8th of the next; `back` only takes goods back at
    # first, so their first order is new on the 9th; `stays` orders twice in one week; in the last
    # week nobody orders; the earlier as-of date knows one day
    rows = """
        as_of      customer_id order_date order_count amount_sum
        2017-01-02 early       2017-01-01 1           10
        2017-01-18 early       2017-01-01 1           10
        2017-01-18 early       2017-01-02 2           30
        2017-01-18 stays       2017-01-02 1           5
        2017-01-18 stays       2017-01-08 1           5
        2017-01-18 back        2017-01-03 0           -4
        2017-01-18 back        2017-01-09 1           8
        2017-01-18 only_back   2017-01-16 0           -3
    """
    assert built(gold_kpis, given(rows)) == expected("""
        as_of      week_start active_customers order_count amount_sum amount_per_order repeat_rate new_customers lost_customers
        2017-01-02 2016-12-26 1                1           10         10               0           1             0
        2017-01-18 2016-12-26 1                1           10         10               0           1             0
        2017-01-18 2017-01-02 2                4           36         9                0.5         1             0
        2017-01-18 2017-01-09 1                1           8          8                0           1             0
        2017-01-18 2017-01-16 0                0           -3         -                -           0             0
    """)


def test_a_week_in_which_nobody_came_is_there_when_somebody_was_lost_in_it() -> None:
    # taking goods back is no order: the 28th day after the 2nd is the 30th
    rows = """
        as_of      customer_id order_date order_count amount_sum
        2017-02-01 7           2017-01-02 1           10
        2017-02-01 7           2017-01-20 0           -10
    """
    assert built(
        gold_kpis,
        given(rows),
        columns="week_start active_customers amount_sum repeat_rate lost_customers",
    ) == expected("""
        week_start active_customers amount_sum repeat_rate lost_customers
        2017-01-02 1                10         0           0
        2017-01-16 0                -10        -           0
        2017-01-30 0                0          -           1
    """)


@pytest.mark.parametrize(
    ("days", "weeks"),
    [
        ("2017-01-02 2017-01-29", ""),  # back after 26 days without an order
        ("2017-01-02 2017-01-30", ""),  # back on the 28th day, after 27 without
        ("2017-01-02 2017-01-31", "2017-01-30"),  # the 30th was the 28th day without
        ("2017-01-02", "2017-01-30"),  # a Monday
        ("2017-01-01", "2017-01-23"),  # a Sunday: the last day of its week
        ("2017-01-03", "2017-01-30"),  # the day before the as-of date is the 28th, and it is over
        ("2017-01-04", ""),  # the as-of date itself is the 28th, and nobody knows it yet
        ("2016-11-01 2016-12-15", "2016-11-28 2017-01-09"),  # lost, back and lost again
    ],
)
def test_a_customer_is_lost_on_the_28th_day_without_an_order(days: str, weeks: str) -> None:
    order_days = given(
        "customer_id as_of order_date\n" + "\n".join(f"7 2017-02-01 {day}" for day in days.split())
    )
    rows = "\n".join(f"{week} 1" for week in weeks.split())
    assert actual(lost(order_days), "week_start lost_customers") == expected(
        "week_start lost_customers\n" + rows
    )


def test_customers_lost_in_a_week_are_counted_by_as_of_date() -> None:
    # 7 and 8 are lost in one week, which the earlier as-of date knows of 7 alone; what 7 did does
    # not end the silence of 8
    order_days = given("""
        as_of      customer_id order_date
        2017-01-31 7           2017-01-02
        2017-01-31 8           2017-01-03
        2017-02-01 7           2017-01-02
        2017-02-01 8           2017-01-03
    """)
    assert actual(lost(order_days), "as_of week_start lost_customers") == expected("""
        as_of      week_start lost_customers
        2017-01-31 2017-01-30 1
        2017-02-01 2017-01-30 2
    """)
