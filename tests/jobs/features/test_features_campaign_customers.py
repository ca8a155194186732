"""Which campaigns run on a date, and whom they have reached by then."""

import pytest

from jobs.features.campaigns import features_campaign_customers
from tests.rows import expected, given
from tests.tables import built

pytestmark = pytest.mark.usefixtures("small_plans")


def test_a_campaign_counts_from_its_first_to_its_last_day_for_customers_who_are_known() -> None:
    customers = "customer_id as_of\n7 2017-02-01\n8 2017-02-01"
    # the kernel gives what arrived before the date; ended: the day before; late: begins tomorrow;
    # left: 7 was taken off the list; 9 is no customer of the date
    reached = """
        customer_id as_of      campaign_id campaign_type start_date end_date   is_deleted arrived_on
        7           2017-02-01 today       A             2017-02-01 2017-02-01 false      2017-01-20
        8           2017-02-01 open        B             -          -          false      2017-01-22
        7           2017-02-01 ended       A             2017-01-01 2017-01-31 false      2017-01-01
        7           2017-02-01 late        A             2017-02-02 2017-02-09 false      2017-01-20
        7           2017-02-01 left        A             2017-01-01 2017-02-09 false      2017-01-01
        7           2017-02-01 left        A             2017-01-01 2017-02-09 true       2017-01-09
        9           2017-02-01 today       A             2017-02-01 2017-02-01 false      2017-01-20
    """
    assert built(features_campaign_customers, given(customers), given(reached)) == expected("""
        customer_id as_of      campaign_id campaign_type days_since_campaign_start days_to_campaign_end
        7           2017-02-01 today       A             0                         0
        8           2017-02-01 open        B             10                        -
    """)
