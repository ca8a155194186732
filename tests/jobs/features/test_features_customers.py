"""Who is a customer as of a date, and what their features are made of: a few rows of each
source.
"""

from datetime import date

import pytest
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from features.declaring import declared
from jobs.features.customers import (
    aggregated,
    features_customers,
    filled,
    last_version,
    newest_version,
    with_days_ago,
    with_product,
    without_deleted,
)
from jobs.stages.pipeline import declare_tables
from lakehouse.base.run import Run
from lakehouse.build.reading import seen
from lakehouse.contract.columns import column
from lakehouse.contract.reads import Read
from lakehouse.contract.table import TABLES
from tests.rows import actual, expected, given

pytestmark = pytest.mark.usefixtures("small_plans")
declare_tables()

PRODUCTS = """
    product_id arrived_on as_of      is_deleted department
    milk       2017-01-01 2017-01-03 false      old
    milk       2017-01-01 2017-01-09 false      old
    milk       2017-01-05 2017-01-09 false      new
    gone       2017-01-01 2017-01-09 false      sold
    gone       2017-01-05 2017-01-09 true       -
    back       2017-01-01 2017-01-09 true       -
    back       2017-01-05 2017-01-09 false      again
    silent     2017-01-01 2017-01-09 -          said
"""  # silent: a shop that never says whether something is deleted


def of_table(table: str, text: str, *as_ofs: str) -> DataFrame:
    """The rows with all columns of the table, null where the text has none; as its history as of
    the dates, if some are given.
    """
    frame = given(text)
    whole = frame.withColumns(
        {
            c: F.lit(None).cast(column(c).type)
            for c in TABLES[table].columns
            if c not in frame.columns
        }
    )
    if not as_ofs:
        return whole
    dates = tuple(map(date.fromisoformat, as_ofs))
    return seen(whole, Run("shop", date(2017, 1, 1), max(dates), dates), table, Read("history"))


def test_the_newest_version_of_what_is_not_deleted_by_as_of_date() -> None:
    assert actual(
        newest_version(given(PRODUCTS), "product_id"), "product_id as_of department arrived_on"
    ) == expected("""
        product_id as_of      department arrived_on
        back       2017-01-09 again      2017-01-05
        milk       2017-01-03 old        2017-01-01
        milk       2017-01-09 new        2017-01-05
        silent     2017-01-09 said       2017-01-01
    """)


def test_the_last_version_may_be_a_deletion() -> None:
    assert actual(
        last_version(given(PRODUCTS), "product_id"), "product_id as_of is_deleted"
    ) == expected("""
        product_id as_of      is_deleted
        back       2017-01-09 false
        gone       2017-01-09 true
        milk       2017-01-03 false
        milk       2017-01-09 false
        silent     2017-01-09 -
    """)


def test_a_key_of_two_columns_has_a_version_for_each_pair() -> None:
    reached = given("""
        campaign_id customer_id arrived_on as_of      is_deleted
        spring      a           2017-01-01 2017-01-09 false
        spring      b           2017-01-02 2017-01-09 false
        summer      a           2017-01-03 2017-01-09 true
        summer      a           2017-01-04 2017-01-09 false
    """)
    assert actual(
        newest_version(reached, "campaign_id", "customer_id"), "campaign_id customer_id arrived_on"
    ) == expected("""
        campaign_id customer_id arrived_on
        spring      a           2017-01-01
        spring      b           2017-01-02
        summer      a           2017-01-04
    """)


def test_every_version_is_left_of_what_is_there_and_none_of_what_is_deleted() -> None:
    assert actual(
        without_deleted(given(PRODUCTS), "product_id"), "product_id as_of arrived_on"
    ) == expected("""
        product_id as_of      arrived_on
        back       2017-01-09 2017-01-05
        milk       2017-01-03 2017-01-01
        milk       2017-01-09 2017-01-01
        milk       2017-01-09 2017-01-05
        silent     2017-01-09 2017-01-01
    """)


def test_yesterday_is_one_day_ago() -> None:
    days = given("""
        order_date as_of
        2017-03-01 2017-03-02
        2017-02-28 2017-03-02
    """)
    assert actual(with_days_ago(days, "order_date"), "order_date days_ago") == expected("""
        order_date days_ago
        2017-02-28 2
        2017-03-01 1
    """)


def test_products_are_described_as_they_were_known_and_unknown_ones_stay() -> None:
    days = given("""
        customer_id product_id as_of
        a           milk       2017-01-03
        a           milk       2017-01-09
        a           gone       2017-01-09
        a           never_told 2017-01-09
        a           back       2017-01-03
    """)
    products = of_table("silver_products", PRODUCTS)
    assert actual(
        with_product(days, products), "product_id as_of customer_id department"
    ) == expected("""
        product_id as_of      customer_id department
        back       2017-01-03 a           -
        gone       2017-01-09 a           -
        milk       2017-01-03 a           old
        milk       2017-01-09 a           new
        never_told 2017-01-09 a           -
    """)


def test_brand_and_category_come_with_the_product() -> None:
    products = given("""
        product_id arrived_on as_of      is_deleted department product_category brand
        milk       2017-01-01 2017-01-09 false      DAIRY      fresh            Private
    """)
    days = given("""
        product_id as_of
        milk       2017-01-09
    """)
    assert actual(with_product(days, products), "department product_category brand") == expected("""
        department product_category brand
        DAIRY      fresh            Private
    """)


