"""What third parties say of a customer: the newest version of each, while it is valid, and nearer
before farther.
"""

import pytest

from jobs.gold.enrichments import attributes_as_of, gold_customer_enrichments, purchases_as_of
from tests.rows import actual, expected, given
from tests.tables import built

pytestmark = pytest.mark.usefixtures("small_plans")

TOLD = "as_of provider subject subject_id arrived_on valid_from valid_until is_deleted attributes\n"
BOUGHT = "as_of provider purchase_id customer_id purchase_date amount valid_until arrived_on\n"


def test_an_attribute_is_valid_from_its_first_to_its_last_day_both_inclusive() -> None:
    rows = (
        TOLD
        + """
        2017-02-01 atlas customer open         2017-01-01 -          -          false '{"a": 1}'
        2017-02-01 atlas customer first_day    2017-01-01 2017-02-01 -          false '{"a": 1}'
        2017-02-01 atlas customer day_too_soon 2017-01-01 2017-02-02 -          false '{"a": 1}'
        2017-02-01 atlas customer last_day     2017-01-01 -          2017-02-01 false '{"a": 1}'
        2017-02-01 atlas customer day_too_late 2017-01-01 -          2017-01-31 false '{"a": 1}'
        2017-02-01 atlas customer one_day      2017-01-01 2017-02-01 2017-02-01 false '{"a": 1}'
    """
    )
    assert actual(attributes_as_of(given(rows)), "subject_id valid_from valid_until") == expected("""
        subject_id valid_from valid_until
        open       -          -
        first_day  2017-02-01 -
        last_day   -          2017-02-01
        one_day    2017-02-01 2017-02-01
    """)


def test_the_newest_version_that_has_arrived_speaks_alone() -> None:
    # what a provider no longer says does not come back from an older version, also if the newer one
    # is not valid, withdrawn, or empty; the earlier as-of date knows the older version; another
    # provider, and a postcode of the same name, are things of their own
    rows = (
        TOLD
        + """
        2017-02-01 atlas customer 7     2017-01-01 - -          false '{"a": 1, "b": 2}'
        2017-02-01 atlas customer 7     2017-01-02 - -          false '{"a": 3, "b": null, "c": "x y"}'
        2017-01-02 atlas customer 7     2017-01-01 - -          false '{"a": 1}'
        2017-02-01 globe customer 7     2017-01-01 - -          false '{"a": 4}'
        2017-02-01 atlas postcode 7     2017-01-01 - -          false '{"a": 5}'
        2017-02-01 atlas customer over  2017-01-01 - -          false '{"a": 1}'
        2017-02-01 atlas customer over  2017-01-02 - 2017-01-15 false '{"a": 2}'
        2017-02-01 atlas customer gone  2017-01-01 - -          false '{"a": 1}'
        2017-02-01 atlas customer gone  2017-01-02 - -          true  -
        2017-02-01 atlas customer empty 2017-01-01 - -          false '{}'
    """
    )
    assert actual(
        attributes_as_of(given(rows)),
        "subject subject_id as_of provider attribute attribute_value received_on",
    ) == expected("""
        subject  subject_id as_of      provider attribute attribute_value received_on
        customer 7          2017-02-01 atlas    a         3               2017-01-02
        customer 7          2017-02-01 atlas    c         "x y"           2017-01-02
        customer 7          2017-01-02 atlas    a         1               2017-01-01
        customer 7          2017-02-01 globe    a         4               2017-01-01
        postcode 7          2017-02-01 atlas    a         5               2017-01-01
    """)


