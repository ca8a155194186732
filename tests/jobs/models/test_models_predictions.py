"""What the champions say: of every customer there is a row, with a score or with the reason why
there is none.
"""

import pytest

from jobs.models.predictions import models_churn_predictions, models_cluster_assignments
from lakehouse.store.context import PinnedModel
from tests.rows import expected, given
from tests.tables import built
from tests.trained import FewOrMany, OnePerOrders

pytestmark = pytest.mark.usefixtures("small_plans")

# 7 on two dates; 1 has the fewest orders that are a history, and 0 has none
CUSTOMERS = """
    as_of      customer_id order_count
    2017-02-01 7           4
    2017-03-01 7           5
    2017-02-01 1           1
    2017-02-01 0           0
"""


def test_without_a_champion_every_row_says_why_there_is_no_score() -> None:
    assert built(models_churn_predictions, given(CUSTOMERS), None) == expected("""
        customer_id as_of      churn_probability reason_1 reason_2 reason_3 score_status model_name model_version
        7           2017-02-01 -                 -        -        -        no_model     -          -
        7           2017-03-01 -                 -        -        -        no_model     -          -
        1           2017-02-01 -                 -        -        -        no_model     -          -
        0           2017-02-01 -                 -        -        -        no_history   -          -
    """)


def test_the_champion_scores_who_has_a_history_and_is_named_on_those_rows_alone() -> None:
    champion = PinnedModel(OnePerOrders(), "shop_churn", "3")
    assert built(models_churn_predictions, given(CUSTOMERS), champion) == expected("""
        customer_id as_of      churn_probability reason_1             reason_2             reason_3             score_status model_name model_version
        7           2017-02-01 0.25              "4 orders, reason 1" "4 orders, reason 2" "4 orders, reason 3" scored       shop_churn 3
        7           2017-03-01 0.2               "5 orders, reason 1" "5 orders, reason 2" "5 orders, reason 3" scored       shop_churn 3
        1           2017-02-01 1                 "1 orders, reason 1" "1 orders, reason 2" "1 orders, reason 3" scored       shop_churn 3
        0           2017-02-01 -                 -                    -                    -                    no_history   -          -
    """)


def test_every_customer_falls_in_a_cluster_also_one_without_an_order() -> None:
    champion = PinnedModel(FewOrMany(), "shop_segments", "1")
    assert built(models_cluster_assignments, given(CUSTOMERS), champion) == expected("""
        customer_id as_of      micro_segment
        7           2017-02-01 many
        7           2017-03-01 many
        1           2017-02-01 few
        0           2017-02-01 few
    """)


def test_without_a_model_of_segments_nobody_is_clustered() -> None:
    assert built(models_cluster_assignments, given(CUSTOMERS), None) == expected("""
        customer_id as_of      micro_segment
        7           2017-02-01 not_clustered
        7           2017-03-01 not_clustered
        1           2017-02-01 not_clustered
        0           2017-02-01 not_clustered
    """)
