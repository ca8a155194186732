"""A snapshot that ends empty although there are customers is said, on a lake of a few rows."""

from collections.abc import Callable
from datetime import date

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from jobs.stages.pipeline import declare_tables
from lakehouse.base.run import Run
from lakehouse.build.runner import build
from lakehouse.contract.columns import column, types_of
from lakehouse.contract.table import TABLES
from lakehouse.quality.verdicts import CheckFailed
from lakehouse.store import delta
from lakehouse.store.context import Context
from tests.rows import given
from tests.shops import Shop

pytestmark = pytest.mark.usefixtures("small_plans")
declare_tables()


def put(shop: Shop, table: str, text: str = "") -> None:
    """Write the rows as the table, all other columns null; without a text an empty table."""
    if not text:
        delta.create(shop.lake / table, types_of(TABLES[table].columns, ()))
        return
    rows = given(text)
    whole = rows.select(
        *(
            F.col(c) if c in rows.columns else F.lit(None).cast(column(c).type).alias(c)
            for c in TABLES[table].columns
        )
    )
    delta.replace(whole, shop.lake / table, None, {})


def build_as_of_march(spark: SparkSession, shop: Shop, *tables: str) -> None:
    one = Run(shop.settings.tenant.name, date(2017, 2, 28), date(2017, 3, 1))
    with shop.at_home():
        for table in tables:
            build(Context(spark, shop.settings, one), TABLES[table])


def test_that_nothing_may_be_recommended_is_said(
    shop_in: Callable[[str], Shop], spark: SparkSession
) -> None:
    shop = shop_in("shop")
    put(
        shop,
        "silver_customer_product_days",
        "customer_id product_id order_date order_count\na diesel 2017-02-01 1",
    )
    put(shop, "silver_products", "product_id arrived_on department\ndiesel 2017-01-01 FUEL")
    put(
        shop,
        "gold_customer_segments",
        "customer_id as_of rfm_segment\na 2017-03-01 champions\nb 2017-03-01 lost",
    )
    build_as_of_march(spark, shop, "gold_popular_products", "gold_recommendations")
    failed = {
        row["table_name"]: (row["level"], row["message"])
        for row in shop.records("ops_checks")
        if row["status"] == "failed"
    }
    empty = "rows_where(gold_customer_segments): no row as of 2017-03-01, where gold_customer_segments has 2: nothing that may be recommended"
    look = "look at excluded_departments of the tenant, and at the products in silver_products"
    assert failed == {
        "gold_popular_products": ("WARN", f"{empty} was bought in the last 91 days; {look}"),
        "gold_recommendations": ("WARN", f"{empty} was ever bought; {look}"),
    }


def test_gold_of_a_date_that_was_not_scored_is_refused(
    shop_in: Callable[[str], Shop], spark: SparkSession
) -> None:
    """The scores of another date are no scores of this one: without the check every profile would
    be gone, and no word said.
    """
    shop = shop_in("shop")
    put(shop, "features_customers", "customer_id as_of order_count\na 2017-02-01 1\na 2017-03-01 1")
    put(shop, "models_predictions", "customer_id as_of score_status\na 2017-02-01 no_model")
    with pytest.raises(
        CheckFailed, match=r"no row as of 2017-03-01, .* run the stage score of that date first"
    ):
        build_as_of_march(spark, shop, "gold_customer_scores")
    assert shop.rows("gold_customer_scores") == []


def test_a_shop_without_customers_hears_nothing(
    shop_in: Callable[[str], Shop], spark: SparkSession
) -> None:
    shop = shop_in("shop")
    for table in ("silver_customer_product_days", "silver_products"):
        put(shop, table)
    put(shop, "gold_customer_segments", "customer_id as_of rfm_segment\na 2017-02-01 champions")
    build_as_of_march(spark, shop, "gold_popular_products", "gold_recommendations")
    assert shop.failed_checks() == {}
