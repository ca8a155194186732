"""Who is shown what, on a handful of rows: personal, then the segment's, then everybody's."""

from datetime import date, timedelta

import pytest
from pyspark.sql import DataFrame

from jobs.gold.recommendations import (
    as_compared,
    bought_again,
    gold_popular_products,
    gold_recommendations,
    without_excluded,
)
from jobs.stages.pipeline import declare_tables
from lakehouse.base.run import Run
from lakehouse.build.reading import seen
from lakehouse.contract.table import TABLES
from tests.rows import actual, conf, expected, given

pytestmark = pytest.mark.usefixtures("small_plans")
declare_tables()

PRODUCTS = """
    product_id department      arrived_on as_of      is_deleted
    milk       GROCERY         2017-01-01 2017-03-01 false
    tea        GROCERY         2017-01-01 2017-03-01 false
    bread      BAKERY          2017-01-01 2017-03-01 false
    petrol     fuel            2017-01-01 2017-03-01 false
"""
SEGMENTS = """
    customer_id as_of      rfm_segment
    a           2017-03-01 champions
    b           2017-03-01 champions
    c           2017-03-01 cannot_lose
    n           2017-03-01 no_orders
"""


def bought(*lines: str) -> DataFrame:
    """Rows of customer, product, day and orders, as of 1 March 2017."""
    return given(
        "\n".join(
            [
                "customer_id product_id order_date order_count as_of",
                *(f"{line} 2017-03-01" for line in lines),
            ]
        )
    )


def test_what_was_bought_often_and_lately_comes_first() -> None:
    shown = bought_again(
        bought(
            "a milk   2016-12-01 1",  # 90 days ago: 1/2
            "a tea    2016-09-02 1",  # 180 days ago: 1/4, and 90 days ago twice: 1
            "a tea    2016-12-01 2",
            "a bread  2016-12-01 2",  # 1, with one day of more than one order
            "b bread  2017-02-28 1",  # yesterday, of another customer
        )
    )
    assert actual(shown) == expected("""
        customer_id as_of      product_id score       reason                               strategy
        a           2017-03-01 bread      1           "bought twice, last on 2016-12-01"   bought_again
        a           2017-03-01 milk       0.5         "bought once, last on 2016-12-01"    bought_again
        a           2017-03-01 tea        1.25        "bought 3 times, last on 2016-12-01" bought_again
        b           2017-03-01 bread      0.992327946 "bought once, last on 2017-02-28"    bought_again
    """)


def test_each_date_counts_from_itself() -> None:
    rows = given("""
        customer_id product_id order_date order_count as_of
        a           milk       2016-12-01 1           2017-03-01
        a           milk       2016-12-01 1           2017-05-30
    """)
    assert actual(bought_again(rows), "as_of score") == expected("""
        as_of      score
        2017-03-01 0.5
        2017-05-30 0.25
    """)


def test_the_twentieth_product_is_there_and_the_last_of_equals_is_not() -> None:
    """Of 21 products that are equal the product's id decides: `p29` is out, and the one that was
    bought more often is in.
    """
    of_march = bought(
        *(f"a p{number} 2017-02-28 1" for number in range(10, 30)), "a z 2017-02-28 2"
    )
    # another date has its own twenty
    of_may = given(
        "customer_id product_id order_date order_count as_of\na y 2017-02-28 1 2017-05-01"
    )
    kept = {row[0] for row in actual(bought_again(of_march.unionByName(of_may)), "product_id")[1:]}
    assert kept == {"y", "z", *(f"p{number}" for number in range(10, 29))}


def test_only_products_that_were_told_of_and_not_deleted_and_are_not_excluded() -> None:
    products = given("""
        product_id department      arrived_on as_of      is_deleted
        milk       GROCERY         2017-01-01 2017-03-01 false
        sold_out   GROCERY         2017-01-01 2017-03-01 false
        sold_out   GROCERY         2017-02-01 2017-03-01 true
        moved      FUEL            2017-01-01 2017-03-01 false
        moved      GROCERY         2017-02-01 2017-03-01 false
        petrol     Fuel            2017-01-01 2017-03-01 false
        diesel     "FUEL  "        2017-01-01 2017-03-01 false
        oil        "fuel card"     2017-01-01 2017-03-01 -
        nothing    -               2017-01-01 2017-03-01 false
        blank      "  "            2017-01-01 2017-03-01 false
    """)
    everything = (
        "milk",
        "sold_out",
        "moved",
        "petrol",
        "diesel",
        "oil",
        "nothing",
        "blank",
        "never_told",
    )
    rows = bought(
        *(f"a {product} 2017-02-01 1" for product in everything),
        "a given_back 2017-02-01 0",
        "b milk 2017-02-01 0",
    )
    shop = conf(excluded_departments=[" fuel", "COUPON"])
    assert actual(
        without_excluded(rows, products, shop), "product_id customer_id order_count"
    ) == expected("""
        product_id customer_id order_count
        blank      a           1
        milk       a           1
        moved      a           1
        nothing    a           1
        oil        a           1
    """)


