from tests.features.values import values_of
from tests.rows import expected


def test_campaigns_that_reached_the_customer_count_once() -> None:
    # `spring` came twice; 91 days ago counts, 92 does not
    rows = """
        customer_id days_ago campaign_id
        reached     1        spring
        reached     30       spring
        reached     91       autumn
        reached     92       winter
        long_ago    400      spring
    """
    assert values_of("campaign_count campaign_count_91d", rows) == expected("""
        customer_id campaign_count campaign_count_91d
        reached     3              2
        long_ago    1              0
        nobody      0              0
    """)


def test_redemptions_count_each_coupon_and_the_last_one_is_the_nearest() -> None:
    rows = """
        customer_id days_ago coupon_id
        redeemer    40       a
        redeemer    3        a
        redeemer    91       b
        redeemer    92       c
        yesterday   1        a
        long_ago    400      a
    """
    assert values_of(
        "redemption_count redemption_count_91d days_since_last_redemption", rows
    ) == expected("""
        customer_id redemption_count redemption_count_91d days_since_last_redemption
        redeemer    4                3                    3
        yesterday   1                1                    1
        long_ago    1                0                    400
        nobody      0                0                    -
    """)
