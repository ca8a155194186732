from features.habits import EVENING_HOUR
from lakehouse.contract.columns import column
from tests.features.values import values_of
from tests.rows import expected


def test_weekends_are_saturdays_and_sundays() -> None:
    # 2017-09-29 is a Friday; days count, not their orders; goods taken back on a Saturday are no
    # order; the window ends after 91 days
    rows = """
        customer_id order_date days_ago order_count
        friday      2017-09-29 9        1
        saturday    2017-09-30 8        1
        sunday      2017-10-01 7        1
        monday      2017-10-02 6        1
        all_four    2017-09-29 9        1
        all_four    2017-09-30 8        5
        all_four    2017-10-01 7        1
        all_four    2017-10-02 6        1
        returner    2017-09-30 8        0
        returner    2017-10-02 6        1
        only_return 2017-09-30 8        0
        edges       2017-09-30 92       1
        edges       2017-10-02 91       1
    """
    assert values_of("weekend_share weekend_share_91d", rows) == expected("""
        customer_id weekend_share weekend_share_91d
        friday      0             0
        saturday    1             1
        sunday      1             1
        monday      0             0
        all_four    0.5           0.5
        returner    0             0
        only_return -             -
        edges       0.5           0
        nobody      -             -
    """)


def test_hours_of_the_orders() -> None:
    # two orders at 16 and 17 and one at 20; midnight is an hour; the window ends after 91 days
    rows = """
        customer_id days_ago order_count order_hour_sum evening_order_count
        evening     3        2           33             1
        evening     2        1           20             1
        midnight    1        1           0              0
        edges       92       1           9              0
        edges       91       1           18             1
        long_ago    400      2           30             1
    """
    assert values_of("hour_mean evening_share evening_share_91d", rows) == expected("""
        customer_id hour_mean  evening_share evening_share_91d
        evening     17.6666667 0.666666667   0.666666667
        midnight    0          0             0
        edges       13.5       0.5           1
        long_ago    15         0.5           -
        nobody      -          -             -
    """)


def test_orders_without_a_known_hour_are_neither_early_nor_late() -> None:
    # `sometimes` told the hour of one order of four; goods taken back have none
    rows = """
        customer_id days_ago order_count order_hour_sum evening_order_count
        never       3        2           -              -
        sometimes   3        3           -              -
        sometimes   2        1           18             1
        returner    3        0           -              -
        returner    2        2           20             0
        only_return 1        0           -              -
    """
    assert values_of("hour_mean evening_share evening_share_91d", rows) == expected("""
        customer_id hour_mean evening_share evening_share_91d
        never       -         -             -
        sometimes   18        1             1
        returner    10        0             0
        only_return -         -             -
        nobody      -         -             -
    """)


def test_the_hour_of_the_evening_is_the_one_that_columns_name() -> None:
    """The number is one constant; these two sentences of the dictionary repeat it for their
    readers.
    """
    for name in ("evening_order_count", "evening_share"):
        assert f"from {EVENING_HOUR} o'clock on" in column(name).description
