"""A source that lists all entities deletes by leaving out, whatever the order in which its lists
arrive, are mended or withdrawn.
"""

from collections.abc import Callable
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.features.customers import newest_version
from jobs.stages.pipeline import declare_tables
from lakehouse.contract.errors import ContractError
from lakehouse.contract.mapping import refuse_unknown
from lakehouse.contract.table import TABLES
from lakehouse.store import delta
from settings.sources import Source
from tests.shops import Shop

DECLARED = """
zone: UTC
currency: EUR
first_day: 2020-03-01
sources:
  orders:
    format: csv
    delivery: occasional
    columns: [who, number, day, paid]
    event_date: order_date
    mapping: {customer_id: who, order_id: number, line_id: "'1'", order_date: day, amount: paid}
  customers:
    format: csv
    delivery: occasional
    columns: [who, zip]
    lists_all: true
    mapping: {customer_id: who, postcode: zip}
  campaigns:
    format: csv
    delivery: occasional
    columns: [number, who, begins, ends]
    lists_all: true
    refused_share: 0.5
    mapping: {campaign_id: number, customer_id: who, start_date: begins, end_date: ends}
"""
LISTS = {  # the third of March brings none
    "2020-03-01": ["ada,1", "bob,2"],
    "2020-03-02": ["ada,1", "cleo,3"],
    "2020-03-04": ["ada,4", "bob,2"],
}
BOB_GONE, CLEO_GONE = ("bob", None, True, "2020-03-02"), ("cleo", None, True, "2020-03-04")


def _deliver(shop: Shop, day: str, *rows: str) -> None:
    shop.write(f"customers/{day}/list.csv", "\n".join(["who,zip", *rows, ""]).encode())


def _versions(shop: Shop) -> list[tuple[Any, ...]]:
    rows = shop.records("silver_customers")
    return sorted(
        ((r["customer_id"], r["postcode"], r["is_deleted"], str(r["arrived_on"])) for r in rows),
        key=str,
    )


def test_whoever_is_left_out_is_deleted_on_that_day(
    shop_in: Callable[..., Shop], spark: SparkSession
) -> None:
    shop = shop_in("at_once", DECLARED)
    for day, rows in LISTS.items():
        _deliver(shop, day, *rows)
    shop.run("2020-03-01", "2020-03-05")
    assert _versions(shop) == [
        ("ada", "1", False, "2020-03-01"),
        ("ada", "1", False, "2020-03-02"),
        ("ada", "4", False, "2020-03-04"),
        ("bob", "2", False, "2020-03-01"),
        ("bob", "2", False, "2020-03-04"),
        BOB_GONE,
        ("cleo", "3", False, "2020-03-02"),
        CLEO_GONE,
    ]
    assert not shop.failed_checks()
    versions = delta.read(spark, shop.lake / "silver_customers").selectExpr(
        "*", "DATE'2020-03-03' AS as_of"
    )
    newest = newest_version(versions.where("arrived_on < as_of"), "customer_id")
    assert {row["customer_id"] for row in newest.collect()} == {"ada", "cleo"}


def test_lists_in_any_order_mended_and_withdrawn_end_in_the_same_rows(
    shop_in: Callable[..., Shop],
) -> None:
    clean = shop_in("clean", DECLARED)
    for day, rows in LISTS.items():
        _deliver(clean, day, *rows)
    clean.run("2020-03-01", "2020-03-05")

    shop = shop_in("disturbed", DECLARED)
    _deliver(shop, "2020-03-04", *LISTS["2020-03-04"])
    shop.run("2020-03-04", "2020-03-05")
    _deliver(shop, "2020-03-01", "ada,1", "dan,5")
    shop.run("2020-03-01", "2020-03-02")
    assert ("dan", None, True, "2020-03-04") in _versions(shop), (
        "the list after a late one is compared with it"
    )
    _deliver(shop, "2020-03-02", *LISTS["2020-03-02"])
    shop.run("2020-03-02", "2020-03-03")
    assert ("dan", None, True, "2020-03-02") in _versions(shop)
    _deliver(shop, "2020-03-01", *LISTS["2020-03-01"])
    _deliver(shop, "2020-03-03", "eve,6")
    shop.run("2020-03-01", "2020-03-04")
    assert ("eve", None, True, "2020-03-04") in _versions(shop)
    (shop.landing / "customers/2020-03-03/list.csv").unlink()
    shop.run("2020-03-03", "2020-03-04")
    assert _versions(shop) == _versions(clean)


def test_a_refused_row_is_on_the_list_and_a_withdrawal_needs_no_more_than_its_key(
    shop_in: Callable[..., Shop],
) -> None:
    shop = shop_in("campaigns", DECLARED)
    head = "number,who,begins,ends"
    shop.write(
        "campaigns/2020-03-01/list.csv",
        f"{head}\n1,ada,2020-03-01,2020-03-09\n1,bob,2020-03-01,2020-03-09\n".encode(),
    )
    shop.write(
        "campaigns/2020-03-02/list.csv",
        f"{head}\n1,ada,soon,2020-03-09\n2,cleo,2020-03-02,2020-03-09\n".encode(),
    )
    shop.run("2020-03-01", "2020-03-03")
    gone = [row for row in shop.records("silver_campaign_customers") if row["is_deleted"]]
    assert [(row["campaign_id"], row["customer_id"]) for row in gone] == [("1", "bob")], (
        "ada's second row cannot be read, but it is there"
    )
    assert len(shop.records("silver_campaign_customers_quarantine")) == 1


def test_a_table_that_keeps_no_deleted_rows_has_no_lists() -> None:
    declare_tables()
    source = Source(
        format="csv",
        delivery="occasional",
        columns=["sku"],
        mapping={"product_id": "sku"},
        lists_all=True,
    )
    with pytest.raises(ContractError, match="silver_promotions keeps no deleted ones"):
        refuse_unknown(source, TABLES["silver_promotions"])


def test_events_are_no_list() -> None:
    with pytest.raises(ValueError, match="lists_all is for entities"):
        Source(
            format="csv",
            delivery="daily",
            columns=["d"],
            mapping={"order_date": "d"},
            event_date="order_date",
            lists_all=True,
        )
