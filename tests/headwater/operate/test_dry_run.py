"""What a run would touch is told before it runs, and nothing is written meanwhile."""

from collections.abc import Callable
from datetime import date

from headwater.operate.dry_run import previews
from jobs.stages.pipeline import run_with_stale
from lakehouse.base.run import Run
from lakehouse.store import ops
from tests.shops import TENANT, Shop, line

DAY, NEXT, END = "2017-01-02", "2017-01-03", "2017-01-04"
ONE = Run(TENANT, date(2017, 1, 2), date(2017, 1, 4))


def test_a_plan_names_files_days_and_snapshots_and_repair_publishes_them_anew(
    shop_in: Callable[..., Shop],
) -> None:
    shop = shop_in("shop")
    shop.deliver(DAY, line("7", "o1", "p1", "1.50", DAY))
    first, _ = previews(shop.settings, ONE)
    assert [preview.source for preview in first] == ["orders", "redemptions"], (
        "the others bring nothing and lack nothing"
    )
    orders = first[0]
    assert (dict(orders.files), orders.missing) == ({"new": 1, "withdrawn": 0}, [date(2017, 1, 3)])
    assert shop.rows("ops_files") == shop.rows("ops_runs") == [], "nothing was written"
    shop.deliver(NEXT, line("7", "o2", "p1", "2.50", NEXT))
    shop.run(DAY, END, "ingest", "silver", "features", as_of=(NEXT, END))
    shop.deliver(NEXT, line("7", "o2", "p1", "9.00", DAY))  # corrected, and moved to the day before
    sources, stale = previews(
        shop.settings, Run(TENANT, date(2017, 1, 3), date(2017, 1, 4), (date(2017, 1, 9),))
    )
    (orders,) = [preview for preview in sources if preview.source == "orders"]
    assert dict(orders.files) == {"changed": 1, "withdrawn": 0}
    assert orders.event_days == [date(2017, 1, 2), date(2017, 1, 3)], (
        "where the line is now, and where it stands"
    )
    assert [(row["table_name"], str(row["as_of"])) for row in stale] == [
        ("features_customers", NEXT),
        ("features_customers", END),
    ]
    with shop.at_home():
        run_with_stale(
            shop.settings,
            Run(TENANT, date(2017, 1, 3), date(2017, 1, 4)),
            ["ingest", "silver", "features"],
        )
    assert shop.rows("features_customers", "as_of", "amount_sum") == [
        (NEXT, "10.5000"),
        (END, "10.5000"),
    ]
    assert ops.stale_snapshots(shop.lake) == []
