"""Order lines: returns told or not, and amounts of other currencies in the tenant's own."""

import pytest

from jobs.silver.events import in_tenant_currency, silver_order_lines
from settings.model import Settings
from tests.rows import actual, conf, expected, given
from tests.tables import built, delivered

pytestmark = pytest.mark.usefixtures("small_plans")

# 0.9 from the 10th, 0.8 from the 20th on; a rate of the tenant's own currency must change nothing
RATES = """
    currency rate_date  exchange_rate arrived_on
    USD      2017-01-10 0.9           2017-01-10
    USD      2017-01-20 0.8           2017-01-20
    GBP      2017-01-10 1.2           2017-01-10
    EUR      2017-01-01 7             2017-01-01
"""


def in_euros() -> Settings:
    """A shop in euros whose order lines say their currency."""
    orders = conf().tenant.sources["orders"]
    mapped = orders.model_copy(update={"mapping": {**orders.mapping, "currency": "waehrung"}})
    return conf(currency="EUR", sources={"orders": mapped})


def test_a_shop_of_one_currency_keeps_its_amounts_and_a_line_is_a_return_only_if_told() -> None:
    rows = """
        order_id line_id product_id order_date amount discount coupon_discount is_return
        o1       1       p          2017-01-10 10     1        2               -
        o1       2       p          2017-01-10 -10    -1       -2              true
        o1       3       p          2017-01-10 0      -        -               false
    """
    lines = delivered(silver_order_lines, rows)
    kept = built(
        silver_order_lines,
        lines,
        given(RATES),
        conf(),
        columns="order_id line_id amount is_return currency exchange_rate",
    )
    assert kept == expected("""
        order_id line_id amount is_return currency exchange_rate
        o1       1       10     false     -        -
        o1       2       -10    true      -        -
        o1       3       0      false     -        -
    """)


def test_every_column_of_a_line_is_kept() -> None:
    rows = """
        order_id line_id customer_id product_id store_id ordered_at            order_date quantity amount discount coupon_discount is_return currency exchange_rate arrived_on
        o1       1       7           p          s1       "2017-01-10 09:00:00" 2017-01-10 3        10     1        2               false     -        -             2017-01-11
    """
    assert built(
        silver_order_lines, delivered(silver_order_lines, rows), given(RATES), conf()
    ) == expected(rows)


# from the day before the first rate on, which a rule rejects for want of one, to long after the
# last
LINES = """
    line_id currency order_date amount discount coupon_discount
    before  USD      2017-01-09 10     1        2
    first   USD      2017-01-10 10     1        2
    last    USD      2017-01-19 10     1        2
    next    USD      2017-01-20 10     1        2
    after   USD      2017-12-31 10     1        2
    other   GBP      2017-01-20 10     -        -
    own     EUR      2017-01-20 10     1        2
    untold  -        2017-01-20 10     1        2
    unknown CHF      2017-01-20 10     1        2
    round   USD      2017-01-10 0.0007 -        -
"""


def test_the_rate_of_the_day_is_the_last_one_at_or_before_it() -> None:
    lines = (
        delivered(silver_order_lines, LINES).fillna("o", ["order_id"]).fillna("p", ["product_id"])
    )
    columns = "line_id currency exchange_rate amount discount coupon_discount is_return"
    assert built(silver_order_lines, lines, given(RATES), in_euros(), columns=columns) == expected("""
        line_id currency exchange_rate amount discount coupon_discount is_return
        before  USD      -             10     1        2               false
        first   USD      0.9           9      0.9      1.8             false
        last    USD      0.9           9      0.9      1.8             false
        next    USD      0.8           8      0.8      1.6             false
        after   USD      0.8           8      0.8      1.6             false
        other   GBP      1.2           12     -        -               false
        own     EUR      1             10     1        2               false
        untold  EUR      1             10     1        2               false
        unknown CHF      -             10     1        2               false
        round   USD      0.9           0.0006 -        -               false
    """)


def test_without_a_rate_only_the_own_currency_has_one() -> None:
    rows = """
        line_id currency order_date amount discount coupon_discount exchange_rate
        usd     USD      2017-01-20 10     1        2               -
        own     EUR      2017-01-20 10     1        2               -
    """
    none = given("currency rate_date exchange_rate arrived_on")
    shown = actual(
        in_tenant_currency(given(rows), none, in_euros()), "line_id currency exchange_rate amount"
    )
    assert shown == expected("""
        line_id currency exchange_rate amount
        usd     USD      -             10
        own     EUR      1             10
    """)