def test_one_row_per_customer_and_date_with_the_features_of_one_source() -> None:
    redeemed = given(
        """
        customer_id as_of      coupon_id days_ago
        a           2017-01-09 c1        1
        a           2017-01-09 c2        91
        a           2017-01-09 c3        92
        a           2017-06-09 c1        152
        b           2017-01-09 c1        3
        """,
        days_ago="int",
    )
    assert actual(aggregated(redeemed, "silver_redemptions")) == expected("""
        customer_id as_of      redemption_count redemption_count_91d days_since_last_redemption
        a           2017-01-09 3                2                    1
        a           2017-06-09 1                0                    152
        b           2017-01-09 1                1                    3
    """)


def test_each_feature_belongs_to_one_source_that_the_table_reads() -> None:
    frames = {
        "silver_customer_days",
        "customer_product_days",
        "silver_campaign_customers",
        "silver_redemptions",
    }
    assert {one.over for one in declared().values()} == frames


def test_a_customer_without_rows_has_the_declared_value_in_the_declared_type() -> None:
    nobody = given(
        """
        order_count days_since_last_order campaign_count_91d
        -           -                     -
        7           3                     2
        """,
        campaign_count_91d="int",  # comes out as a bigint when it is filled
    )
    shown = nobody.select(
        filled("order_count"), filled("days_since_last_order"), filled("campaign_count_91d")
    )
    assert actual(shown) == expected("""
        order_count days_since_last_order campaign_count_91d
        0           -                     0
        7           3                     2
    """)
    assert dict(shown.dtypes)["campaign_count_91d"] == "bigint"


def shop_as_of(*as_ofs: str) -> DataFrame:
    """Everybody whom the tests below are about, as of the dates."""
    people = of_table(
        "silver_customers",
        """
        customer_id arrived_on is_deleted demographic_age
        stays       2017-01-01 false      45-54
        leaves      2017-01-01 false      25-34
        leaves      2017-01-05 true       -
        returns     2017-01-01 false      19-24
        returns     2017-01-05 true       -
        returns     2017-01-07 false      35-44
        strange     2017-01-05 true       -
        """,
        *as_ofs,
    )  # strange: deleted before the shop ever told of them
    days = of_table(
        "silver_customer_days",
        """
        customer_id order_date order_count line_count amount_sum
        guest       2017-01-02 1           1          7.00
        leaves      2017-01-02 1           1          5.00
        leaves      2017-01-08 1           1          6.00
        strange     2017-01-08 2           2          6.00
        returns     2017-01-03 1           2          4.00
        refunded    2017-01-04 0           1          -3.00
        """,
        *as_ofs,
    )  # guest: ordered, and was never delivered; refunded: only gave back
    products = of_table(
        "silver_customer_product_days",
        """
        customer_id product_id order_date order_count amount_sum
        guest       milk       2017-01-02 1           7.00
        leaves      milk       2017-01-02 1           5.00
        """,
        *as_ofs,
    )
    delivered = of_table(
        "silver_products", "product_id arrived_on department\nmilk 2017-01-01 DAIRY", *as_ofs
    )
    reached = of_table(
        "silver_campaign_customers",
        """
        campaign_id customer_id arrived_on is_deleted
        spring      reached     2017-01-03 false
        summer      reached     2017-01-03 false
        summer      reached     2017-01-04 true
        spring      leaves      2017-01-03 false
        spring      mistaken    2017-01-03 false
        spring      mistaken    2017-01-04 true
        """,
        *as_ofs,
    )  # summer is taken back: of reached, whom spring reached too, and of mistaken's spring nothing else is known
    redeemed = of_table(
        "silver_redemptions",
        "customer_id coupon_id redemption_date\nguest c1 2017-01-03\nunknown c1 2017-01-03",
        *as_ofs,
    )
    return features_customers(people, days, products, delivered, reached, redeemed)


COLUMNS = (
    "customer_id order_count days_since_last_order amount_sum campaign_count_91d days_since_last_redemption department_breadth_91d "
    "demographic_age demographic_income"
)


def test_all_who_were_delivered_ordered_or_were_reached_and_not_deleted() -> None:
    rows: dict[str, list[str | None]] = {
        "guest": ["1", "8", "7", "0", "7", "1", "unknown", "unknown"],
        "reached": ["0", None, "0", "1", None, "0", "unknown", "unknown"],
        "refunded": ["0", None, "-3", "0", None, "0", "unknown", "unknown"],
        "returns": ["1", "7", "4", "0", None, "0", "35-44", "unknown"],
        "stays": ["0", None, "0", "0", None, "0", "45-54", "unknown"],
    }
    assert actual(shop_as_of("2017-01-10"), COLUMNS) == [
        COLUMNS.split(),
        *([customer, *values] for customer, values in rows.items()),
    ]


def test_a_deletion_holds_from_the_day_after_it_arrived_until_they_are_delivered_again() -> None:
    """The day of the deletion and of the new delivery still show what was known before: the 5th,
    and the 7th.
    """
    rows = actual(
        shop_as_of("2017-01-05", "2017-01-06", "2017-01-07", "2017-01-08", "2017-02-01"),
        "as_of customer_id",
    )[1:]
    there = {
        name: [day for day, customer in rows if customer == name]
        for name in ("leaves", "returns", "strange", "mistaken")
    }
    assert there == {
        "leaves": ["2017-01-05"],  # their order of the 8th does not bring them back
        "returns": ["2017-01-05", "2017-01-08", "2017-02-01"],
        "strange": [],
        "mistaken": [],
    }


def test_each_date_knows_the_days_before_it_alone() -> None:
    frame = shop_as_of("2017-01-02", "2017-01-03").where("customer_id IN ('guest', 'leaves')")
    assert actual(frame, "customer_id as_of order_count days_since_last_order") == expected("""
        customer_id as_of      order_count days_since_last_order
        guest       2017-01-03 1           1
        leaves      2017-01-02 0           -
        leaves      2017-01-03 1           1
    """)