def test_a_product_is_excluded_as_of_the_date_on_which_its_department_is() -> None:
    products = given("""
        product_id department arrived_on as_of      is_deleted
        tea        FUEL       2017-01-01 2017-02-01 false
        tea        FUEL       2017-01-01 2017-03-01 false
        tea        GROCERY    2017-02-05 2017-03-01 false
    """)
    rows = given("""
        customer_id product_id order_count as_of
        a           tea        1           2017-02-01
        a           tea        1           2017-03-01
    """)
    assert actual(
        without_excluded(rows, products, conf(excluded_departments=["FUEL"])), "as_of"
    ) == [
        ["as_of"],
        ["2017-03-01"],
    ]


def test_a_shop_that_excludes_nothing_recommends_every_product_it_told_of() -> None:
    rows = bought("a petrol 2017-02-01 1", "a never_told 2017-02-01 1")
    shown = without_excluded(rows, given(PRODUCTS), conf(excluded_departments=[]))
    assert actual(shown, "product_id") == [["product_id"], ["petrol"]]


def test_a_shop_that_tells_nothing_of_its_products_excludes_none() -> None:
    sources = {name: source for name, source in conf().tenant.sources.items() if name != "products"}
    rows = bought("a petrol 2017-02-01 1", "a never_told 2017-02-01 1", "a given_back 2017-02-01 0")
    shown = without_excluded(
        rows, given("product_id department arrived_on as_of is_deleted"), conf(sources=sources)
    )
    assert actual(shown, "product_id") == [["product_id"], ["never_told"], ["petrol"]]


def test_names_are_compared_without_what_cannot_be_seen_around_them() -> None:
    names = given(
        """
        department
        "\t Deli \u00a0"
        "\ufeffdeli\u200b"
        "DELI COUNTER"
        " "
        -
        """
    )
    shown = names.select(as_compared(names["department"]).alias("department"))
    assert [row[0] for row in actual(shown)[1:]] == ["", "DELI", "DELI", "DELI COUNTER", None]


def test_products_are_ranked_by_the_customers_who_bought_them_in_a_segment_and_in_all() -> None:
    rows = bought(
        "a milk   2017-02-01 5",
        "a milk   2017-02-02 1",  # the same customer again: counts once
        "b bread  2017-02-01 1",
        "b milk   2017-02-01 1",
        "c tea    2017-02-01 1",
        "c bread  2017-02-01 1",
        "gone tea 2017-02-01 1",  # deleted since: in no segment, and yet among all
        "gone bread 2017-02-01 1",
        "a petrol 2017-02-01 1",
        "n bread  2017-02-01 0",  # only brought back
    )
    shown = gold_popular_products(rows, given(PRODUCTS), given(SEGMENTS), conf())
    assert actual(shown, "segment rank product_id customer_count reason") == expected("""
        segment     rank product_id customer_count reason
        all         1    bread      3 "popular: bought by 3 customers in the last 91 days"
        all         2    milk       2 "popular: bought by 2 customers in the last 91 days"
        all         3    tea        2 "popular: bought by 2 customers in the last 91 days"
        cannot_lose 1    bread      1 "popular with cannot lose: bought by 1 customer in the last 91 days"
        cannot_lose 2    tea        1 "popular with cannot lose: bought by 1 customer in the last 91 days"
        champions   1    milk       2 "popular with champions: bought by 2 customers in the last 91 days"
        champions   2    bread      1 "popular with champions: bought by 1 customer in the last 91 days"
    """)
    assert actual(shown.select("as_of").distinct()) == [["as_of"], ["2017-03-01"]]


def test_twenty_products_are_popular_and_each_date_has_its_own() -> None:
    products = (f"p{n} - 2017-01-01 2017-03-01 false" for n in range(10, 31))
    lines = "\n".join(
        [
            "product_id department arrived_on as_of is_deleted",
            *products,
            "p10 - 2017-01-01 2017-02-01 false",
        ]
    )
    segments = given("customer_id as_of rfm_segment\na 2017-03-01 champions\na 2017-02-01 lost")
    rows = bought(*(f"a p{n} 2017-01-15 1" for n in range(10, 31))).unionByName(
        given("customer_id product_id order_date order_count as_of\na p10 2017-01-15 1 2017-02-01")
    )
    shown = gold_popular_products(rows, given(lines), segments, conf())
    of_march = shown.where("as_of = '2017-03-01' AND segment = 'all'")
    ranks = [["product_id", "rank"], *([f"p{9 + rank}", str(rank)] for rank in range(1, 21))]
    assert actual(of_march, "product_id rank") == ranks, "the 21st of equals, by id, is out"
    assert actual(
        shown.where("as_of = '2017-02-01'"), "segment rank product_id customer_count"
    ) == expected("""
        segment rank product_id customer_count
        all     1    p10        1
        lost    1    p10        1
    """)


