"""Who is shown what, on a handful of rows: personal, then the segment's, then everybody's."""

from datetime import date
from decimal import Decimal

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.gold.recommendations import gold_popular_products, gold_recommendations
from lakehouse.settings import load_settings
from tests.shops import TENANT

AS_OF, OLD, NEW = date(2017, 3, 1), date(2016, 11, 1), date(2017, 2, 27)
BOUGHT = (
    "customer_id string, product_id string, order_date date, order_count bigint, quantity decimal(18,4), amount_sum decimal(18,4), "
    "as_of date"
)


@pytest.fixture
def bought(spark: SparkSession) -> DataFrame:
    rows = [
        ("a", "milk", NEW, 3),
        ("a", "tea", OLD, 4),  # oftener than milk, but 120 days ago: 4 * 0.5 ** (120 / 90) = 1.59 < 3 * 0.5 ** (2 / 90) = 2.95
        ("a", "petrol", NEW, 9),
        ("b", "milk", NEW, 1),
        ("b", "bread", NEW, 1),
    ]
    return spark.createDataFrame([(c, p, d, n, Decimal(n), Decimal(n), AS_OF) for c, p, d, n in rows], BOUGHT)


@pytest.fixture
def products(spark: SparkSession) -> DataFrame:
    rows = [(p, d, OLD, AS_OF) for p, d in (("milk", "GROCERY"), ("tea", "GROCERY"), ("bread", "BAKERY"), ("petrol", "fuel"))]
    return spark.createDataFrame(rows, "product_id string, department string, arrived_on date, as_of date").withColumn(
        "is_deleted", F.lit(False)
    )


@pytest.fixture
def segments(spark: SparkSession) -> DataFrame:
    # n has never ordered
    rows = [("a", AS_OF, "champions"), ("b", AS_OF, "champions"), ("n", AS_OF, "no_orders")]
    return spark.createDataFrame(rows, "customer_id string, as_of date, rfm_segment string")


def test_everybody_gets_products_also_who_never_ordered_and_never_fuel(bought: DataFrame, products: DataFrame, segments: DataFrame) -> None:
    conf = load_settings(TENANT)
    popular = gold_popular_products(bought.where(bought["order_date"] == NEW), products, segments, conf)
    shown = gold_recommendations(bought, products, segments, popular, conf).collect()
    by_customer = {
        customer: [
            (row["product_id"], row["strategy"]) for row in sorted(shown, key=lambda row: row["rank"]) if row["customer_id"] == customer
        ]
        for customer in "abn"
    }
    assert by_customer == {
        "a": [("milk", "bought_again"), ("tea", "bought_again"), ("bread", "popular_in_segment")],
        "b": [("bread", "bought_again"), ("milk", "bought_again")],  # tea was not bought in the last 91 days
        "n": [("milk", "popular"), ("bread", "popular")],
    }
    reasons = {(row["customer_id"], row["product_id"]): row["reason"] for row in shown}
    assert reasons["a", "milk"] == "bought 3 times, last on 2017-02-27"
    assert reasons["a", "bread"] == "popular with champions: bought by 1 customers in the last 91 days"
    assert reasons["n", "milk"] == "popular: bought by 2 customers in the last 91 days"
