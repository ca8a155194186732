"""Deciles of the churn probability among the scored."""

import pytest

from jobs.gold.scores import gold_customer_scores
from tests.rows import expected, given
from tests.tables import built

pytestmark = pytest.mark.usefixtures("small_plans")


def test_equal_probabilities_share_a_decile_and_who_is_not_scored_has_none() -> None:
    # of the four scored of the first date two are equal: half of all lie at or below them; the
    # unscored do not count; the only one of the second date is its highest
    rows = """
        as_of      customer_id kind      value score_status
        2017-02-01 low         churn     0.2   scored
        2017-02-01 low_too     churn     0.2   scored
        2017-02-01 middle      churn     0.5   scored
        2017-02-01 high        churn     0.9   scored
        2017-02-01 new         churn     -     no_history
        2017-02-01 new_too     churn     -     no_history
        2017-03-01 low         churn     0.1   scored
        2017-03-01 low         churn_91d 0.3   scored
    """
    predictions = given(rows).selectExpr(
        "*",
        "'r1' reason_1",
        "'r2' reason_2",
        "'r3' reason_3",
        "'m' model_name",
        "'1' model_version",
    )
    assert built(gold_customer_scores, predictions) == expected("""
        customer_id as_of      churn_probability churn_decile reason_1 reason_2 reason_3 score_status model_name model_version
        low         2017-02-01 0.2               5            r1       r2       r3       scored       m          1
        low_too     2017-02-01 0.2               5            r1       r2       r3       scored       m          1
        middle      2017-02-01 0.5               8            r1       r2       r3       scored       m          1
        high        2017-02-01 0.9               10           r1       r2       r3       scored       m          1
        new         2017-02-01 -                 -            r1       r2       r3       no_history   m          1
        new_too     2017-02-01 -                 -            r1       r2       r3       no_history   m          1
        low         2017-03-01 0.1               10           r1       r2       r3       scored       m          1
    """)


def test_each_of_twenty_is_in_the_tenth_that_their_place_says() -> None:
    # the second of twenty is at 10 % exactly, so still in the first decile, and the third in the
    # second
    texts = "\n".join(f"{place:02d} 2017-02-01 churn 0.{place + 10}" for place in range(1, 21))
    rows = given("customer_id as_of kind value\n" + texts)
    predictions = rows.selectExpr(
        "*",
        "'' reason_1",
        "'' reason_2",
        "'' reason_3",
        "'scored' score_status",
        "'' model_name",
        "'' model_version",
    )
    shown = built(gold_customer_scores, predictions, columns="customer_id churn_decile")
    assert shown[1:] == [[f"{place:02d}", str((place + 1) // 2)] for place in range(1, 21)]
