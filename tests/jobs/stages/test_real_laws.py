"""The laws of runs on real data: 60 households, six weeks, with real Spark and Delta."""

import gzip
from collections.abc import Callable
from pathlib import Path

from lakehouse.store import ops
from settings.sources import Source
from tests.champions import crown, snapshot_tables
from tests.shops import Shop

CUSTOMERS = 60
SILVER = (
    "silver_order_lines",
    "silver_customer_days",
    "silver_customer_product_days",
    "silver_customers",
)
LOOK_AHEAD = {"features_labels"}  # what happened after the date is what they are for
# the demo's shop hears of nobody from third parties
ENRICHMENTS = {
    "format": "csv",
    "delivery": "occasional",
    "columns": ["kind", "id", "income"],
    "mapping": {
        "provider": "'atlas'",
        "subject": "kind",
        "subject_id": "id",
        "attributes": "to_json(named_struct('income', income))",
    },
}
OF_LINES = (
    "order_id",
    "line_id",
    "customer_id",
    "product_id",
    "store_id",
    "ordered_at",
    "order_date",
    "quantity",
    "amount",
    "discount",
)
SNAPSHOTS = ("features", "score", "gold")


def shop_until(shop_in: Callable[[str], Shop], name: str, until: str) -> Shop:
    shop = shop_in(name)
    shop.land(until, CUSTOMERS)
    return shop


def same(one: Shop, other: Shop, *tables: str) -> None:
    for table in tables:
        rows = one.rows(table)
        assert rows, f"{table} is empty: nothing is compared"
        assert rows == other.rows(table), table


def of_date(shop: Shop, table: str, day: str) -> list[tuple[str, ...]]:
    rows = shop.rows(table, "as_of", *sorted(shop.columns(table)))
    return [row for row in rows if row[0] == day]


def test_range_a_range_equals_its_days_and_their_snapshots(shop_in: Callable[[str], Shop]) -> None:
    daily, ranged = (
        shop_until(shop_in, "daily", "2017-01-15"),
        shop_until(shop_in, "ranged", "2017-01-15"),
    )
    daily.run("2017-01-01", "2017-01-13", "ingest", "silver")
    for start, end in (("2017-01-13", "2017-01-14"), ("2017-01-14", "2017-01-15")):
        daily.run(start, end, "ingest", "silver", "features")
    ranged.run(
        "2017-01-01",
        "2017-01-15",
        "ingest",
        "silver",
        "features",
        as_of=("2017-01-14", "2017-01-15"),
    )
    same(daily, ranged, "bronze_orders", *SILVER, "features_customers")
    assert {row[0] for row in ranged.rows("features_customers", "as_of")} == {
        "2017-01-14",
        "2017-01-15",
    }


def test_before_a_snapshot_does_not_change_when_later_events_arrive_and_again_gives_the_same_rows(
    shop_in: Callable[[str], Shop],
) -> None:
    shop = shop_until(shop_in, "shop", "2017-02-12")
    hear_of_customers(shop, "2017-02-01", "low")
    hear_of_customers(shop, "2017-02-08", "high")
    shop.run("2017-01-01", "2017-02-05", "ingest", "silver", "features")
    crown(shop, "2017-02-05")
    shop.run("2017-02-04", "2017-02-05", "score", "gold")
    tables = [name for name in snapshot_tables() if name not in LOOK_AHEAD]
    published = {table: of_date(shop, table, "2017-02-05") for table in tables}
    assert [table for table in tables if not published[table]] == [], "nothing is compared of these"
    assert {row["score_status"] for row in shop.records("gold_customer_scores")} >= {"scored"}
    shop.run("2017-02-05", "2017-02-12", "ingest", "silver")
    shop.run("2017-02-05", "2017-02-12", *SNAPSHOTS, as_of=("2017-02-05",))
    assert [
        table for table in tables if of_date(shop, table, "2017-02-05") != published[table]
    ] == []


def hear_of_customers(shop: Shop, day: str, income: str) -> None:
    """Have a third party tell the income of each customer."""
    tenant = shop.settings.tenant
    sources = {**tenant.sources, "enrichments": Source.model_validate(ENRICHMENTS)}
    shop.settings = shop.settings.model_copy(
        update={"tenant": tenant.model_copy(update={"sources": sources})}
    )
    lines = [
        "kind,id,income",
        *(f"customer,{number},{income}" for number in range(1, CUSTOMERS + 1)),
        "",
    ]
    shop.write(f"enrichments/{day}/atlas.csv", "\n".join(lines).encode())


def test_late_lines_repair_silver_and_mark_the_snapshot_that_stays(
    shop_in: Callable[[str], Shop],
) -> None:
    clean, late = (
        shop_until(shop_in, "clean", "2017-02-08"),
        shop_until(shop_in, "late", "2017-02-08"),
    )
    hold_back(late.landing / "orders", ["2017-02-01", "2017-02-02"], until="2017-02-06")
    clean.run(
        "2017-01-01",
        "2017-02-08",
        "ingest",
        "silver",
        "features",
        as_of=("2017-02-05", "2017-02-08"),
    )
    late.run("2017-01-01", "2017-02-05", "ingest", "silver", "features")
    published = late.rows("features_customers")
    assert published != clean.rows("features_customers"), "nothing was held back"
    late.run("2017-02-05", "2017-02-08", "ingest", "silver")
    assert late.rows("silver_order_lines", *OF_LINES) == clean.rows("silver_order_lines", *OF_LINES)
    same(late, clean, "silver_customer_days", "silver_customer_product_days")
    assert late.rows("features_customers") == published, (
        "a published snapshot stays until someone names its date"
    )
    assert {(s.table_name, str(s.as_of)) for s in ops.stale_snapshots(late.lake)} == {
        ("features_customers", "2017-02-05"),
        ("features_campaign_customers", "2017-02-05"),  # it reads the other
    }
    late.run("2017-02-05", "2017-02-08", "features", as_of=("2017-02-05", "2017-02-08"))
    same(late, clean, "features_customers")
    assert ops.stale_snapshots(late.lake) == []


def hold_back(orders: Path, days: list[str], until: str) -> None:
    """Take every third line out of the days' files and deliver it with the file of a later day."""
    later = orders / until / "orders.csv.gz"
    header, *lines = gzip.decompress(later.read_bytes()).decode().splitlines()
    for day in days:
        path = orders / day / "orders.csv.gz"
        _, *delivered = gzip.decompress(path.read_bytes()).decode().splitlines()
        lines += delivered[::3]
        kept = [text for number, text in enumerate(delivered) if number % 3]
        path.write_bytes(gzip.compress("\n".join([header, *kept, ""]).encode()))
    later.write_bytes(gzip.compress("\n".join([header, *lines, ""]).encode()))
