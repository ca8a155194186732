from __future__ import annotations

import pytest

from models.learning.units import counted, in_unit, plain, singular


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [
        (0, "orders", "0 orders"),
        (1, "orders", "1 order"),
        (1.0, "categories", "1 category"),
        (-1, "days", "-1 day"),
        (2, "orders", "2 orders"),
        (21, "days", "21 days"),
        (3.14159, "days", "3.1 days"),
        (1.04, "days", "1 day"),  # one as it is written
        (0.999, "lines", "1 line"),
        (99.96, "days", "100 days"),
        (100.4, "days", "100 days"),
        (0.25, "days", "0.25 days"),
        (0.004, "days", "less than 0.01 days"),
        (-0.004, "days", "just below 0 days"),
        (-0.0, "days", "0 days"),
        (1234567, "orders", "1,234,567 orders"),
        (9.5, "", "9.5"),
    ],
)
def test_counts(number: float, unit: str, text: str) -> None:
    assert in_unit(number, unit) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 USD"),
        (-0.0, "0 USD"),
        (0.004, "less than 0.01 USD"),
        (-0.004, "just below 0 USD"),
        (0.5, "0.50 USD"),
        (12.5, "12.50 USD"),
        (250, "250 USD"),
        (-12.345, "-12.35 USD"),
        (999.99, "999.99 USD"),
        (1000.4, "1,000 USD"),
        (1234567.89, "1,234,568 USD"),
    ],
)
def test_money(number: float, text: str) -> None:
    assert in_unit(number, "USD") == text


@pytest.mark.parametrize("unit", ["currency", "XXX"])
def test_money_of_a_shop_that_has_not_said_its_currency(unit: str) -> None:
    assert in_unit(12.5, unit) == "12.50 in the shop's currency"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0 %"),
        (-0.0, "0 %"),
        (0.0004, "less than 0.1 %"),
        (-0.0004, "just below 0 %"),
        (0.004, "0.4 %"),
        (0.01, "1 %"),
        (0.256, "26 %"),
        (0.99, "99 %"),
        (0.995, "99.5 %"),
        (0.99999, "more than 99.9 %"),
        (1, "100 %"),
        (12.5, "1,250 %"),
        (-0.25, "-25 %"),
    ],
)
def test_nothing_and_all_are_said_of_nothing_and_all_alone(share: float, text: str) -> None:
    assert in_unit(share, "share") == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (0, "0 times"),
        (0.004, "less than 0.01 times"),
        (0.04, "0.04 times"),
        (0.1, "0.1 times"),
        (0.44, "0.4 times"),
        (1, "1.0 times"),
        (9.94, "9.9 times"),
        (10, "10 times"),
        (1234.5678, "1,235 times"),
        (-0.5, "-0.5 times"),
    ],
)
def test_ratios(ratio: float, text: str) -> None:
    assert in_unit(ratio, "ratio") == text


@pytest.mark.parametrize(
    ("hour", "text"),
    [
        (0, "0 o'clock"),
        (1, "1 o'clock"),
        (16.6, "17 o'clock"),
        (23.2, "23 o'clock"),
        (23.6, "0 o'clock"),
    ],
)
def test_hours(hour: float, text: str) -> None:
    assert in_unit(hour, "hour") == text


@pytest.mark.parametrize(
    ("many", "one"),
    [
        ("orders", "order"),
        ("categories", "category"),
        ("purchases", "purchase"),
        ("boxes", "box"),
        ("classes", "class"),
        ("wishes", "wish"),
    ],
)
def test_one_of_a_plural(many: str, one: str) -> None:
    assert singular(many) == one


def test_a_number_alone_and_about_one() -> None:
    assert plain(1234.5) == "1,234"
    assert counted("about 1", "orders") == "about 1 order"
    assert counted("about 1", "") == "about 1"
