"""What third parties say reaches each customer with its provider, as it was known and valid on
the as-of date.
"""

import json
from collections.abc import Callable
from datetime import date

from pyspark.sql import SparkSession

from lakehouse.base.run import Run
from lakehouse.build.runner import build
from lakehouse.contract.table import TABLES
from lakehouse.store.context import Context
from tests.shops import Shop

DECLARED = """
zone: UTC
currency: EUR
first_day: 2020-03-01
sources:
  orders:
    format: csv
    delivery: daily
    columns: [who, number, day, paid]
    event_date: order_date
    mapping: {customer_id: who, order_id: number, line_id: "'1'", order_date: day, amount: paid}
  customers:
    format: csv
    delivery: occasional
    columns: [who, zip]
    mapping: {customer_id: who, postcode: zip}
  enrichments:
    format: csv
    delivery: occasional
    refused_share: 0.5
    columns: [kind, id, income, urban, from, until]
    mapping:
      provider: "'atlas'"
      subject: kind
      subject_id: id
      attributes: to_json(named_struct('income', nullif(income, ''), 'urban', nullif(urban, '')))
      valid_from: from
      valid_until: until
  outside_purchases:
    format: jsonl
    delivery: occasional
    event_date: purchase_date
    columns: [number, card, day, paid, until]
    mapping: {provider: "'cards'", purchase_id: number, customer_id: card, purchase_date: day, amount: paid, valid_until: until}
"""
ATLAS = [
    "kind,id,income,urban,from,until",
    "postcode,10115,high,yes,2020-03-01,2020-03-03",
    "postcode,20095,low,no,,",
    "customer,ada,very high,,,",
    "planet,mars,low,no,,",  # refused: speaks of nobody
    "postcode,10117,low,no,2020-03-09,",  # begins after the dates that are asked for
]
BOUGHT = [
    {"number": "1", "card": "bob", "day": "2020-03-01", "paid": "10.50"},
    {"number": "2", "card": "bob", "day": "2020-03-02", "paid": "2.00", "until": "2020-03-03"},
    # no customer of the shop: stays in silver
    {"number": "3", "card": "nobody", "day": "2020-03-02", "paid": "9.00"},
]


def test_an_attribute_reaches_the_customer_with_its_provider(
    shop_in: Callable[..., Shop], spark: SparkSession
) -> None:
    shop = shop_in("shop", DECLARED)
    for day in ("2020-03-02", "2020-03-03"):
        shop.write(
            f"orders/{day}/orders.csv",
            f"who,number,day,paid\nada,a{day},{day},1\nbob,b{day},{day},1\ncy,c{day},{day},1\n".encode(),
        )
    shop.write("customers/2020-03-02/customers.csv", b"who,zip\nada,10115\nbob,10115\ncy,10117\n")
    shop.write("enrichments/2020-03-02/atlas.csv", "\n".join([*ATLAS, ""]).encode())
    shop.write(
        "outside_purchases/2020-03-02/cards.jsonl", "\n".join(map(json.dumps, BOUGHT)).encode()
    )
    # on the next day bob has moved, and the provider speaks of his new postcode in other words
    shop.write("customers/2020-03-03/customers.csv", b"who,zip\nbob,20095\n")
    shop.write(
        "enrichments/2020-03-03/atlas.csv",
        b"kind,id,income,urban,from,until\npostcode,20095,middle,no,,\n",
    )
    as_ofs = ("2020-03-03", "2020-03-04")
    shop.run("2020-03-02", "2020-03-04", "ingest", "silver", "features", as_of=as_ofs)
    one = Run(
        "any_shop", date(2020, 3, 2), date(2020, 3, 4), tuple(map(date.fromisoformat, as_ofs))
    )
    with shop.at_home():
        build(Context(spark, shop.settings, one), TABLES["gold_customer_enrichments"])

    assert len(shop.rows("bronze_enrichments")) == 6
    assert len(shop.rows("silver_enrichments")) == 5
    assert [row["reasons"] for row in shop.records("silver_enrichments_quarantine")] == [
        ["subject 'planet' is not customer or postcode"]
    ]
    assert (
        len(shop.rows("bronze_outside_purchases"))
        == len(shop.rows("silver_outside_purchases"))
        == 3
    )
    attributes = {
        (str(row["as_of"]), row["customer_id"], row["attribute"]): (
            row["attribute_value"],
            row["provider"],
            row["matched_by"],
            str(row["received_on"]),
            str(row["valid_until"]),
        )
        for row in shop.records("gold_customer_enrichments")
    }
    first, second = "2020-03-02", "2020-03-03"
    assert attributes == {
        # as of the 3rd: what arrived on the 2nd; of ada herself before her postcode, which still
        # says whether she lives in a town
        ("2020-03-03", "ada", "income"): ("very high", "atlas", "customer", first, "None"),
        ("2020-03-03", "ada", "urban"): ("yes", "atlas", "postcode", first, "2020-03-03"),
        ("2020-03-03", "bob", "income"): ("high", "atlas", "postcode", first, "2020-03-03"),
        ("2020-03-03", "bob", "urban"): ("yes", "atlas", "postcode", first, "2020-03-03"),
        ("2020-03-03", "bob", "outside_order_count"): (
            "2",
            "cards",
            "customer",
            first,
            "2020-03-03",
        ),
        ("2020-03-03", "bob", "outside_amount_sum"): (
            "12.5000",
            "cards",
            "customer",
            first,
            "2020-03-03",
        ),
        ("2020-03-03", "bob", "outside_last_purchase_date"): (
            "2020-03-02",
            "cards",
            "customer",
            first,
            "2020-03-03",
        ),
        # as of the 4th: the first postcode is no longer valid, nor is the second purchase; bob's
        # new postcode in its newer words
        ("2020-03-04", "ada", "income"): ("very high", "atlas", "customer", first, "None"),
        ("2020-03-04", "bob", "income"): ("middle", "atlas", "postcode", second, "None"),
        ("2020-03-04", "bob", "urban"): ("no", "atlas", "postcode", second, "None"),
        ("2020-03-04", "bob", "outside_order_count"): ("1", "cards", "customer", first, "None"),
        ("2020-03-04", "bob", "outside_amount_sum"): (
            "10.5000",
            "cards",
            "customer",
            first,
            "None",
        ),
        ("2020-03-04", "bob", "outside_last_purchase_date"): (
            "2020-03-01",
            "cards",
            "customer",
            first,
            "None",
        ),
    }
