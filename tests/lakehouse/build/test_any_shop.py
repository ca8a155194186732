"""What a tenant's YAML can say of its orders: each line of it, on rows that show what it does."""

import bz2
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lakehouse.contract.errors import ContractError
from lakehouse.intake.arrivals import is_overdue
from settings.sources import Promise, Source
from tests.shops import Shop

DAY, NEXT = "2020-03-02", "2020-03-03"

# no order id, no line number, no products of their own; comma decimals; returns; cancellations;
# euros and dollars
ODD = """
zone: Europe/Berlin
currency: EUR
first_day: 2020-03-01
sources:
  orders:
    format: csv
    delivery: daily
    csv: {delimiter: ";", encoding: iso-8859-1, header: false}
    columns: [kunde, tag, artikel, menge, preis, waehrung, status]
    event_date: order_date
    repeats_within: [kunde, tag, artikel]
    deleted_when: status = 'storniert'
    refused_share: 0.5
    mapping:
      customer_id: kunde
      order_id: concat(kunde, ' ', tag)
      line_id: concat(artikel, ' ', occurrence)
      product_id: artikel
      order_date: to_date(try_to_timestamp(tag, 'dd.MM.yyyy'))
      quantity: menge
      amount: try_cast(replace(preis, ',', '.') as decimal(18,4)) * try_cast(menge as decimal(18,4))
      is_return: menge < 0
      currency: waehrung
  exchange_rates:
    format: jsonl
    delivery: occasional
    columns: [currency, since, rate]
    event_date: rate_date
    mapping: {currency: currency, rate_date: since, exchange_rate: rate}
"""

ODD_LINES = [
    "Müller;02.03.2020;Käse;2;1,50;EUR;",  # per unit: 3.00
    "Müller;02.03.2020;Käse;2;1,50;EUR;",  # the same again is a second line, not a duplicate
    "Müller;02.03.2020;Brot;-1;2,00;EUR;",  # taken back
    "Meier;02.03.2020;Brot;1;10,00;USD;",  # 1 USD = 0.90 EUR from the 1st on
    "Meier;02.03.2020;Wein;1;10,00;GBP;",  # no rate: refused
    "Schmidt;02.03.2020;Brot;1;2,00;EUR;",  # cancelled on the next day
]


def odd_shop(shop_in: Callable[..., Shop]) -> Shop:
    shop = shop_in("odd", ODD)
    shop.write(f"orders/{DAY}/orders.csv", "\n".join([*ODD_LINES, ""]).encode("iso-8859-1"))
    rates = [
        {"currency": "USD", "since": "2020-03-01", "rate": "0.90"},
        {"currency": "USD", "since": NEXT, "rate": "0.80"},
    ]
    shop.write(
        f"exchange_rates/{DAY}/rates.jsonl", "\n".join(json.dumps(rate) for rate in rates).encode()
    )
    return shop


def test_orders_without_ids_numbers_or_one_currency(shop_in: Callable[..., Shop]) -> None:
    shop = odd_shop(shop_in)
    shop.run(DAY, NEXT)
    assert shop.rows("bronze_exchange_rates", "currency", "since", "rate") == [
        ("USD", "2020-03-01", "0.90"),
        ("USD", NEXT, "0.80"),
    ]
    assert shop.rows("silver_exchange_rates", "exchange_rate") == [("0.80000000",), ("0.90000000",)]
    assert shop.rows(
        "silver_order_lines", "customer_id", "line_id", "amount", "is_return", "currency"
    ) == [
        ("Meier", "Brot 1", "9.0000", "False", "USD"),
        ("Müller", "Brot 1", "-2.0000", "True", "EUR"),
        ("Müller", "Käse 1", "3.0000", "False", "EUR"),
        ("Müller", "Käse 2", "3.0000", "False", "EUR"),
        ("Schmidt", "Brot 1", "2.0000", "False", "EUR"),
    ]
    (refused,) = shop.records("silver_order_lines_quarantine")
    assert refused["reasons"] == ["no exchange rate of GBP holds on 2020-03-02"]
    assert refused["source_line"] == 5, "there is no header: the first line is line 1"
    # a customer and a day are one order; a return lowers the sum and is no order
    assert shop.rows(
        "silver_customer_days",
        "customer_id",
        "order_count",
        "line_count",
        "amount_sum",
        "order_hour_sum",
    ) == [
        ("Meier", "1", "1", "9.0000", "None"),
        ("Müller", "1", "3", "4.0000", "None"),
        ("Schmidt", "1", "1", "2.0000", "None"),
    ]
    cancelled_and_corrected(shop)


def cancelled_and_corrected(shop: Shop) -> None:
    """The next day: Schmidt's line is cancelled, and Müller comes only to take cheese back; a rate
    of the day before is corrected.
    """
    lines = ["Schmidt;02.03.2020;Brot;;;;storniert", "Müller;03.03.2020;Käse;-1;1,50;EUR;", ""]
    shop.write(f"orders/{NEXT}/orders.csv", "\n".join(lines).encode("iso-8859-1"))
    shop.write(
        f"exchange_rates/{NEXT}/rates.jsonl",
        json.dumps({"currency": "USD", "since": DAY, "rate": "0.50"}).encode(),
    )
    shop.run(NEXT, "2020-03-04", "ingest", "silver", "features")
    assert shop.rows("silver_order_lines", "customer_id", "line_id", "amount", "order_date") == [
        ("Meier", "Brot 1", "5.0000", DAY),
        ("Müller", "Brot 1", "-2.0000", DAY),
        ("Müller", "Käse 1", "-1.5000", NEXT),
        ("Müller", "Käse 1", "3.0000", DAY),
        ("Müller", "Käse 2", "3.0000", DAY),
    ]
    assert shop.rows(
        "features_customers",
        "customer_id",
        "order_count",
        "days_since_last_order",
        "order_days_91d",
        "hour_mean",
    ) == [
        ("Meier", "1", "2", "1", "None"),
        ("Müller", "1", "2", "1", "None"),
    ], "a day on which goods were only taken back is no order"


