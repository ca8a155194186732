from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from models.learning.reasons import (
    readable,
    reasons_in_words,
    saved_words,
    sentence,
    value_in_words,
)

WORDS = {
    "days_since_last_order": ("recency", "last order {value} ago", "days", "no order yet"),
    "amount_sum": ("monetary", "spent {value}", "USD", "nothing spent yet"),
}
RISK = ("raises risk", "lowers risk")


def test_windows_of_one_feature_are_one_reason_and_the_strongest_speaks() -> None:
    contributions = pd.DataFrame(
        {
            "order_count_28d": [0.3],
            "order_count_91d": [0.4],
            "days_since_last_order": [-0.5],
            "basket_mean": [0.0],
        },
    )
    values = pd.DataFrame(
        {
            "order_count_28d": [0],
            "order_count_91d": [1],
            "days_since_last_order": [3.0],
            "basket_mean": [9.5],
        }
    )
    # The order_count family sums to 0.7 and comes first although each member is below 0.5; what
    # moved nothing is no reason.
    assert reasons_in_words(contributions, values, WORDS, RISK).iloc[0].tolist() == [
        "order count in the last 91 days: 1 order (raises risk)",
        "last order 3 days ago (lowers risk)",
        None,
    ]


def test_features_of_one_declared_family_are_one_reason() -> None:
    # orders and order days say the same thing: together they are the strongest, and the stronger of
    # them speaks
    words = {
        "order_count_91d": ("frequency", "{value}", "orders", "no order"),
        "order_days_91d": ("frequency", "orders on {value}", "days", "no order"),
    }
    contributions = pd.DataFrame(
        {"order_count_91d": [0.2], "order_days_91d": [0.3], "discount_share": [0.4]}
    )
    values = pd.DataFrame({"order_count_91d": [0], "order_days_91d": [0], "discount_share": [0.1]})
    sentences = reasons_in_words(contributions, values, words, RISK).iloc[0].tolist()
    assert sentences == [
        "orders on 0 days (raises risk)",
        "discount share: 10 % (raises risk)",
        None,
    ]


def test_a_family_speaks_with_the_member_that_agrees_with_it() -> None:
    # Together -0.1: the member that lowers speaks, though the one that raises is as near to zero.
    contributions = pd.DataFrame({"amount_sum_7d": [0.4], "amount_sum_28d": [-0.5]})
    values = pd.DataFrame({"amount_sum_7d": [1], "amount_sum_28d": [250]})
    assert (
        reasons_in_words(contributions, values, {}, ("up", "down")).iloc[0, 0]
        == "amount sum in the last 28 days: 250 in the shop's currency (down)"
    )


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (Decimal("1234.56"), "USD", "1,235 USD"),
        (np.float64(3.14159), "days", "3.1 days"),
        (12, "orders", "12 orders"),
        ("35-49K", "", "35-49K"),
        (True, "", "yes"),
        (np.bool_(False), "", "no"),
    ],
)
def test_values_as_people_write_them(value: object, unit: str, text: str) -> None:
    assert value_in_words(value, unit) == text


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("days_since_last_order", None, "no order yet"),
        ("days_since_last_order", np.nan, "no order yet"),
        ("days_since_last_order", pd.NA, "no order yet"),
        ("days_since_last_order", 1.0, "last order 1 day ago"),
        ("days_since_last_order", 40, "last order 40 days ago"),
        ("amount_sum", 12.5, "spent 12.50 USD"),
    ],
)
def test_registered_words_say_the_value_with_its_unit(name: str, value: object, text: str) -> None:
    assert sentence(name, value, WORDS) == text


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("order_count_28d", 1, "order count in the last 28 days: 1 order"),
        ("category_count", 3.0, "category count: 3 categories"),
        ("amount_sum_91d", 250, "amount sum in the last 91 days: 250 in the shop's currency"),
        ("amount_share", 0.004, "amount share: 0.4 %"),
        ("amount_trend", 0, "amount trend: 0 times"),
        ("visit_ratio", 1, "visit ratio: 1.0 times"),
        ("hour_mean", 16.6, "hour mean: 17 o'clock"),
        ("days_since_visit", 1, "days since visit: 1 day"),
        ("gap_days_mean", None, "gap days mean: none"),
        ("lines_per_order", 1, "lines per order: 1 line"),
        ("basket_mean", 1234.5, "basket mean: 1,234"),
        ("count", 2, "count: 2"),
        ("is_member", True, "is member: yes"),
        ("favourite_shop", "north", "favourite shop: north"),
        ("favourite_shop", "unknown", "favourite shop not told"),
        ("demographic_home_ownership", "Renter", "home ownership: Renter"),
        ("demographic_home_ownership", "unknown", "home ownership not told"),
        ("demographic_home_ownership", None, "home ownership not told"),
    ],
)
def test_without_registered_words_the_name_tells_what_the_value_is(
    name: str, value: object, text: str
) -> None:
    assert sentence(name, value, {}) == text


def test_names_are_made_readable() -> None:
    assert readable("demographic_home_ownership") == "home ownership"
    assert readable("amount_sum_28d") == "amount sum in the last 28 days"


def test_words_saved_without_units_are_left_out() -> None:
    # a champion saved before words had units: its name tells the unit instead of "last order 1 days
    # ago"
    old, new = (
        ["recency", "last order {value} days ago"],
        ["monetary", "spent {value}", "USD", "nothing spent yet"],
    )
    assert saved_words({"days_since_last_order": old, "amount_sum": new}) == {
        "amount_sum": tuple(new)
    }
    assert (
        sentence("days_since_last_order", 1, saved_words({"days_since_last_order": old}))
        == "days since last order: 1 day"
    )
