"""Bronze keeps every delivered row as it came: twice the same one, one without a day, and one that
could not be split into columns.
"""

from collections.abc import Callable, Iterator

import pytest
from pyspark.sql import DataFrame

from jobs.stages.declaring import declared_sources
from lakehouse.contract.bronze import PLACED, as_received, declare_bronze
from lakehouse.contract.errors import ContractError
from lakehouse.contract.layers import BRONZE, bronze_of
from lakehouse.contract.reads import History, Touched
from lakehouse.contract.table import TABLES, Table, table
from tests.rows import actual, expected, given

pytestmark = pytest.mark.usefixtures("small_plans")

ROWS = """
    number paid corrupt_record arrived_on source_file      source_line event_date
    1      4.5  -              2017-01-02 orders/2017.csv  2           2017-01-02
    1      4.5  -              2017-01-02 orders/2017.csv  3           2017-01-02
    2      x    -              2017-01-02 orders/2017.csv  4           -
    -      -    "3;4.50"       2017-01-02 orders/2017.csv  5           -
"""


def test_every_delivered_row_is_there_as_it_came() -> None:
    assert actual(as_received(given(ROWS, number="string", paid="string"))) == expected(ROWS)


SOURCES = [
    "campaigns",
    "coupons",
    "customers",
    "enrichments",
    "exchange_rates",
    "orders",
    "outside_purchases",
    "products",
    "promotions",
    "redemptions",
]


def test_there_is_a_table_for_the_deliveries_of_every_source_that_is_read() -> None:
    assert [*declared_sources()] == SOURCES
    assert sorted(name for name, each in TABLES.items() if each.layer == BRONZE.name) == [
        bronze_of(source) for source in SOURCES
    ]


@pytest.mark.parametrize("source", SOURCES)
def test_tables_of_deliveries_are_alike(source: str) -> None:
    bronze = TABLES[bronze_of(source)]
    assert (bronze.function, bronze.key, bronze.slice_by, bronze.stage) == (
        as_received,
        ("source_file", "source_line"),
        "arrived_on",
        "ingest",
    )
    assert bronze.columns == (
        "corrupt_record",
        "arrived_on",
        "source_file",
        "source_line",
        "event_date",
    )
    assert (bronze.source, bronze.reads_source, bronze.checks, bronze.rules) == (
        source,
        "",
        (PLACED,),
        (),
    )
    assert bronze.description == f"One row per delivered {declared_sources()[source].row}."


@pytest.fixture
def trial() -> Iterator[Callable[..., Table]]:
    """Declares a table of order numbers for a test."""

    def declare(function: Callable[..., DataFrame], source: str) -> Table:
        table(
            source=source,
            row="order",
            key="order_id",
            columns="order_id arrived_on",
            slice_by="arrived_on",
        )(function)
        return TABLES[function.__name__]

    yield declare
    TABLES.pop("silver_trial", None)


def test_two_tables_of_one_source_are_refused(trial: Callable[..., Table]) -> None:
    def silver_trial(bronze_orders: Touched) -> DataFrame:
        """Rows."""
        return bronze_orders

    trial(silver_trial, "orders")
    with pytest.raises(
        ContractError, match="silver_order_lines and silver_trial both read the source orders"
    ):
        declare_bronze()


def test_a_table_that_does_not_take_its_source_is_refused(trial: Callable[..., Table]) -> None:
    def silver_trial(bronze_trials: History) -> DataFrame:
        """Rows."""
        return bronze_trials

    trial(silver_trial, "trials")
    with pytest.raises(
        ContractError, match="needs a parameter `bronze_trials: Touched`; it has bronze_trials"
    ):
        declare_bronze()


def test_a_name_without_a_layer_is_refused(trial: Callable[..., Table]) -> None:
    def stock(bronze_stock: Touched) -> DataFrame:
        """Rows."""
        return bronze_stock

    with pytest.raises(
        ValueError, match="table stock: its name begins with none of the layers bronze, silver"
    ):
        trial(stock, "stock")
