"""Profiles: first and last day of an order, and the department a customer spends most in."""

import pytest

from jobs.gold.profiles import favourite_departments, gold_customer_profiles
from jobs.silver.entities import DEMOGRAPHICS
from tests.rows import actual, expected, given
from tests.tables import built

pytestmark = pytest.mark.usefixtures("small_plans")

# tea changed its department, gone was withdrawn, and of blank and void nobody says which department
# they are in
PRODUCTS = """
    as_of      product_id arrived_on department is_deleted
    2017-02-01 tea        2017-01-01 GROCERY    false
    2017-02-01 tea        2017-01-09 DRINKS     false
    2017-02-01 bread      2017-01-01 BAKERY     false
    2017-02-01 cake       2017-01-01 BAKERY     -
    2017-02-01 void       2017-01-01 -          false
    2017-02-01 blank      2017-01-01 " "        false
    2017-02-01 gone       2017-01-01 GROCERY    false
    2017-02-01 gone       2017-01-02 -          true
    2017-01-05 tea        2017-01-01 GROCERY    false
    2017-01-05 bread      2017-01-01 BAKERY     false
"""


def test_the_favourite_department_is_the_one_with_the_highest_spending() -> None:
    # what counts is money, not days, over all products of a department; equal ones go by name; a
    # product that nobody knows, that was withdrawn or that has no department is in none; the
    # earlier as-of date knows tea by its older department
    bought = given("""
        as_of      customer_id product_id order_date amount_sum
        2017-02-01 money       tea        2017-01-02 9
        2017-02-01 money       bread      2017-01-02 4
        2017-02-01 money       bread      2017-01-03 4
        2017-02-01 sums        tea        2017-01-02 9
        2017-02-01 sums        bread      2017-01-02 5
        2017-02-01 sums        cake       2017-01-03 5
        2017-02-01 equal       tea        2017-01-02 5
        2017-02-01 equal       bread      2017-01-02 5
        2017-02-01 unnamed     void       2017-01-02 9
        2017-02-01 unnamed     tea        2017-01-02 1
        2017-02-01 nothing     void       2017-01-02 9
        2017-02-01 nothing     blank      2017-01-02 9
        2017-02-01 nothing     gone       2017-01-02 9
        2017-02-01 nothing     unknown    2017-01-02 9
        2017-01-05 money       tea        2017-01-02 9
    """)
    assert actual(
        favourite_departments(bought, given(PRODUCTS)), "customer_id as_of favourite_department"
    ) == expected("""
        customer_id as_of      favourite_department
        money       2017-02-01 DRINKS
        sums        2017-02-01 BAKERY
        equal       2017-02-01 BAKERY
        unnamed     2017-02-01 DRINKS
        money       2017-01-05 GROCERY
    """)


def test_a_profile_is_what_features_segments_and_scores_say_of_the_customer() -> None:
    # yesterday's buyer ordered last on the day before the as-of date; who never ordered has neither
    # day nor department
    features = given("""
        as_of      customer_id days_since_first_order days_since_last_order order_count amount_sum order_count_91d amount_sum_91d
        2017-02-01 7           31                     1                     9           90.5       4               40.5
        2017-02-01 8           -                      -                     0           0          0               0
    """).selectExpr(
        "*", *(f"'{number}' AS {name}" for number, name in enumerate(DEMOGRAPHICS.split()))
    )
    segments = given("""
        as_of      customer_id rfm_segment micro_segment
        2017-02-01 7           champions   steady
        2017-02-01 8           no_orders   -
    """)
    scores = given("""
        as_of      customer_id churn_probability churn_decile reason_1 reason_2 reason_3 score_status
        2017-02-01 7           0.25              3            r1       r2       r3       scored
        2017-02-01 8           -                 -            -        -        -        no_history
    """)
    bought = given("""
        as_of      customer_id product_id order_date amount_sum
        2017-02-01 7           bread      2017-01-02 90.5
    """)
    demographics = "0                   1                      2                          3                          4                          5                                 6"
    assert built(
        gold_customer_profiles, features, segments, scores, bought, given(PRODUCTS)
    ) == expected(f"""
        customer_id as_of first_order_date last_order_date days_since_last_order order_count amount_sum order_count_91d amount_sum_91d favourite_department rfm_segment micro_segment churn_probability churn_decile reason_1 reason_2 reason_3 score_status {DEMOGRAPHICS}
        7 2017-02-01 2017-01-01 2017-01-31 1 9 90.5 4 40.5 BAKERY champions steady 0.25 3 r1 r2 r3 scored {demographics}
        8 2017-02-01 - - - 0 0 0 0 - no_orders - - - - - - no_history {demographics}
    """)
