"""RFM segments: the scores, the map of the codes to names, and the numbers of each segment."""

from itertools import product

import pytest

from jobs.gold.segments import (
    SEGMENTS,
    gold_customer_segments,
    gold_segment_summary,
    segment_of,
    with_segment_name,
)
from tests.rows import actual, expected, given, lines_of
from tests.tables import built

pytestmark = pytest.mark.usefixtures("small_plans")

CODES = list(product(range(1, 6), repeat=3))
# every code: recency and frequency, then the name for each monetary score
MAP = """
    r f m1               m2               m3               m4            m5
    5 5 loyal            loyal            loyal            champions     champions
    5 4 loyal            loyal            loyal            champions     champions
    5 3 promising        promising        promising        big_spenders  big_spenders
    5 2 new_or_returning new_or_returning new_or_returning big_spenders  big_spenders
    5 1 new_or_returning new_or_returning new_or_returning big_spenders  big_spenders
    4 5 loyal            loyal            loyal            champions     champions
    4 4 loyal            loyal            loyal            champions     champions
    4 3 promising        promising        promising        big_spenders  big_spenders
    4 2 promising        promising        promising        big_spenders  big_spenders
    4 1 promising        promising        promising        big_spenders  big_spenders
    3 5 slipping_loyal   slipping_loyal   slipping_loyal   slipping_loyal slipping_loyal
    3 4 slipping_loyal   slipping_loyal   slipping_loyal   slipping_loyal slipping_loyal
    3 3 needs_attention  needs_attention  needs_attention  needs_attention needs_attention
    3 2 needs_attention  needs_attention  needs_attention  needs_attention needs_attention
    3 1 about_to_sleep   about_to_sleep   about_to_sleep   about_to_sleep about_to_sleep
    2 5 slipping_loyal   slipping_loyal   slipping_loyal   cannot_lose   cannot_lose
    2 4 slipping_loyal   slipping_loyal   slipping_loyal   cannot_lose   cannot_lose
    2 3 at_risk          at_risk          at_risk          at_risk       at_risk
    2 2 at_risk          at_risk          at_risk          at_risk       at_risk
    2 1 hibernating      hibernating      hibernating      hibernating   hibernating
    1 5 slipping_loyal   slipping_loyal   slipping_loyal   cannot_lose   cannot_lose
    1 4 slipping_loyal   slipping_loyal   slipping_loyal   cannot_lose   cannot_lose
    1 3 lost             lost             lost             at_risk       at_risk
    1 2 lost             lost             lost             at_risk       at_risk
    1 1 lost             lost             lost             lost          lost
"""


def test_every_code_has_its_name() -> None:
    named = {
        (int(str(r)), int(str(f)), m): names[m - 1]
        for r, f, *names in lines_of(MAP)[1:]
        for m in range(1, 6)
    }
    assert {code: segment_of(*code) for code in CODES} == named


def test_every_name_has_a_code() -> None:
    assert {segment_of(*code) for code in CODES} == {name for name, *_ in SEGMENTS}


def test_a_score_outside_one_to_five_is_refused_wherever_it_stands() -> None:
    for code in set(product(range(7), repeat=3)) - set(CODES):
        with pytest.raises(
            ValueError,
            match=f"no segment for the scores {', '.join(map(str, code))}: each is 1 to 5",
        ):
            segment_of(*code)


def test_a_code_is_named_by_all_three_scores_and_no_code_means_no_order() -> None:
    # 5 1 4 and 4 1 5 are the same digits in other places
    scores = given("""
        customer_id recency_score frequency_score monetary_score
        spends      5             1               4
        loyal       4             5               1
        slips       1             5               4
        new         -             -               -
    """)
    assert actual(with_segment_name(scores), "customer_id rfm_segment") == expected("""
        customer_id rfm_segment
        spends      big_spenders
        loyal       loyal
        slips       cannot_lose
        new         no_orders
    """)


def test_equal_values_get_equal_scores_and_who_never_ordered_gets_none() -> None:
    # five customers with an order: each is one fifth; b and c are equal in all, a to d in orders,
    # so that 4 of 5 lie at or below them; f and g have none and do not count, whatever they spent;
    # the only one of the other date is its highest; the clusters know a alone
    customers = given("""
        as_of      customer_id days_since_last_order order_count amount_sum
        2017-02-01 a           1                     9           90
        2017-02-01 b           2                     9           50
        2017-02-01 c           2                     9           50
        2017-02-01 d           30                    9           10
        2017-02-01 e           90                    1           -5
        2017-02-01 f           -                     0           0
        2017-02-01 g           -                     0           999
        2017-03-01 e           118                   1           -5
    """)
    clusters = given("""
        as_of      customer_id micro_segment
        2017-02-01 a           steady
        2017-03-01 b           steady
    """)
    assert built(gold_customer_segments, customers, clusters) == expected("""
        customer_id as_of      recency_score frequency_score monetary_score rfm_segment    micro_segment
        a           2017-02-01 5             5               5              champions      steady
        b           2017-02-01 4             5               4              champions      -
        c           2017-02-01 4             5               4              champions      -
        d           2017-02-01 2             5               2              slipping_loyal -
        e           2017-02-01 1             1               1              lost           -
        f           2017-02-01 -             -               -              no_orders      -
        g           2017-02-01 -             -               -              no_orders      -
        e           2017-03-01 5             5               5              champions      -
    """)


def test_size_habits_worth_and_risk_of_each_segment() -> None:
    # the median of two is between them, and of three the middle one; who is not scored is in no
    # mean of risks; a segment without orders has no days, and on a date on which nobody spent
    # anything nobody has a share of it
    rows = given("""
        as_of      customer_id rfm_segment order_count days_since_last_order amount_sum churn_probability
        2017-02-01 a           champions   10          1                     100        0.1
        2017-02-01 b           champions   20          2                     50         -
        2017-02-01 c           lost        1           90                    10         0.8
        2017-02-01 d           lost        2           91                    20         0.9
        2017-02-01 e           lost        9           120                   20         0.4
        2017-02-01 f           no_orders   0           -                     0          -
        2017-03-01 a           lost        1           29                    0          0.5
    """)
    key = ["customer_id", "as_of"]
    segments, features = (
        rows.select(*key, "rfm_segment"),
        rows.drop("rfm_segment", "churn_probability"),
    )
    assert built(
        gold_segment_summary, segments, features, rows.select(*key, "churn_probability")
    ) == expected("""
        as_of      rfm_segment customer_count customer_share order_count_median days_since_last_order_median amount_sum_mean amount_share churn_probability_mean
        2017-02-01 champions   2              0.333333333    15                 1.5                          75              0.75         0.1
        2017-02-01 lost        3              0.5            2                  91                           16.6666667      0.25         0.7
        2017-02-01 no_orders   1              0.166666667    0                  -                            0               0            -
        2017-03-01 lost        1              1              1                  29                           0               -            0.5
    """)
