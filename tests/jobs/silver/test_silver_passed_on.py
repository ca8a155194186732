"""Silver tables that keep their mapped rows as they are, in the columns of their contract: each
version of a key is a row of its own.
"""

from collections.abc import Callable

import pytest
from pyspark.sql import DataFrame

from jobs.silver.enrichments import silver_enrichments, silver_outside_purchases
from jobs.silver.entities import (
    silver_campaign_customers,
    silver_coupons,
    silver_customers,
    silver_products,
)
from jobs.silver.events import silver_exchange_rates, silver_promotions, silver_redemptions
from tests.rows import expected, given
from tests.tables import built

pytestmark = pytest.mark.usefixtures("small_plans")

# 7 is delivered, delivered again and deleted: three days, three rows; of 8 nothing is told but that
# they are there
CUSTOMERS = """
    customer_id postcode demographic_age demographic_income demographic_home_ownership demographic_marital_status demographic_household_size demographic_household_composition demographic_children is_deleted arrived_on
    7           10115    45-54           50-74K             Homeowner                  Married                    2                          "2 Adults No Kids"                0                    false      2017-01-02
    7           20095    45-54           75-99K             Renter                     Single                     1                          "1 Adult No Kids"                 1                    false      2017-01-03
    7           -        -               -                  -                          -                          -                          -                                 -                    true       2017-01-04
    8           -        -               -                  -                          -                          -                          -                                 -                    false      2017-01-02
"""
# p changes its department, and is then withdrawn
PRODUCTS = """
    product_id manufacturer_id department brand    product_category product_type package_size is_deleted arrived_on
    p          69              GROCERY    National TEA              "GREEN TEA"  "20 CT"      false      2017-01-02
    p          69              DRUG       Private  TEA              "GREEN TEA"  "20 CT"      false      2017-01-03
    p          -               -          -        -                -            -            true       2017-01-04
"""
# one campaign reaches two customers, and one customer is reached by two
CAMPAIGNS = """
    campaign_id customer_id campaign_type start_date end_date   is_deleted arrived_on
    c           7           "Type A"      2017-01-02 2017-02-01 false      2017-01-02
    c           7           "Type A"      2017-01-02 2017-02-08 false      2017-01-03
    c           8           "Type A"      2017-01-02 2017-02-01 false      2017-01-02
    d           7           "Type B"      2017-01-02 2017-01-02 true       2017-01-02
"""
# a coupon of one campaign is good for two products, and the same coupon for one of them in another
# campaign
COUPONS = """
    coupon_id product_id campaign_id is_deleted arrived_on
    k         p          c           false      2017-01-02
    k         p          d           false      2017-01-02
    k         q          c           false      2017-01-02
    k         q          c           true       2017-01-03
    l         q          c           false      2017-01-02
"""
# what is told of a customer and of a postcode of the same number are two things; a provider repeats
# itself on the next day
ENRICHMENTS = """
    provider subject  subject_id attributes  valid_from valid_until is_deleted arrived_on
    atlas    customer 10115      '{"a": 1}'  2017-01-02 2017-01-31  false      2017-01-02
    atlas    postcode 10115      '{"a": 2}'  -          -           false      2017-01-02
    atlas    postcode 10115      '{"a": 3}'  -          -           true       2017-01-03
    globe    postcode 10115      '{"a": 4}'  -          -           false      2017-01-02
    globe    postcode 10117      '{"a": 4}'  -          -           false      2017-01-02
"""
# two providers number their purchases alike
OUTSIDE = """
    provider purchase_id customer_id purchase_date amount valid_until arrived_on
    cards    1           7           2017-01-01    10.5   2017-12-31  2017-01-02
    cards    2           7           2017-01-01    10.5   -           2017-01-02
    points   1           8           2017-01-02    0      -           2017-01-02
"""
RATES = """
    currency rate_date  exchange_rate arrived_on
    USD      2017-01-01 0.9           2017-01-02
    USD      2017-01-02 0.12345678    2017-01-02
    GBP      2017-01-01 1.2           2017-01-02
"""
# a coupon is redeemed twice by one customer on different days, for different campaigns, and by
# another customer
REDEMPTIONS = """
    customer_id coupon_id campaign_id redemption_date arrived_on
    7           k         c           2017-01-02      2017-01-02
    7           k         c           2017-01-03      2017-01-03
    7           k         d           2017-01-02      2017-01-02
    7           l         c           2017-01-02      2017-01-02
    8           k         c           2017-01-02      2017-01-02
"""
# one product is shown in two stores, in two places of one, in the mailer too, and in the next week
PROMOTIONS = """
    product_id store_id promotion_week display_location mailer_location arrived_on
    p          1        2017-01-02     0                A               2017-01-02
    p          1        2017-01-02     5                A               2017-01-02
    p          1        2017-01-02     0                D               2017-01-02
    p          1        2017-01-09     0                A               2017-01-09
    p          2        2017-01-02     0                A               2017-01-02
    q          1        2017-01-02     0                A               2017-01-02
"""


@pytest.mark.parametrize(
    ("function", "rows"),
    [
        (silver_customers, CUSTOMERS),
        (silver_products, PRODUCTS),
        (silver_campaign_customers, CAMPAIGNS),
        (silver_coupons, COUPONS),
        (silver_enrichments, ENRICHMENTS),
        (silver_outside_purchases, OUTSIDE),
        (silver_exchange_rates, RATES),
        (silver_redemptions, REDEMPTIONS),
        (silver_promotions, PROMOTIONS),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_mapped_rows_are_kept_as_they_are(function: Callable[..., DataFrame], rows: str) -> None:
    assert built(function, given(rows)) == expected(rows)
