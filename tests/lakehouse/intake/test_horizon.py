"""Until when deliveries are known, and how far beyond them a snapshot may lie."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobs.stages.pipeline import declare_tables
from lakehouse.base.run import Run
from lakehouse.intake.horizon import (
    TooFarAhead,
    known_until,
    newest_delivery,
    refuse_far_ahead,
    too_far_ahead,
)
from lakehouse.store import delta, ops
from lakehouse.store.context import Context, lake_of
from settings.model import Settings, Tenant, load_settings
from tests.shops import Shop, file_record

DECLARED = """
zone: UTC
currency: EUR
first_day: 2020-01-01
sources:
  orders:
    format: csv
    delivery: occasional
    columns: [who, number, day, paid]
    event_date: order_date
    mapping: {customer_id: who, order_id: number, line_id: number, order_date: day, amount: paid}
  customers:
    format: csv
    delivery: occasional
    columns: [who]
    mapping: {customer_id: who}
"""
DAY = date(2020, 3, 2)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The shop in an empty home."""
    declare_tables()
    monkeypatch.setenv("HEADWATER_HOME", str(tmp_path))
    tenant = Tenant.model_validate({"name": "any_shop", **yaml.safe_load(DECLARED)})
    return load_settings("complete_journey").model_copy(update={"tenant": tenant})


def context(settings: Settings, *as_ofs: date, end: date = DAY + timedelta(days=1)) -> Context:
    spark: Any = None  # the manifest is read without one
    return Context(spark, settings, Run("any_shop", DAY, end, as_ofs))


def note(settings: Settings, source: str, day: date, state: str = "loaded") -> None:
    file = file_record(context(settings).run, source, f"{source}/{day}/a.csv", day, state)
    ops.record_files(lake_of(settings), [file])


def test_orders_are_known_until_the_day_after_the_newest_that_is_loaded(settings: Settings) -> None:
    assert known_until(settings, "bronze_orders") is None
    note(settings, "orders", DAY)
    note(settings, "customers", date(2020, 3, 9))  # tells of no order
    # a day that was found without its delivery
    note(settings, "orders", date(2020, 3, 4), "missing")
    assert known_until(settings, "bronze_orders") == date(2020, 3, 3)
    note(settings, "orders", date(2020, 3, 5))
    assert known_until(settings, "bronze_orders") == date(2020, 3, 6)
    note(settings, "orders", date(2020, 3, 5), "withdrawn")
    assert known_until(settings, "bronze_orders") == date(2020, 3, 3)
    assert known_until(settings, "bronze_coupons") is None, (
        "a source that the shop does not deliver"
    )
    assert newest_delivery(lake_of(settings), settings.tenant.sources) == date(2020, 3, 9)


def test_a_snapshot_may_lie_35_days_after_the_newest_delivery_and_no_more(
    settings: Settings,
) -> None:
    # nothing was ever delivered: there is nothing to lie far ahead of
    refuse_far_ahead(context(settings, date(2042, 3, 3)))
    note(settings, "orders", DAY)
    refuse_far_ahead(context(settings, DAY, DAY + timedelta(days=35)))
    with pytest.raises(TooFarAhead) as caught:
        refuse_far_ahead(context(settings, DAY, date(2042, 3, 3)))
    assert str(caught.value).startswith(
        "any_shop: a snapshot as of 2042-03-03 would lie 8,036 days after 2020-03-02, the newest delivery; at most 35 are allowed "
        "(snapshots.days_ahead in conf/base.yml)"
    )
    assert too_far_ahead(settings, {date(2042, 3, 3), DAY, DAY + timedelta(days=35)}) == [
        date(2042, 3, 3)
    ]
    with pytest.raises(TooFarAhead, match="36 days after 2020-03-02"):
        refuse_far_ahead(context(settings, DAY + timedelta(days=36)))


def test_a_run_that_takes_deliveries_in_is_measured_at_its_own_last_day(settings: Settings) -> None:
    end = date(2020, 6, 1)
    note(settings, "orders", DAY)
    refuse_far_ahead(context(settings, end=end), arriving=True)
    with pytest.raises(TooFarAhead, match="after 2020-05-31, the last day that this run takes in"):
        refuse_far_ahead(context(settings, date(2021, 1, 1), end=end), arriving=True)


def deliver(shop: Shop, arrived: str, *lines: str) -> None:
    shop.write(
        f"orders/{arrived}/orders.csv", "\n".join(["who,number,day,paid", *lines, ""]).encode()
    )


def test_far_ahead_nothing_is_built_and_a_null_label_is_completed_by_later_deliveries(
    shop_in: Callable[..., Shop],
) -> None:
    shop = shop_in("shop", DECLARED)
    deliver(shop, "2020-03-02", "back,b1,2020-02-20,1", "away,a1,2020-02-21,1")
    with pytest.raises(TooFarAhead, match="8,036 days after 2020-03-02"):
        shop.run(
            "2020-03-02",
            "2020-03-03",
            "ingest",
            "silver",
            "features",
            "score",
            "gold",
            "release",
            as_of=("2042-03-03",),
        )
    assert delta.tables(shop.lake) == []
    # as of 03-31 the newest window begins on 03-03, and orders are known until then only
    stages = ("ingest", "silver", "features", "labels")
    shop.run("2020-03-02", "2020-03-03", *stages, as_of=("2020-03-31",))
    assert labels(shop, "2020-03-03") == [
        ("away", "None", "2020-03-03"),
        ("back", "None", "2020-03-03"),
    ]
    deliver(shop, "2020-03-30", "back,b2,2020-03-20,1")
    shop.run("2020-03-30", "2020-03-31", *stages)
    assert labels(shop, "2020-03-03") == [
        ("away", "True", "2020-03-31"),
        ("back", "False", "2020-03-31"),
    ]
    # a run that takes nothing in: the stage itself looks how old the newest delivery is
    with pytest.raises(TooFarAhead, match="36 days after 2020-03-30, the newest delivery"):
        shop.run("2020-05-04", "2020-05-05", "ingest", "silver", "features")


def labels(shop: Shop, as_of: str) -> list[tuple[str, ...]]:
    rows = shop.rows("features_labels", "as_of", "customer_id", "is_churned_28d", "known_until")
    return [row[1:] for row in rows if row[0] == as_of]
