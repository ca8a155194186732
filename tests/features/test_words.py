"""What each feature says of its value to a person, as the reasons of a score quote it."""

import re

import pytest

from features.declaring import declared, words
from models.learning.reasons import sentence

ENDS_IN_A_WINDOW = re.compile(r"_(\d+)d$")
# by unit: the largest hour there is, and returns may leave any share; else:
LARGE = {"share": 12.345, "hour": 23.0}
LARGEST = 1234567.891
# What is said of null, 0, 1, 2 and a large value, over all time.
SAID = {
    "product_breadth": (
        "no product bought yet",
        "0 products bought at least once",
        "1 product bought at least once",
        "2 products bought at least once",
        "1,234,568 products bought at least once",
    ),
    "category_breadth": (
        "bought from no category yet",
        "bought from 0 categories",
        "bought from 1 category",
        "bought from 2 categories",
        "bought from 1,234,568 categories",
    ),
    "department_breadth": (
        "bought from no department yet",
        "bought from 0 departments",
        "bought from 1 department",
        "bought from 2 departments",
        "bought from 1,234,568 departments",
    ),
    "national_brand_share": (
        "no spending on products yet",
        "0 % of the spending on national brands",
        "100 % of the spending on national brands",
        "200 % of the spending on national brands",
        "1,234 % of the spending on national brands",
    ),
    "fresh_share": (
        "no spending on products yet",
        "0 % of the spending on fresh food",
        "100 % of the spending on fresh food",
        "200 % of the spending on fresh food",
        "1,234 % of the spending on fresh food",
    ),
    "amount_per_order": (
        "no order yet",
        "0 USD per order",
        "1 USD per order",
        "2 USD per order",
        "1,234,568 USD per order",
    ),
    "lines_per_order": (
        "no order yet",
        "0 lines per order",
        "1 line per order",
        "2 lines per order",
        "1,234,568 lines per order",
    ),
    "campaign_count": (
        "reached by no campaign yet",
        "reached by 0 campaigns",
        "reached by 1 campaign",
        "reached by 2 campaigns",
        "reached by 1,234,568 campaigns",
    ),
    "redemption_count": (
        "no coupon redeemed yet",
        "0 coupons redeemed",
        "1 coupon redeemed",
        "2 coupons redeemed",
        "1,234,568 coupons redeemed",
    ),
    "days_since_last_redemption": (
        "no coupon redeemed yet",
        "last coupon redeemed 0 days ago",
        "last coupon redeemed 1 day ago",
        "last coupon redeemed 2 days ago",
        "last coupon redeemed 1,234,568 days ago",
    ),
    "discount_share": (
        "no spending yet",
        "0 % of the price saved by discounts",
        "100 % of the price saved by discounts",
        "200 % of the price saved by discounts",
        "1,234 % of the price saved by discounts",
    ),
    "coupon_share": (
        "no spending yet",
        "0 % of the price paid by coupons",
        "100 % of the price paid by coupons",
        "200 % of the price paid by coupons",
        "1,234 % of the price paid by coupons",
    ),
    "order_count": (
        "no order yet",
        "0 orders",
        "1 order",
        "2 orders",
        "1,234,568 orders",
    ),
    "order_days": (
        "no order yet",
        "orders on 0 days",
        "orders on 1 day",
        "orders on 2 days",
        "orders on 1,234,568 days",
    ),
    "weekend_share": (
        "no order yet",
        "0 % of the order days at weekends",
        "100 % of the order days at weekends",
        "200 % of the order days at weekends",
        "1,234 % of the order days at weekends",
    ),
    "hour_mean": (
        "no order at a known hour yet",
        "usually shops around 0 o'clock",
        "usually shops around 1 o'clock",
        "usually shops around 2 o'clock",
        "usually shops around 23 o'clock",
    ),
    "evening_share": (
        "no order at a known hour yet",
        "0 % of the orders from 17 o'clock on",
        "100 % of the orders from 17 o'clock on",
        "200 % of the orders from 17 o'clock on",
        "1,234 % of the orders from 17 o'clock on",
    ),
    "amount_sum": (
        "nothing spent yet",
        "spent 0 USD",
        "spent 1 USD",
        "spent 2 USD",
        "spent 1,234,568 USD",
    ),
    "days_since_last_order": (
        "no order yet",
        "last order 0 days ago",
        "last order 1 day ago",
        "last order 2 days ago",
        "last order 1,234,568 days ago",
    ),
    "days_since_first_order": (
        "no order yet",
        "first order 0 days ago",
        "first order 1 day ago",
        "first order 2 days ago",
        "first order 1,234,568 days ago",
    ),
    "days_between_orders": (
        "no second day with an order yet",
        "usually 0 days between orders",
        "usually 1 day between orders",
        "usually 2 days between orders",
        "usually 1,234,568 days between orders",
    ),
    "silence_ratio": (
        "no second day with an order yet",
        "silent for 0 times the usual gap between orders",
        "silent for 1.0 times the usual gap between orders",
        "silent for 2.0 times the usual gap between orders",
        "silent for 1,234,568 times the usual gap between orders",
    ),
    "order_day_spread": (
        "no order in the last 91 days",
        "order days of the last 91 days vary by 0 days around their middle",
        "order days of the last 91 days vary by 1 day around their middle",
        "order days of the last 91 days vary by 2 days around their middle",
        "order days of the last 91 days vary by 1,234,568 days around their middle",
    ),
    "order_trend": (
        "no order in the last 91 days",
        "orders of the last 28 days are 0 times the quarter's pace",
        "orders of the last 28 days are 1.0 times the quarter's pace",
        "orders of the last 28 days are 2.0 times the quarter's pace",
        "orders of the last 28 days are 1,234,568 times the quarter's pace",
    ),
    "amount_trend": (
        "no spending in the last 91 days",
        "spending of the last 28 days is 0 times the quarter's pace",
        "spending of the last 28 days is 1.0 times the quarter's pace",
        "spending of the last 28 days is 2.0 times the quarter's pace",
        "spending of the last 28 days is 1,234,568 times the quarter's pace",
    ),
}


@pytest.mark.parametrize("name", declared())
def test_every_feature_says_its_value_with_its_unit(name: str) -> None:
    window = ENDS_IN_A_WINDOW.search(name)
    during = f" in the last {window.group(1)} days" if window else ""
    null, *others = SAID[ENDS_IN_A_WINDOW.sub("", name)]
    values = (None, 0, 1, 2, LARGE.get(declared()[name].unit, LARGEST))
    sentences = [sentence(name, value, words("USD")) for value in values]
    assert sentences == [
        null.replace(" yet", during or " yet"),
        *(text + during for text in others),
    ]


def test_no_feature_says_unknown_or_a_plural_of_one() -> None:
    sentences = [
        sentence(name, value, words("USD"))
        for name in declared()
        for value in (None, 0, 1, 1.0, 0.999, 1.04, -1)
    ]
    assert [
        text for text in sentences if "unknown" in text or re.search(r"(?<![.\d])1 \w+s\b", text)
    ] == []


@pytest.mark.parametrize(
    ("currency", "text"),
    [
        ("TWD", "spent 12.50 TWD in the last 28 days"),
        ("XXX", "spent 12.50 in the shop's currency in the last 28 days"),
    ],
)
def test_money_is_in_the_currency_of_the_shop(currency: str, text: str) -> None:
    assert sentence("amount_sum_28d", 12.5, words(currency)) == text
    assert {unit for _, _, unit, _ in words(currency).values()} == {
        currency,
        *(one.unit for one in declared().values()),
    } - {"currency"}
