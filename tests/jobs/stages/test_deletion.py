"""The law of deletion: no snapshot as of a day after the shop deleted a customer holds their id,
until it delivers them again.
"""

from collections.abc import Callable

from tests.champions import crown, snapshot_tables
from tests.shops import Shop

DECLARED = """
zone: UTC
currency: EUR
first_day: 2020-02-01
sources:
  orders:
    format: csv
    delivery: occasional
    columns: [who, number, day, paid, sku]
    event_date: order_date
    mapping: {customer_id: who, order_id: number, line_id: sku, order_date: day, amount: paid, product_id: sku}
  customers:
    format: csv
    delivery: occasional
    columns: [who, zip, closed]
    deleted_when: closed = 'yes'
    mapping: {customer_id: who, postcode: zip}
  products:
    format: csv
    delivery: occasional
    columns: [sku, section]
    mapping: {product_id: sku, department: section}
  campaigns:
    format: csv
    delivery: occasional
    columns: [campaign, who, starts, ends]
    mapping: {campaign_id: campaign, customer_id: who, start_date: starts, end_date: ends}
  redemptions:
    format: csv
    delivery: occasional
    columns: [who, coupon, campaign, day]
    event_date: redemption_date
    mapping: {customer_id: who, coupon_id: coupon, campaign_id: campaign, redemption_date: day}
  enrichments:
    format: csv
    delivery: occasional
    columns: [who, income]
    mapping: {provider: "'atlas'", subject: "'customer'", subject_id: who, attributes: "to_json(named_struct('income', income))"}
  outside_purchases:
    format: csv
    delivery: occasional
    event_date: purchase_date
    columns: [number, who, day, paid]
    mapping: {provider: "'cards'", purchase_id: number, customer_id: who, purchase_date: day, amount: paid}
"""
# leaver is deleted on 12 March and orders once more; returner is deleted on that day and delivered
# again on 25 March
LEAVER, RETURNER = "leaver", "returner"
STAYING = [f"stayer{number}" for number in range(8)]
EVERYBODY = [LEAVER, RETURNER, *STAYING]
BEFORE, AFTER, LATER = "2020-02-15", "2020-03-14", "2020-04-11"


def test_a_deleted_customer_is_in_no_snapshot_until_delivered_again(
    shop_in: Callable[..., Shop],
) -> None:
    shop = shop_in("shop", DECLARED)
    deliver_everything(shop)
    # labels as of 14 March and 15 February are what a training as of 11 April learns from
    shop.run("2020-02-03", "2020-04-11", "ingest", "silver", "features", "labels")
    crown(shop, LATER)
    shop.run("2020-04-10", "2020-04-11", "score", "gold", as_of=(BEFORE, AFTER, LATER))

    tables = snapshot_tables()
    assert {LEAVER: with_id(shop, LEAVER, AFTER), RETURNER: with_id(shop, RETURNER, AFTER)} == {
        LEAVER: [],
        RETURNER: [],
    }
    assert with_id(shop, LEAVER, LATER) == [], "an order does not bring a deleted customer back"
    of_people = [name for name in tables if "customer_id" in shop.columns(name)]
    assert with_id(shop, LEAVER, BEFORE) == of_people, (
        "a snapshot of a day before the deletion still has them"
    )
    # none are made of that day
    assert with_id(shop, RETURNER, LATER) == [
        name for name in of_people if name != "features_labels"
    ]
    assert with_id(shop, STAYING[0], AFTER) == of_people, "the tables are not merely empty"
    scored = {
        row["customer_id"]
        for row in shop.records("gold_customer_scores")
        if row["score_status"] == "scored"
    }
    assert scored == {*EVERYBODY}, "the champion scored"

    kpis = [row for row in shop.records("gold_kpis") if str(row["as_of"]) == LATER]
    assert sum(row["order_count"] for row in kpis) == 32, (
        "three orders of each of ten, one after the deletion, and the last one"
    )
    counts = {
        row["segment"] == "all": row["customer_count"]
        for row in shop.records("gold_popular_products")
        if str(row["as_of"]) == AFTER and row["product_id"] == "bread"
    }
    assert counts[True] == 10, "who has bought is counted also when deleted since"


def with_id(shop: Shop, customer: str, as_of: str) -> list[str]:
    """The snapshot tables that hold the id as of the date, in whatever column."""
    return [
        name
        for name in snapshot_tables()
        if any(
            customer in str(value)
            for row in shop.records(name)
            if str(row["as_of"]) == as_of
            for value in row.values()
        )
    ]


def deliver_everything(shop: Shop) -> None:
    """Every source tells of everybody; the orders of a day arrive on it."""
    for place, day in enumerate(("2020-02-03", "2020-02-14", "2020-03-10")):
        lines = [
            f"{who},{who}{day},{day},{number + place}.50,bread"
            for number, who in enumerate(EVERYBODY)
        ]
        write(shop, "orders", day, "who,number,day,paid,sku", lines)
    write(
        shop,
        "orders",
        "2020-03-20",
        "who,number,day,paid,sku",
        [f"{LEAVER},again,2020-03-20,5.00,bread"],
    )
    # until the day before the last date orders are known, so that the labels of the dates before it
    # are complete
    write(
        shop,
        "orders",
        "2020-04-10",
        "who,number,day,paid,sku",
        [f"{STAYING[0]},last,2020-04-10,5.00,bread"],
    )
    write(
        shop, "customers", "2020-02-03", "who,zip,closed", [f"{who},10115,no" for who in EVERYBODY]
    )
    write(
        shop,
        "customers",
        "2020-03-12",
        "who,zip,closed",
        [f"{who},,yes" for who in (LEAVER, RETURNER)],
    )
    write(shop, "customers", "2020-03-25", "who,zip,closed", [f"{RETURNER},10115,no"])
    write(shop, "products", "2020-02-03", "sku,section", ["bread,BAKERY"])
    write(
        shop,
        "campaigns",
        "2020-02-03",
        "campaign,who,starts,ends",
        [f"spring,{who},2020-02-03,2020-04-30" for who in EVERYBODY],
    )
    write(
        shop,
        "redemptions",
        "2020-02-14",
        "who,coupon,campaign,day",
        [f"{who},c1,spring,2020-02-14" for who in EVERYBODY],
    )
    write(shop, "enrichments", "2020-02-03", "who,income", [f"{who},high" for who in EVERYBODY])
    write(
        shop,
        "outside_purchases",
        "2020-02-04",
        "number,who,day,paid",
        [f"n-{who},{who},2020-02-04,9.50" for who in EVERYBODY],
    )


def write(shop: Shop, source: str, day: str, header: str, lines: list[str]) -> None:
    shop.write(f"{source}/{day}/{source}.csv", "\n".join([header, *lines, ""]).encode())
