"""Refused rows are listed by reason, come back once after a fix, and are put aside only with a
reason.
"""

from collections.abc import Callable

import pytest

from headwater.operate import quarantine
from settings.model import Settings
from tests.shops import Shop, line

DAY, NEXT = "2017-01-02", "2017-01-03"
GOOD = [line("7", f"o{n}", "p1", "1.50", DAY) for n in range(60)]

BAD = [
    line("7", "bad1", "p1", "EUR 1.50", DAY),
    line("7", "bad2", "p1", "EUR 2.50", DAY),
    line("", "bad3", "p1", "1.00", DAY),
]


def test_refused_rows_are_listed_replayed_once_and_dropped(shop_in: Callable[..., Shop]) -> None:
    shop = shop_in("shop")
    shop.deliver(DAY, *GOOD, *BAD)
    shop.run(DAY, NEXT)
    # two kinds of reason, although the two amounts differ; a value that is not readable is missing,
    # too
    assert list(
        quarantine.summary(shop.settings)[["reason", "rows"]].itertuples(index=False, name=None)
    ) == [
        ("amount is missing or cannot be read", 2),
        ("amount: … is not a decimal(…)", 2),
        ("customer_id is missing or cannot be read", 1),
    ]
    shop.settings = without_currency(shop)
    for before in (3, 1):  # the second replay changes nothing
        assert quarantine.replay(shop.settings, "silver_order_lines")[:2] == (before, 1)
        assert [
            row
            for row in shop.rows("silver_order_lines", "order_id", "amount")
            if row[0].startswith("bad")
        ] == [
            ("bad1", "1.5000"),
            ("bad2", "2.5000"),
        ]
    with pytest.raises(ValueError, match="no refused row of silver_order_lines is of nothing"):
        quarantine.drop(shop.settings, "silver_order_lines", "nothing", None, "test", "me")
    assert (
        quarantine.drop(
            shop.settings,
            "silver_order_lines",
            f"orders/{DAY}/orders.csv.gz",
            64,
            "a test of the till",
            "me",
        )
        == 1
    )
    assert quarantine.refused_rows(shop.settings).empty
    assert shop.rows("ops_dropped", "who", "why", "source_line") == [
        ("me", "a test of the till", "64")
    ]
    with pytest.raises(ValueError, match="Did you mean silver_order_lines"):
        quarantine.refused_rows(shop.settings, "silver_orderlines")


def without_currency(shop: Shop) -> Settings:
    orders = shop.settings.tenant.sources["orders"]
    mended = orders.model_copy(
        update={"mapping": {**orders.mapping, "amount": "replace(sales_value, 'EUR ', '')"}}
    )
    tenant = shop.settings.tenant.model_copy(
        update={"sources": {**shop.settings.tenant.sources, "orders": mended}}
    )
    return shop.settings.model_copy(update={"tenant": tenant})
