"""What the champions say: of every customer, kind and target there is a row, with a score or with
the reason why there is none.
"""

from dataclasses import replace

import pandas as pd
import pytest

from jobs.models.predictions import asked_of, models_cluster_assignments, models_predictions
from lakehouse.store.context import PinnedModel
from models.judging.candidates import FEATURES, rows_of
from models.kind import Population
from models.kinds import churn
from tests.rows import actual, expected, given
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
# two campaigns run for 7, one for who has no order; none reached 1
CAMPAIGNS = """
    as_of      customer_id campaign_id days_since_campaign_start
    2017-02-01 7           c1          3
    2017-02-01 7           c2          9
    2017-02-01 0           c1          3
"""
NOBODY = {"campaign_response": None, "churn": None, "churn_91d": None}


def test_without_champions_every_row_says_why_there_is_no_score() -> None:
    assert built(
        models_predictions,
        given(CUSTOMERS),
        given(CAMPAIGNS),
        NOBODY,
        columns="kind target customer_id as_of value reason_1 score_status model_name model_version",
    ) == expected("""
        kind              target customer_id as_of      value reason_1 score_status model_name model_version
        campaign_response c1     0           2017-02-01 -     -        no_history   -          -
        campaign_response c1     7           2017-02-01 -     -        no_model     -          -
        campaign_response c2     7           2017-02-01 -     -        no_model     -          -
        churn             ''     0           2017-02-01 -     -        no_history   -          -
        churn             ''     1           2017-02-01 -     -        no_model     -          -
        churn             ''     7           2017-02-01 -     -        no_model     -          -
        churn             ''     7           2017-03-01 -     -        no_model     -          -
        churn_91d         ''     0           2017-02-01 -     -        no_history   -          -
        churn_91d         ''     1           2017-02-01 -     -        no_model     -          -
        churn_91d         ''     7           2017-02-01 -     -        no_model     -          -
        churn_91d         ''     7           2017-03-01 -     -        no_model     -          -
    """)


def test_a_champion_scores_who_has_a_history_and_is_named_on_those_rows_alone() -> None:
    champions = NOBODY | {
        "churn": PinnedModel(OnePerOrders(), "shop_churn", "3"),
        "campaign_response": PinnedModel(OnePerOrders(), "shop_campaign_response", "5"),
    }
    rows = built(models_predictions, given(CUSTOMERS), given(CAMPAIGNS), champions)
    header, *others = rows
    assert [header, *(row for row in others if "churn_91d" not in row)] == expected("""
        customer_id as_of      kind              target value reason_1             reason_2             reason_3             score_status model_name             model_version
        7           2017-02-01 churn             ''     0.25  "4 orders, reason 1" "4 orders, reason 2" "4 orders, reason 3" scored       shop_churn             3
        7           2017-03-01 churn             ''     0.2   "5 orders, reason 1" "5 orders, reason 2" "5 orders, reason 3" scored       shop_churn             3
        1           2017-02-01 churn             ''     1     "1 orders, reason 1" "1 orders, reason 2" "1 orders, reason 3" scored       shop_churn             3
        0           2017-02-01 churn             ''     -     -                    -                    -                    no_history   -                      -
        7           2017-02-01 campaign_response c1     0.25  "4 orders, reason 1" "4 orders, reason 2" "4 orders, reason 3" scored       shop_campaign_response 5
        7           2017-02-01 campaign_response c2     0.25  "4 orders, reason 1" "4 orders, reason 2" "4 orders, reason 3" scored       shop_campaign_response 5
        0           2017-02-01 campaign_response c1     -     -                    -                    -                    no_history   -                      -
    """)


def test_a_population_brings_its_own_columns_beside_the_features_of_the_customer() -> None:
    kind = replace(
        churn.KIND,
        population=Population(
            "features_campaign_customers", "days_since_campaign_start > 5", "campaign_id"
        ),
    )
    tables = {
        "features_customers": given(CUSTOMERS),
        "features_campaign_customers": given(CAMPAIGNS),
    }
    assert actual(asked_of(kind, tables), "customer_id target order_count is_asked") == expected("""
        customer_id target order_count is_asked
        0           c1     0           false
        7           c1     4           false
        7           c2     4           true
    """)
    stray = replace(kind, population=Population("features_stores"))
    with pytest.raises(ValueError, match=r"is features_stores, which models_predictions does not"):
        asked_of(stray, tables)


@pytest.mark.parametrize(
    ("condition", "asked"),
    [
        ("order_count <> 5", [("1", 1), ("7", 4)]),
        ("order_count IS NULL OR order_count BETWEEN 1 AND 4", [("0", None), ("1", 1), ("7", 4)]),
        ("NOT customer_id IN ('7') AND order_count / 2 = 0.5", [("1", 1)]),
    ],
)
def test_whom_a_kind_scores_are_whom_it_learns_of(
    condition: str, asked: list[tuple[str, int | None]]
) -> None:
    """The scoring asks Spark, the training the rows in memory; a null does not hold."""
    text = CUSTOMERS.replace("0           0", "0           -")
    kind = replace(churn.KIND, population=Population(where=condition))
    customers = given(text)
    scored = asked_of(kind, {FEATURES: customers}).where("is_asked")
    assert sorted((row["customer_id"], row["order_count"]) for row in scored.collect()) == asked
    learned = rows_of(kind, {FEATURES: customers.toPandas()}, None)
    rows = zip(learned["customer_id"], learned["order_count"], strict=True)
    assert sorted((name, None if pd.isna(count) else int(count)) for name, count in rows) == asked


def test_every_customer_falls_in_a_cluster_also_one_without_an_order() -> None:
    champions = {"segments": PinnedModel(FewOrMany(), "shop_segments", "1")}
    assert built(models_cluster_assignments, given(CUSTOMERS), champions) == expected("""
        customer_id as_of      micro_segment
        7           2017-02-01 many
        7           2017-03-01 many
        1           2017-02-01 few
        0           2017-02-01 few
    """)


def test_without_a_model_of_segments_nobody_is_clustered() -> None:
    nobody = {"segments": None}
    assert built(models_cluster_assignments, given(CUSTOMERS), nobody) == expected("""
        customer_id as_of      micro_segment
        7           2017-02-01 not_clustered
        7           2017-03-01 not_clustered
        1           2017-02-01 not_clustered
        0           2017-02-01 not_clustered
    """)
