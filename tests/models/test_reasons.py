from __future__ import annotations

import pandas as pd
import pytest

from models.reasons import readable, reasons_in_words, sentence, value_in_words

WORDS = {"days_since_last_order": ("recency", "last order {value} days ago")}


def test_windows_of_one_feature_are_one_reason_and_the_strongest_speaks() -> None:
    contributions = pd.DataFrame(
        {"order_count_28d": [0.3], "order_count_91d": [0.4], "days_since_last_order": [-0.5], "basket_mean": [0.0]},
    )
    values = pd.DataFrame({"order_count_28d": [0], "order_count_91d": [1], "days_since_last_order": [3.0], "basket_mean": [9.5]})
    # The order_count family sums to 0.7 and comes first although each member is below 0.5; what moved nothing is no reason.
    assert reasons_in_words(contributions, values, WORDS).iloc[0].tolist() == [
        "order count in the last 91 days: 1 (raises risk)",
        "last order 3 days ago (lowers risk)",
        None,
    ]


def test_features_of_one_declared_family_are_one_reason() -> None:
    # orders and order days say the same thing: together they are the strongest, and the stronger of them speaks
    words = {"order_count_91d": ("frequency", "{value} orders"), "order_days_91d": ("frequency", "orders on {value} days")}
    contributions = pd.DataFrame({"order_count_91d": [0.2], "order_days_91d": [0.3], "discount_share": [0.4]})
    values = pd.DataFrame({"order_count_91d": [0], "order_days_91d": [0], "discount_share": [0.1]})
    said = reasons_in_words(contributions, values, words).iloc[0].tolist()
    assert said == ["orders on 0 days (raises risk)", "discount share: 10 % (raises risk)", None]


def test_a_family_speaks_with_the_member_that_agrees_with_it() -> None:
    # Together -0.1: the member that lowers speaks, though the one that raises is as near to zero.
    contributions = pd.DataFrame({"amount_sum_7d": [0.4], "amount_sum_28d": [-0.5]})
    values = pd.DataFrame({"amount_sum_7d": [1], "amount_sum_28d": [250]})
    assert reasons_in_words(contributions, values, {}).iloc[0, 0] == "amount sum in the last 28 days: 250 (lowers risk)"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("order_count", 12.0, "12"),
        ("amount_sum", 1234.56, "1,235"),
        ("gap_days_mean", 3.14159, "3.1"),
        ("ratio", 0.0456, "0.046"),
        ("discount_share", 0.256, "26 %"),
        ("demographic_income", "35-49K", "35-49K"),
        ("gap_days_mean", None, "unknown"),
    ],
)
def test_values_as_people_write_them(name: str, value: object, words: str) -> None:
    assert value_in_words(name, value) == words


def test_names_without_a_template_are_made_readable() -> None:
    assert readable("demographic_home_ownership") == "home ownership"
    assert sentence("days_since_last_order", None, WORDS) == "days since last order: unknown"
