"""The real promotions of the first week: every row arrives once, in the week that the shop's
calendar says.
"""

from datetime import date
from pathlib import Path

import pytest

from headwater.demo.shops import complete_journey
from tests.shops import Shop


@pytest.mark.own_jvm("so many rows want both of Java's compilers")
def test_promotions_arrive_once_in_their_week(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.only("promotions")
    assert (
        complete_journey.deliver_promotions(shop.landing, shop.settings, date(2017, 1, 2)) == 1
    ), "the week that began in 2016"
    assert complete_journey.deliver_promotions(shop.landing, shop.settings, date(2017, 1, 9)) == 2
    shop.run_apart("2017-01-01", "2017-01-02")
    with shop.views() as views:
        weeks = "SELECT promotion_week, count(*) FROM silver_promotions GROUP BY 1 ORDER BY 1"
        assert views.execute(weeks).fetchall() == [(date(2016, 12, 26), 386_086)]
        assert views.execute("SELECT count(*) FROM bronze_promotions").fetchone() == (386_086,)
