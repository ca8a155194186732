"""Bronze keeps every delivered row as it came: twice the same one, one without a day, and one that
could not be split into columns.
"""

from collections.abc import Callable

import pytest
from pyspark.sql import DataFrame

from jobs.bronze import (
    bronze_campaigns,
    bronze_coupons,
    bronze_customers,
    bronze_enrichments,
    bronze_exchange_rates,
    bronze_orders,
    bronze_outside_purchases,
    bronze_products,
    bronze_promotions,
    bronze_redemptions,
)
from tests.rows import expected, given
from tests.tables import built

pytestmark = pytest.mark.usefixtures("small_plans")

ROWS = """
    number paid corrupt_record arrived_on source_file      source_line event_date
    1      4.5  -              2017-01-02 orders/2017.csv  2           2017-01-02
    1      4.5  -              2017-01-02 orders/2017.csv  3           2017-01-02
    2      x    -              2017-01-02 orders/2017.csv  4           -
    -      -    "3;4.50"       2017-01-02 orders/2017.csv  5           -
"""


@pytest.mark.parametrize(
    "function",
    [
        bronze_orders,
        bronze_customers,
        bronze_products,
        bronze_campaigns,
        bronze_coupons,
        bronze_redemptions,
        bronze_promotions,
        bronze_enrichments,
        bronze_outside_purchases,
        bronze_exchange_rates,
    ],
)
def test_every_delivered_row_is_there_as_it_came(function: Callable[..., DataFrame]) -> None:
    assert built(function, given(ROWS, number="string", paid="string")) == expected(ROWS)
