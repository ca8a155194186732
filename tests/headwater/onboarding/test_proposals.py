"""Ten shops, each a few rows that show one way of writing them, and the mapping that is to be
proposed.
"""

import bz2
import gzip
import json
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from headwater.onboarding.answers import Unanswered, UnknownAnswer
from headwater.onboarding.fetching import SampleError, fetched
from headwater.onboarding.page import page_of
from headwater.onboarding.proposal import Proposal, propose, samples_of
from settings.model import Tenant, load_settings
from settings.places import ROOT

MONTH_FIRST = "try_to_timestamp(InvoiceDate, 'M/d/yyyy H:mm')"


@dataclass(frozen=True)
class Shop:
    """A file, and of its proposal: settings, mapping, tenant, arrival day and the keys of the
    questions it leaves open.
    """

    content: bytes
    mapping: dict[str, str]
    settings: dict[str, Any] = field(default_factory=dict)
    tenant: dict[str, Any] = field(default_factory=dict)
    arrived_on: str = "2024-01-14"
    asked: tuple[str, ...] = ()
    name: str = "orders.csv"
    absent: tuple[str, ...] = ()


def lines(*texts: str) -> str:
    return "".join(f"{text}\n" for text in texts)


SHOPS = {
    # the 13th decides that the month is first; a C-invoice takes goods back; one row in four has no
    # customer
    "uci": Shop(
        lines(
            "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
            '536365,85123A,"HEART, WHITE",6,12/1/2010 8:26,2.55,17850,United Kingdom',
            "536366,71053,LANTERN,8,12/2/2010 8:28,3.39,17850,United Kingdom",
            "536366,71053,LANTERN,2,12/2/2010 8:28,3.39,17850,United Kingdom",
            "C536367,71053,LANTERN,-2,12/13/2010 10:00,3.39,,United Kingdom",
        ).encode(),
        {
            "order_id": "InvoiceNo",
            "line_id": "concat_ws(' ', StockCode, occurrence)",
            "customer_id": "nullif(CustomerID, '')",
            "product_id": "StockCode",
            "ordered_at": MONTH_FIRST,
            "order_date": f"to_date({MONTH_FIRST})",
            "quantity": "Quantity",
            "amount": "try_cast(Quantity as decimal(18,4)) * try_cast(UnitPrice as decimal(18,4))",
            "is_return": "coalesce(try_cast(Quantity as decimal(18,4)) < 0, false)",
        },
        {
            "repeats_within": ["InvoiceNo", "StockCode"],
            "refused_share": 0.3,
            "format": "csv",
            "event_date": "order_date",
        },
        {"first_day": date(2010, 12, 1)},
        "2010-12-13",
        ("zone", "currency"),
    ),
    # ISO-8859-1, decimal commas with points between thousands, a discount delivered as a negative
    # number
    "german": Shop(
        lines(
            "Bestellnummer;Kundennummer;Artikelnummer;Menge;Gesamtpreis;Rabatt;Bestelldatum;Größe",
            "1;K1;A1;2;1.234,50 €;-1,00;13.01.2024;groß",
            "1;K1;A2;1;3,00 €;0,00;14.01.2024;klein",
        ).encode("windows-1252"),
        {
            "order_id": "Bestellnummer",
            "line_id": "Artikelnummer",
            "order_date": "to_date(try_to_timestamp(Bestelldatum, 'd.M.yyyy'))",
            "amount": "translate(Gesamtpreis, ',. €', '.')",
            "discount": "-try_cast(translate(Rabatt, ',', '.') as decimal(18,4))",
        },
        {"csv": {"delimiter": ";", "encoding": "windows-1252"}},
        {"currency": "EUR", "zone": "UTC"},
        asked=("orders.encoding",),
        absent=("ordered_at", "is_return"),
    ),
    # an order has one date and one customer, and is there more than once: so it is told from the
    # product
    "tabs_without_header": Shop(
        lines(
            "o1\t2024-01-13 09:30:00\tc7\tp1\t2\t3.00",
            "o1\t2024-01-13 09:30:00\tc7\tp2\t1\t1.25",
            "o2\t2024-01-14 10:00:00\tc7\tp1\t4\t6.00",
            "o3\t2024-01-14 11:00:00\tc8\tp3\t1\t9.99",
        ).encode(),
        {
            "order_id": "column_1",
            "ordered_at": "try_cast(column_2 as timestamp)",
            "order_date": "to_date(try_cast(column_2 as timestamp))",
            "customer_id": "column_3",
            "product_id": "column_4",
            "quantity": "column_5",
            "amount": "column_6",
        },
        {
            "csv": {"delimiter": "\t", "header": False},
            "columns": [f"column_{n}" for n in range(1, 7)],
        },
        asked=(
            "ordered",
            "line_amount",
            "quantity",
            "order_id",
            "customer_id",
            "product_id",
            "zone",
            "currency",
        ),
    ),
    "nested": Shop(  # JSON lines, an order each, with its lines inside; instants with an offset
        lines(
            *(
                json.dumps(order)
                for order in (
                    {
                        "id": 1,
                        "customer": {"id": "c1", "name": "Ada"},
                        "created_at": "2024-01-13T23:30:00+01:00",
                        "currency": "EUR",
                        "lines": [
                            {"sku": "a", "qty": 2, "unit_price": 1.5},
                            {"sku": "b", "qty": 1, "unit_price": 2},
                        ],
                    },
                    {
                        "id": 2,
                        "customer": {"id": "c2"},
                        "created_at": "2024-01-14T08:00:00+01:00",
                        "currency": "EUR",
                        "lines": [],
                    },
                )
            )
        ).encode(),
        {
            "order_id": "id",
            "line_id": "get_json_object(lines, '$.sku')",
            "customer_id": "get_json_object(customer, '$.id')",
            "product_id": "nullif(get_json_object(lines, '$.sku'), '')",
            "ordered_at": "try_cast(created_at as timestamp)",
            "order_date": "to_date(from_utc_timestamp(try_cast(created_at as timestamp), 'UTC'))",
            "amount": "try_cast(get_json_object(lines, '$.qty') as decimal(18,4)) * "
            "try_cast(get_json_object(lines, '$.unit_price') as decimal(18,4))",
        },
        {
            "format": "jsonl",
            "explode": "lines",
            "columns": ["id", "customer", "created_at", "currency", "lines"],
        },
        {"currency": "EUR"},
        asked=("zone",),
        name="orders.jsonl",
        absent=("currency",),
    ),
    "without_order_id": Shop(  # a product bought twice on a day, at other minutes: counted
        lines(
            "user_id,timestamp,item,qty,total",
            "u1,2024-01-13 09:00,p1,1,2.00",
            "u1,2024-01-13 17:00,p1,1,2.00",
            "u2,2024-01-14 17:00,p2,1,3.00",
        ).encode(),
        {
            "order_id": "concat(user_id, ' ', to_date(try_cast(timestamp as timestamp)))",
            "line_id": "concat_ws(' ', item, timestamp, occurrence)",
            "amount": "total",
        },
        {"repeats_within": ["user_id", "timestamp", "item"]},
        asked=("zone", "currency"),
    ),
    "amounts_only": Shop(
        lines("date,customer,amount", "2024-01-13,c1,10.00", "2024-01-14,c1,-4.00").encode(),
        {
            "order_id": "concat(customer, ' ', try_cast(date as date))",
            "line_id": "occurrence",
            "customer_id": "customer",
            "order_date": "date",
            "amount": "amount",
            "is_return": "coalesce(try_cast(amount as decimal(18,4)) < 0, false)",
        },
        {"repeats_within": ["customer", "date"]},
        asked=("currency",),
        absent=("product_id", "quantity", "ordered_at"),
    ),
    # most rows are in EUR; `price` does not grow with the quantity, so it is that of a unit; a
    # cancelled order
    "currencies": Shop(
        lines(
            "order_id,line_no,customer_id,sku,quantity,price,currency,status,day",
            "1,1,c1,a,1,2.00,EUR,paid,2024-01-13",
            "1,2,c1,b,1,5.00,EUR,paid,2024-01-13",
            "2,1,c2,a,3,2.00,EUR,cancelled,2024-01-14",
            "3,1,c2,b,2,5.00,USD,paid,2024-01-14",
        ).encode(),
        {
            "line_id": "line_no",
            "currency": "currency",
            "amount": "try_cast(quantity as decimal(18,4)) * try_cast(price as decimal(18,4))",
        },
        {"deleted_when": "status in ('cancelled')"},
        {"currency": "EUR"},
        asked=("currency",),
    ),
    # and a row number without a name, as pandas writes it; `amount` grows with the quantity: per
    # line
    "byte_order_mark": Shop(
        lines(
            ",CustomerID,OrderID,SKU,Amount,Units,Order Date",
            "0,c1,1,a,2.50,1,20240113",
            "1,c1,2,a,5.00,2,20240114",
        ).encode("utf-8-sig"),
        {
            "order_id": "OrderID",
            "amount": "Amount",
            "order_date": "to_date(try_to_timestamp(`Order Date`, 'yyyyMMdd'))",
        },
        {"columns": ["column_1", "CustomerID", "OrderID", "SKU", "Amount", "Units", "Order Date"]},
        asked=("currency",),
    ),
    # under a name that does not say so; commas between thousands; a clock of twelve hours
    "gzip": Shop(
        gzip.compress(
            lines(
                "order,customer,product,sales,date",
                '1,c1,a,"$1,234.50",01/13/24 01:05 PM',
                '2,c1,b,"$2.00",01/14/24 11:59 AM',
            ).encode()
        ),
        {
            "amount": "translate(sales, ',$', '')",
            "ordered_at": "to_utc_timestamp(try_to_timestamp(date, 'M/d/yy h:mm a'), 'America/New_York')",
        },
        asked=("currency",),
    ),
    # read month first the rows go back in time, so the day is first; nothing proves it
    "ambiguous": Shop(
        lines(
            "order,customer,sku,paid,date",
            "1,c1,a,1.00,11/01/2024",
            "2,c1,a,2.00,12/01/2024",
            "3,c1,a,2.00,01/02/2024",
        ).encode(),
        {"order_date": "to_date(try_to_timestamp(date, 'd/M/yyyy'))"},
        {"format": "csv"},
        arrived_on="2024-02-01",
        asked=("ordered.first", "currency"),
    ),
}
GIVEN = {"gzip": {"zone": "America/New_York"}}


