"""What each annotation lets a table's function see, on rows of the days around the as-of dates."""

from datetime import date

import pytest
from pyspark.sql import DataFrame

from lakehouse.base.run import Run
from lakehouse.build.reading import seen
from lakehouse.contract.reads import Read
from tests import tables  # noqa: F401 - declares the tables
from tests.rows import actual, expected, given

pytestmark = pytest.mark.usefixtures("small_plans")

# the run brings the 9th alone, and publishes two dates
RUN = Run("shop", date(2017, 1, 9), date(2017, 1, 10), (date(2017, 1, 10), date(2017, 1, 12)))
DAYS = "\n".join(["order_date", "-", *(f"2017-01-{day:02d}" for day in range(7, 17))])
SNAPSHOTS = "\n".join(
    ["customer_id as_of", *(f"7 2017-01-{day:02d}" for day in (8, 10, 11, 12, 13))]
)


def of_days(read: Read) -> list[list[str | None]]:
    return actual(seen(given(DAYS), RUN, "silver_customer_days", read))


def of_snapshots(read: Read) -> list[list[str | None]]:
    return actual(seen(given(SNAPSHOTS), RUN, "features_customers", read))


def days(as_of: str, *numbers: int) -> str:
    return "\n".join(f"2017-01-{number:02d} {as_of}" for number in numbers)


def test_history_is_every_day_before_the_as_of_date() -> None:
    assert of_days(Read("history")) == expected(f"""
        order_date as_of
        {days("2017-01-10", 7, 8, 9)}
        {days("2017-01-12", 7, 8, 9, 10, 11)}
    """)


def test_history_of_days_is_the_last_of_them() -> None:
    assert of_days(Read("history", days=2)) == expected(f"""
        order_date as_of
        {days("2017-01-10", 8, 9)}
        {days("2017-01-12", 10, 11)}
    """)


def test_after_begins_on_the_as_of_date_itself() -> None:
    assert of_days(Read("after", days=3)) == expected(f"""
        order_date as_of
        {days("2017-01-10", 10, 11, 12)}
        {days("2017-01-12", 12, 13, 14)}
    """)


def test_a_slice_is_what_arrived_on_the_days_of_the_run() -> None:
    # only an arrival day can be one of the run's: the day before, the day, and the end, which is
    # exclusive
    arrived = "customer_id arrived_on\n7 2017-01-08\n7 2017-01-09\n7 2017-01-10"
    shown = seen(given(arrived), RUN, "silver_customers", Read("slice"))
    assert actual(shown) == expected("customer_id arrived_on\n7 2017-01-09")


def test_a_snapshot_is_that_of_the_same_dates_alone() -> None:
    assert of_snapshots(Read("snapshot")) == expected(
        "customer_id as_of\n7 2017-01-10\n7 2017-01-12"
    )


def test_latest_is_the_newest_snapshot_not_after_the_date() -> None:
    # the 10th has a snapshot of its own; on the 9th and the 12th the one of the day before holds,
    # and before the 8th there is none
    run = Run(
        "shop",
        date(2017, 1, 9),
        date(2017, 1, 10),
        tuple(date(2017, 1, day) for day in (7, 9, 10, 12)),
    )
    campaigns = given(
        "customer_id as_of\nfirst 2017-01-08\nown 2017-01-10\nyoung 2017-01-11\nlate 2017-01-13"
    )
    assert actual(
        seen(campaigns, run, "features_customers", Read("latest")), "customer_id as_of"
    ) == expected("""
        customer_id as_of
        first       2017-01-09
        own         2017-01-10
        young       2017-01-12
    """)


def test_a_reference_is_seen_whole_and_knows_no_as_of_date() -> None:
    rates: DataFrame = given("currency rate_date\nUSD 2017-01-01\nUSD 2018-01-01")
    assert actual(seen(rates, RUN, "silver_exchange_rates", Read("reference"))) == actual(rates)
