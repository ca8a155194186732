from tests.features.values import values_of
from tests.rows import expected


def test_discounts_as_a_share_of_the_price_without_them() -> None:
    # the window ends after 91 days; full price; all of it given away; nothing paid and nothing
    # saved, or a sum of 0, has no share
    rows = """
        customer_id days_ago amount_sum discount_sum coupon_discount_sum
        saver       91       2          2            1
        saver       92       4          0            0
        full_price  3        7          0            0
        gift        3        0          5            5
        nothing     3        0          0            0
        cancelled   3        5          5            5
        cancelled   2        -10        0            0
        long_ago    200      3          1            1
    """
    assert values_of("discount_share discount_share_91d", rows) == expected("""
        customer_id discount_share discount_share_91d
        saver       0.25           0.5
        full_price  0              0
        gift        1              1
        nothing     -              -
        cancelled   -              -
        long_ago    0.25           -
        nobody      -              -
    """)
    assert values_of("coupon_share coupon_share_91d", rows) == expected("""
        customer_id coupon_share coupon_share_91d
        saver       0.142857143  0.333333333
        full_price  0            0
        gift        1            1
        nothing     -            -
        cancelled   -            -
        long_ago    0.25         -
        nobody      -            -
    """)
