"""What is known of the second shop in the repository, four months of a supermarket in Taiwan, found
again by the same commands.
"""

from collections.abc import Iterator
from decimal import Decimal

import duckdb
import pytest

from headwater.demo.shops import land
from settings.model import load_settings
from tests.shops import Shop


@pytest.fixture(scope="module")
def ta_feng(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Its order lines in bronze and silver as views, after one pass; customers and products are
    read from the same files.
    """
    shop = Shop(tmp_path_factory.mktemp("ta_feng"), settings=load_settings("ta_feng"))
    shop.only("orders")
    with shop.at_home():
        land(shop.settings)
    shop.run_apart("2000-11-01", "2001-03-01")
    with shop.views() as views:
        yield views


def test_every_line_arrives_and_sums_are_exact(ta_feng: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT count(*), count(DISTINCT customer_id), count(DISTINCT product_id), sum(quantity), sum(amount) FROM silver_order_lines"
    assert ta_feng.execute(query).fetchone() == (
        817_741,
        32_266,
        23_812,
        Decimal(1_129_939),
        Decimal(107_840_076),
    )
    assert ta_feng.execute("SELECT count(*) FROM bronze_orders").fetchone() == (817_741,), (
        "none is refused"
    )


def test_an_order_is_a_customer_and_a_day(ta_feng: duckdb.DuckDBPyConnection) -> None:
    assert ta_feng.execute(
        "SELECT count(*), sum(order_count) FROM silver_customer_days"
    ).fetchone() == (119_578, 119_578)


def test_ids_keep_their_zeros_and_the_missing_age_groups_are_missing(
    ta_feng: duckdb.DuckDBPyConnection,
) -> None:
    assert ta_feng.execute(
        "SELECT count(*) FROM silver_order_lines WHERE length(customer_id) <> 8"
    ).fetchone() == (0,)
    missing = "SELECT count(*) FROM bronze_orders WHERE nullif(AGE_GROUP, '') IS NULL"
    assert ta_feng.execute(missing).fetchone() == (22_362,)


def test_the_customers_of_the_churn_reference_are_known(ta_feng: duckdb.DuckDBPyConnection) -> None:
    before = "SELECT count(DISTINCT customer_id) FROM silver_customer_days WHERE order_date < DATE '2001-02-01'"
    assert ta_feng.execute(before).fetchone() == (28_610,)