def test_purchases_elsewhere_are_counted_while_they_may_be_used() -> None:
    # of 7 the first may be used for good, the second until today, the third until yesterday; the
    # sum may be used as long as all of it; another provider and another as-of date are sums of
    # their own
    rows = (
        BOUGHT
        + """
        2017-02-01 cards  1 7 2017-01-03 10.5 -          2017-01-05
        2017-02-01 cards  2 7 2017-01-02 2    2017-02-01 2017-01-09
        2017-02-01 cards  3 7 2017-01-01 100  2017-01-31 2017-01-31
        2017-02-01 points 1 7 2017-02-01 0    2017-12-31 2017-01-06
        2017-02-01 points 2 7 2017-02-02 7    -          2017-01-06
        2017-01-31 cards  3 7 2017-01-01 100  2017-01-31 2017-01-31
    """
    )
    columns = (
        "as_of provider attribute attribute_value received_on valid_from valid_until matched_by"
    )
    assert actual(purchases_as_of(given(rows)), columns) == expected("""
        as_of      provider attribute                  attribute_value received_on valid_from valid_until matched_by
        2017-02-01 cards    outside_order_count        2               2017-01-09  2017-01-02 2017-02-01  customer
        2017-02-01 cards    outside_amount_sum         12.5            2017-01-09  2017-01-02 2017-02-01  customer
        2017-02-01 cards    outside_last_purchase_date 2017-01-03      2017-01-09  2017-01-02 2017-02-01  customer
        2017-02-01 points   outside_order_count        1               2017-01-06  2017-02-01 2017-12-31  customer
        2017-02-01 points   outside_amount_sum         0               2017-01-06  2017-02-01 2017-12-31  customer
        2017-02-01 points   outside_last_purchase_date 2017-02-01      2017-01-06  2017-02-01 2017-12-31  customer
        2017-01-31 cards    outside_order_count        1               2017-01-31  2017-01-01 2017-01-31  customer
        2017-01-31 cards    outside_amount_sum         100             2017-01-31  2017-01-01 2017-01-31  customer
        2017-01-31 cards    outside_last_purchase_date 2017-01-01      2017-01-31  2017-01-01 2017-01-31  customer
    """)


def test_what_is_said_of_the_customer_goes_before_what_is_said_of_their_postcode() -> None:
    # 7 moved from 10115 to 20095, and of both the income is told; 9 told no postcode; `urban` is
    # told of the postcode alone; 8 is in no shop's list of customers; what is said of a postcode
    # with the number of a customer is not said of the customer
    customers = given("""
        as_of      customer_id
        2017-02-01 7
        2017-02-01 8
        2017-02-01 9
    """)
    living = given("""
        as_of      customer_id arrived_on postcode is_deleted
        2017-02-01 7           2017-01-01 10115    false
        2017-02-01 7           2017-01-02 20095    false
        2017-02-01 9           2017-01-01 -        false
    """)
    attributes = given(
        TOLD
        + """
        2017-02-01 atlas postcode 10115 2017-01-01 -          -          false '{"income": "low", "flats": "many"}'
        2017-02-01 atlas postcode 20095 2017-01-01 -          2017-03-01 false '{"income": "high", "urban": "yes"}'
        2017-02-01 atlas customer 7     2017-01-03 2017-01-01 -          false '{"income": "very high"}'
        2017-02-01 globe postcode 20095 2017-01-01 -          -          false '{"income": "middle"}'
        2017-02-01 atlas postcode 8     2017-01-01 -          -          false '{"income": "low"}'
        2017-02-01 atlas customer 9     2017-01-01 -          -          false '{"income": "low"}'
        2017-02-01 atlas customer 20095 2017-01-01 -          -          false '{"rural": "no"}'
    """
    )
    bought = given(
        BOUGHT
        + """
        2017-02-01 cards 1 8    2017-01-03 10.5 - 2017-01-05
        2017-02-01 cards 2 none 2017-01-03 10.5 - 2017-01-05
    """
    )
    assert built(gold_customer_enrichments, customers, living, attributes, bought) == expected("""
        customer_id as_of      provider attribute                  attribute_value matched_by received_on valid_from valid_until
        7           2017-02-01 atlas    income                     "very high"     customer   2017-01-03  2017-01-01 -
        7           2017-02-01 atlas    urban                      yes             postcode   2017-01-01  -          2017-03-01
        7           2017-02-01 globe    income                     middle          postcode   2017-01-01  -          -
        9           2017-02-01 atlas    income                     low             customer   2017-01-01  -          -
        8           2017-02-01 cards    outside_order_count        1               customer   2017-01-05  2017-01-03 -
        8           2017-02-01 cards    outside_amount_sum         10.5            customer   2017-01-05  2017-01-03 -
        8           2017-02-01 cards    outside_last_purchase_date 2017-01-03      customer   2017-01-05  2017-01-03 -
    """)