def proposed(folder: Path, content: bytes, name: str = "orders.csv", /, **given: str) -> Proposal:
    """What is proposed for a file of order lines; double underscores stand for the points of an
    answer's key.
    """
    (folder / name).write_bytes(content)
    files = {"orders": [fetched(str(folder / name), folder / "work")]}
    answers = {key.replace("__", "."): value for key, value in given.items()}
    return propose("new_shop", files, samples_of(files, answers), answers)


def orders_of(proposal: Proposal) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings and mapping of the order lines, as the page has them."""
    page = yaml.safe_load(page_of(proposal))["sources"]["orders"]
    return page, page["mapping"]


@pytest.mark.parametrize("name", SHOPS)
def test_a_shop_is_proposed_as_it_is_written(name: str, tmp_path: Path) -> None:
    shop = SHOPS[name]
    proposal = proposed(tmp_path, shop.content, shop.name, **GIVEN.get(name, {}))
    settings, mapping = orders_of(proposal)
    assert {key: mapping.get(key) for key in shop.mapping} == shop.mapping
    assert {key: settings.get(key) for key in shop.settings} == shop.settings
    assert {key: proposal.settings[key].value for key in shop.tenant} == shop.tenant
    assert [key for key in shop.absent if key in mapping] == []
    assert str(proposal.arrived_on) == shop.arrived_on
    assert sorted(doubt.key for doubt in proposal.doubts) == sorted(shop.asked)


@pytest.mark.parametrize("name", SHOPS)
def test_the_page_loads_and_says_why(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = SHOPS[name]
    page = page_of(proposed(tmp_path, shop.content, shop.name, **GIVEN.get(name, {})))
    conf = tmp_path / "conf"
    (conf / "tenants").mkdir(parents=True)
    for part in ("base.yml", "environments"):
        (conf / part).symlink_to(ROOT / "conf" / part)
    (conf / "tenants" / "new_shop.yml").write_text(page)
    assert isinstance(load_settings("new_shop", conf).tenant, Tenant)
    rows = page.splitlines()
    assert max(map(len, rows)) <= 140
    plain = [
        row
        for before, row in pairwise(rows)
        if not row.strip().startswith("#") and "#" not in row + before
    ]
    assert {row.split(":")[0].strip() for row in plain} <= {
        "sources",
        "orders",
        "products",
        "customers",
        "mapping",
        "format",
        "source_note",
        "customer_id",
        "product_id",
        "explode",
        "line_id",
        "order_id",
    }
    assert "c1" not in page, "ids of customers have no place in a file that others read"


def test_an_answer_settles_what_was_assumed(tmp_path: Path) -> None:
    content = SHOPS["ambiguous"].content
    proposal = proposed(tmp_path, content, ordered__first="month", currency="EUR")
    assert orders_of(proposal)[1]["order_date"] == "to_date(try_to_timestamp(date, 'M/d/yyyy'))"
    assert proposal.doubts == []
    # the same file with other columns, since a person says so
    assert "product_id" not in orders_of(proposed(tmp_path, content, product_id="none"))[1]


def test_an_answer_to_nothing_names_the_nearest_question(tmp_path: Path) -> None:
    with pytest.raises(UnknownAnswer, match=r"Did you mean currency\?"):
        proposed(tmp_path, SHOPS["ambiguous"].content, curency="EUR")
    with pytest.raises(UnknownAnswer, match="it is one of day, month"):
        proposed(tmp_path, SHOPS["ambiguous"].content, ordered__first="year")


def test_several_currencies_need_rates(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, SHOPS["currencies"].content)
    assert "`exchange_rates` is needed" in proposal.notes[-1]
    assert "# exchange_rates:" in page_of(proposal)
    rates = tmp_path / "rates.csv"
    rates.write_text("currency,date,rate\nUSD,2024-01-01,0.91\n")
    files = {"orders": [tmp_path / "orders.csv"], "exchange_rates": [rates]}
    with_rates = propose("new_shop", files, samples_of(files, {}), {})
    assert with_rates.notes == []
    mapping = yaml.safe_load(page_of(with_rates))["sources"]["exchange_rates"]["mapping"]
    assert mapping == {"currency": "currency", "rate_date": "date", "exchange_rate": "rate"}


def test_order_lines_that_describe_products_are_read_twice(tmp_path: Path) -> None:
    sources = yaml.safe_load(page_of(proposed(tmp_path, SHOPS["uci"].content)))["sources"]
    assert [*sources] == ["orders", "products"]
    assert sources["products"]["folder"] == "orders"
    assert sources["products"]["mapping"] == {
        "product_id": "StockCode",
        "product_type": "Description",
    }


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "orders.csv", "zero bytes"),
        (
            gzip.compress(SHOPS["uci"].content, mtime=0)[:-9],
            "orders.csv.gz",
            "cannot be read to its end",
        ),
        (bz2.compress(SHOPS["uci"].content)[:-9], "orders.csv.bz2", "cannot be read to its end"),
        (b"PK\x03\x04xl/workbook.xml", "orders.xlsx", "an Excel workbook"),
        (b"<!DOCTYPE html><html>Please log in</html>", "orders.csv", "a web page"),
        (b"PAR1 and no more", "orders.parquet", "no whole Parquet file"),
        (b"a heading\nand a word\n", "orders.csv", "one column alone"),
        (b'[{"id": 1}, {"id', "orders.json", "is no JSON"),
        (
            b"order,customer,date,ID,id\n1,c,2024-01-13,1,1\n",
            "orders.csv",
            "columns ID, id are there twice",
        ),
        (
            b"order,customer,date,event_date\n1,c,2024-01-13,x\n",
            "orders.csv",
            "the house uses itself",
        ),
    ],
)
def test_a_file_that_cannot_be_taken_says_what_it_is(
    content: bytes, name: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(SampleError) as error:
        proposed(tmp_path, content, name)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("header", "role"),
    [
        ("order,who,date,amount", "customer_id"),
        ("order,customer,when,amount", "ordered"),
        ("order,customer,date,x", "amount"),
    ],
)
def test_what_is_needed_and_not_found_is_asked_for(header: str, role: str, tmp_path: Path) -> None:
    with pytest.raises(Unanswered, match=rf"--answer \w*{role}=\.\.\., one of "):
        proposed(
            tmp_path,
            f"{header}\n1,c,{'soon' if 'when' in header else '2024-01-13'},2.00\n".encode(),
        )


def test_zstd_parquet_and_a_document_are_read_too(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    rows = [{"order": "1", "customer": "c", "sku": "a", "total": 2.5, "date": date(2024, 1, 13)}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "made.parquet")
    text = json.dumps([{**row, "date": "2024-01-13"} for row in rows])
    packed = pa.compress(SHOPS["uci"].content, codec="zstd", asbytes=True)
    forms = {
        "orders.parquet": (tmp_path / "made.parquet").read_bytes(),
        "orders.json": text.encode(),
        "orders.csv.zst": packed,
    }
    formats = {
        name: orders_of(proposed(tmp_path, content, name))[0]["format"]
        for name, content in forms.items()
    }
    assert formats == {
        "orders.parquet": "parquet",
        "orders.json": "json",
        "orders.csv.zst": "csv",
    }