def test_popular_is_what_was_bought_in_the_91_days_before_the_date() -> None:
    rows = given("""
        customer_id product_id order_date order_count
        a           milk       2017-02-28 1
        a           tea        2016-11-30 1
        a           bread      2016-11-29 1
        a           honey      2017-03-01 1
    """)  # tea: 91 days before 1 March; bread a day earlier; honey on the day itself
    day = date(2017, 3, 1)
    name = "silver_customer_product_days"
    recent = seen(
        rows,
        Run("shop", day - timedelta(days=1), day),
        name,
        TABLES["gold_popular_products"].reads[name],
    )
    assert actual(recent, "product_id") == [["product_id"], ["milk"], ["tea"]]


POPULAR = """
    as_of      segment   rank product_id customer_count reason
    2017-03-01 champions 1    milk       9              many
    2017-03-01 champions 2    bread      2              few
    2017-03-01 all       1    tea        40             most
    2017-03-01 all       2    milk       30             more
    2017-02-01 all       1    old        99             earlier
    2017-02-01 all       2    milk       50             earlier
"""


def test_own_products_come_before_the_segments_and_these_before_everybodys() -> None:
    rows = bought(
        "a bread 2017-02-28 1",
        "a petrol 2017-02-28 9",
        "gone milk 2017-02-28 1",
        "b given_back 2017-02-28 0",
    )
    shown = gold_recommendations(rows, given(PRODUCTS), given(SEGMENTS), given(POPULAR), conf())
    assert actual(shown, "customer_id rank product_id score strategy") == expected("""
        customer_id rank product_id score       strategy
        a           1    bread      0.992327946 bought_again
        a           2    milk       9           popular_in_segment
        a           3    tea        40          popular
        b           1    milk       9           popular_in_segment
        b           2    bread      2           popular_in_segment
        b           3    tea        40          popular
        c           1    tea        40          popular
        c           2    milk       30          popular
        n           1    tea        40          popular
        n           2    milk       30          popular
    """)  # gone is in no segment: the shop has deleted them, and nothing is recommended to them


def test_a_product_has_the_reason_of_the_first_list_it_is_on() -> None:
    shown = gold_recommendations(
        bought("a milk 2017-02-28 1"), given(PRODUCTS), given(SEGMENTS), given(POPULAR), conf()
    )
    assert actual(shown.where("customer_id = 'a'"), "product_id reason") == expected("""
        product_id reason
        bread      few
        milk       "bought once, last on 2017-02-28"
        tea        most
    """)


def test_twenty_products_are_shown_and_equals_follow_their_ids() -> None:
    popular = [
        "as_of segment rank product_id customer_count reason",
        *(f"2017-03-01 all {n} p{30 - n} 5 many" for n in range(1, 21)),
    ]
    products, rows = PRODUCTS, bought("n tea 2017-02-28 1", "n bread 2017-02-28 1")
    shown = gold_recommendations(
        rows, given(products), given(SEGMENTS), given("\n".join(popular)), conf()
    ).where("customer_id = 'n'")
    in_order = sorted(
        ((int(rank or 0), product) for rank, product in actual(shown, "rank product_id")[1:])
    )
    assert in_order == list(enumerate(["bread", "tea", *(f"p{n}" for n in range(10, 28))], start=1))


def test_a_recommendation_of_a_date_is_made_of_that_date() -> None:
    segments = given("customer_id as_of rfm_segment\na 2017-03-01 lost\na 2017-02-01 champions")
    shown = gold_recommendations(
        bought("a tea 2017-02-28 1"), given(PRODUCTS), segments, given(POPULAR), conf()
    )
    assert actual(shown, "as_of rank product_id strategy") == expected("""
        as_of      rank product_id strategy
        2017-02-01 1    old        popular
        2017-02-01 2    milk       popular
        2017-03-01 1    tea        bought_again
        2017-03-01 2    milk       popular
    """)


def test_products_without_a_department_are_recommended_like_others() -> None:
    products = given(
        "product_id department arrived_on as_of is_deleted\np0 - 2017-01-01 2017-03-01 false\np1 - 2017-01-01 2017-03-01 false"
    )
    rows = bought("a p0 2017-02-28 1", "b p1 2017-02-28 1")
    popular = gold_popular_products(rows, products, given(SEGMENTS), conf())
    shown = gold_recommendations(rows, products, given(SEGMENTS), popular, conf())
    pairs = [
        (customer, product) for customer, product in actual(shown, "customer_id product_id")[1:]
    ]
    assert pairs == [(customer, product) for customer in "abcn" for product in ("p0", "p1")]