AMOUNT_ONLY = """
zone: UTC
currency: EUR
first_day: 2020-03-01
sources:
  orders:
    format: {format}
    delivery: daily
    columns: {columns}
    event_date: order_date
    mapping: {mapping}
"""
PLAIN = "{customer_id: who, order_id: number, line_id: number, order_date: day, amount: paid}"
ROW = {"who": "7", "number": "o1", "day": DAY, "paid": "4.50"}


@pytest.mark.parametrize(
    "suffix", ["csv", "csv.bz2", "csv.zst", "jsonl", "json", "parquet", "nested.json", "txt"]
)
def test_every_format_and_compression_gives_the_same_line(
    shop_in: Callable[..., Shop], suffix: str
) -> None:
    kind = {"nested.json": "json", "txt": "fixed"}.get(suffix, suffix.split(".", maxsplit=1)[0])
    columns, mapping, more = "[who, number, day, paid]", PLAIN, ""
    if suffix == "nested.json":
        columns, more = "[orders]", "\n    explode: orders"
        mapping = (
            "{"
            + ", ".join(f"{k}: \"get_json_object(orders, '$.{c}')\"" for k, c in parts(PLAIN))
            + "}"
        )
    if suffix == "txt":
        more = "\n    widths: [2, 3, 10, 5]"
    shop = shop_in(
        "shop", AMOUNT_ONLY.format(format=kind, columns=columns, mapping=mapping).rstrip() + more
    )
    write(shop.landing / f"orders/{DAY}/orders.{suffix}", suffix)
    shop.run(DAY, NEXT)
    assert shop.rows(
        "silver_order_lines", "customer_id", "order_id", "amount", "order_date", "product_id"
    ) == [("7", "o1", "4.5000", DAY, "None")]
    (file,) = shop.records("ops_files")
    assert (file["file_rows"], file["file_state"], file["source_file"]) == (
        1,
        "loaded",
        f"orders/{DAY}/orders.{suffix}",
    )


def parts(mapping: str) -> list[tuple[str, str]]:
    return [(k, v) for k, v in (part.split(": ") for part in mapping.strip("{}").split(", "))]


def write(path: Path, suffix: str) -> None:
    path.parent.mkdir(parents=True)
    text = "\n".join([",".join(ROW), ",".join(ROW.values()), ""])
    contents = {
        "csv": text.encode(),
        "csv.bz2": bz2.compress(text.encode()),
        "csv.zst": pa.Codec("zstd").compress(text.encode(), asbytes=True),
        "jsonl": json.dumps(ROW).encode(),
        "json": json.dumps([ROW], indent=2).encode(),
        "nested.json": json.dumps({"orders": [ROW], "page": {"of": 1}}, indent=2).encode(),
        "txt": f"{'7':<2}{'o1':<3}{DAY}{'4.50':>5}\n".encode(),
    }
    if suffix == "parquet":
        pq.write_table(
            pa.table(
                {
                    **{k: [v] for k, v in ROW.items()},
                    "paid": [Decimal("4.50")],
                    "day": [date.fromisoformat(DAY)],
                }
            ),
            path,
        )
    else:
        path.write_bytes(contents[suffix])


def test_the_rest_runs_on_amounts_alone(shop_in: Callable[..., Shop]) -> None:
    """No products, customers, campaigns: their tables are empty, their features null, and
    everything after still runs.
    """
    shop = shop_in(
        "shop",
        AMOUNT_ONLY.format(format="jsonl", columns="[who, number, day, paid]", mapping=PLAIN),
    )
    shop.write(
        f"orders/{DAY}/o.jsonl",
        "\n".join(json.dumps({**ROW, "who": str(n), "number": str(n)}) for n in range(20)).encode(),
    )
    shop.run(DAY, NEXT, "ingest", "silver", "features", "score", "gold", as_of=(NEXT,))
    assert len(shop.rows("gold_customer_profiles")) == 20
    assert shop.rows("silver_products") == shop.rows("gold_recommendations") == []
    assert {row["score_status"] for row in shop.records("gold_customer_scores")} == {"no_model"}


def test_a_mapping_that_does_not_fit_is_refused_with_the_nearest_name(
    shop_in: Callable[..., Shop],
) -> None:
    mapping = PLAIN.replace("customer_id", "custmer_id")
    shop = shop_in(
        "shop",
        AMOUNT_ONLY.format(format="jsonl", columns="[who, number, day, paid]", mapping=mapping),
    )
    shop.write(f"orders/{DAY}/o.jsonl", json.dumps(ROW).encode())
    with pytest.raises(
        ContractError, match=r"custmer_id \(nearest: customer_id\); lacking columns: customer_id"
    ):
        shop.run(DAY, NEXT)


def test_a_promise_is_in_the_tenants_zone() -> None:
    source = Source(
        format="csv",
        delivery="daily",
        columns=["a"],
        mapping={},
        promise=Promise.model_validate({"by": "06:00", "tolerated_days": 1}),
    )
    # the 2nd is promised for 6 o'clock on the 3rd in Tokyo, tolerated until the 4th: 21:00 UTC on
    # the 3rd
    assert not is_overdue(
        source, date(2020, 3, 2), "Asia/Tokyo", datetime(2020, 3, 3, 20, 59, tzinfo=UTC)
    )
    assert is_overdue(
        source, date(2020, 3, 2), "Asia/Tokyo", datetime(2020, 3, 3, 21, 0, tzinfo=UTC)
    )
