"""An order falls on its business day in the tenant's zone: on days of 23 and 25 hours, ends of
years and leap days, on any machine.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from lakehouse.base.spark import session
from settings.errors import SettingsError
from settings.model import load_settings
from settings.places import ROOT
from tests.shops import TENANT, Shop

DECLARED = """
zone: {zone}
currency: EUR
first_day: 2015-12-30
sources:
  orders:
    format: csv
    delivery: daily
    columns: [who, number, at]
    event_date: order_date
    mapping:
      customer_id: who
      order_id: number
      line_id: "'1'"
      ordered_at: try_to_timestamp(at, 'yyyy-MM-dd HH:mm:ss')
      order_date: to_date(from_utc_timestamp(try_to_timestamp(at, 'yyyy-MM-dd HH:mm:ss'), '{zone}'))
      amount: "'1'"
"""
# Clocks change by an hour in New York, by half an hour on Lord Howe; Kolkata is half an hour off
# and never changes.
CHANGES = {
    "America/New_York": ("2016-03-13", "2016-11-06"),
    "Australia/Lord_Howe": ("2016-04-03", "2016-10-02"),
    "Asia/Kolkata": (),
}
ENDS = ("2015-12-31", "2016-02-28", "2016-02-29", "2016-12-31")
ARRIVED, NEXT = "2017-01-03", "2017-01-04"


def instants(zone: str) -> Iterator[datetime]:
    """Every half hour of UTC from a day before each of the days on, as far as it may last anywhere
    on Earth.
    """
    for day in (*CHANGES[zone], *ENDS):
        day_before = datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(days=1)
        yield from (day_before + timedelta(minutes=30 * half) for half in range(2 * (24 + 24 + 12)))


def deliver(shop: Shop, zone: str) -> dict[str, datetime]:
    """One order per instant, all in one delivery; returns the shop's own time by order number."""
    orders = {f"o{number}": instant for number, instant in enumerate(sorted({*instants(zone)}))}
    lines = [f"c,{number},{instant:%Y-%m-%d %H:%M:%S}" for number, instant in orders.items()]
    shop.write(f"orders/{ARRIVED}/orders.csv", "\n".join(["who,number,at", *lines, ""]).encode())
    return {number: instant.astimezone(ZoneInfo(zone)) for number, instant in orders.items()}


def on_any_machine(shop: Shop, zone: str, folder: Path) -> None:
    """The run in a process of its own, on a machine far from the shop."""
    conf = folder / "conf"
    for part in ("base.yml", "columns.yml", "environments/laptop.yml"):
        (conf / part).parent.mkdir(parents=True, exist_ok=True)
        (conf / part).write_bytes((ROOT / "conf" / part).read_bytes())
    (conf / "tenants").mkdir()
    (conf / "tenants/any_shop.yml").write_text(DECLARED.format(zone=zone))
    places = {
        "HEADWATER_HOME": str(shop.home),
        "HEADWATER_CONF": str(conf),
        "TZ": "Pacific/Chatham",
    }
    run = ["run", "ingest", "silver", "--tenant", "any_shop", "--start", ARRIVED, "--end", NEXT]
    subprocess.run(
        [sys.executable, "-m", "jobs.main", *run],
        check=True,
        cwd=ROOT,
        env={**os.environ, **places},
    )


@pytest.mark.own_jvm("one of the runs is on a machine in another zone")
@pytest.mark.parametrize("zone", CHANGES)
def test_every_instant_falls_on_its_day_and_hour(
    zone: str, shop_in: Callable[..., Shop], tmp_path: Path
) -> None:
    shop = shop_in("shop", DECLARED.format(zone=zone))
    local = deliver(shop, zone)
    if zone == "America/New_York":
        on_any_machine(shop, zone, tmp_path)
    else:
        shop.run(ARRIVED, NEXT)
    assert {row["order_id"]: row["order_date"] for row in shop.records("silver_order_lines")} == {
        n: at.date() for n, at in local.items()
    }
    orders = Counter(at.date() for at in local.values())
    hours, evenings = Counter[object](), Counter[object]()
    for at in local.values():
        hours[at.date()] += at.hour
        evenings[at.date()] += at.hour >= 17
    assert {
        row["order_date"]: (row["order_count"], row["order_hour_sum"], row["evening_order_count"])
        for row in shop.records("silver_customer_days")
    } == {day: (count, hours[day], evenings[day]) for day, count in orders.items()}
    for day in CHANGES[zone]:
        assert orders[datetime.fromisoformat(day).date()] != 48, (
            "a day on which clocks change does not have 48 half hours"
        )


def test_a_session_that_would_read_times_otherwise_is_refused() -> None:
    settings = load_settings(TENANT)
    conf = {"spark.sql.session.timeZone": "Asia/Kolkata"}
    changed = settings.model_copy(
        update={"spark": settings.spark.model_copy(update={"conf": conf})}
    )
    with pytest.raises(SettingsError, match=r"spark\.sql\.session\.timeZone cannot be set"):
        session(changed)
