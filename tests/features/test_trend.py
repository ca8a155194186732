from tests.features.values import values_of
from tests.rows import expected


def test_four_weeks_against_the_quarter() -> None:
    # `steady` has 1 order and spends 2 a day; `edges` has the first and last days of both windows:
    # 1 of 3 rows counts, times 91 / 28
    rows = """
        customer_id days_ago order_count amount_sum
        steady      28       28          56
        steady      91       63          126
        edges       28       1           1
        edges       29       1           2
        edges       91       1           5
        edges       92       1           100
        new         1        1           9
    """
    assert values_of("order_trend amount_trend", rows) == expected("""
        customer_id order_trend amount_trend
        steady      1           1
        edges       1.08333333  0.40625
        new         3.25        3.25
        nobody      -           -
    """)


def test_a_quarter_that_ended_in_silence_has_a_pace_of_0_and_an_empty_one_none() -> None:
    # `quiet` has no row in the last 28 days, `returner` a return without an order; sums of 0 over
    # the quarter are no pace
    rows = """
        customer_id days_ago order_count amount_sum
        quiet       29       2           20
        returner    10       0           -2
        returner    50       1           10
        only_return 10       0           -5
        cancelled   10       1           8
        cancelled   40       1           -8
        long_ago    92       1           7
    """
    assert values_of("order_trend amount_trend", rows) == expected("""
        customer_id order_trend amount_trend
        quiet       0           0
        returner    0           -0.8125
        only_return -           3.25
        cancelled   1.625       -
        long_ago    -           -
        nobody      -           -
    """)
