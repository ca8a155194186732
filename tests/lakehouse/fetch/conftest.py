"""A shop whose orders are in a database."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from settings.model import Settings
from settings.sources import Source
from tests.databases import PASSWORD, USER, PostgreSQL, postgresql
from tests.shops import Shop

LOGIN = {"user": {"env": "SHOP_DB_USER"}, "password": {"env": "SHOP_DB_PASSWORD"}}
ORDERS = {
    "delivery": "daily",
    "columns": ["id", "customer", "product", "amount", "placed_at", "changed_at", "_deleted"],
    "event_date": "order_date",
    "deleted_when": "_deleted = 'true'",
    "mapping": {
        "order_id": "id",
        "line_id": "'1'",
        "customer_id": "customer",
        "product_id": "product",
        "quantity": "1",
        "amount": "amount",
        "order_date": "to_date(substr(placed_at, 1, 10))",
    },
}


@pytest.fixture(scope="session")
def database() -> Iterator[PostgreSQL]:
    with postgresql() as server:
        yield server


@pytest.fixture
def orders(database: PostgreSQL, monkeypatch: pytest.MonkeyPatch) -> PostgreSQL:
    """The server with an empty table of orders, and the login in the environment."""
    monkeypatch.setenv("SHOP_DB_USER", USER)
    monkeypatch.setenv("SHOP_DB_PASSWORD", PASSWORD)
    database.sql("DROP TABLE IF EXISTS orders CASCADE")
    database.sql(
        "CREATE TABLE orders (id bigint PRIMARY KEY, customer text, product text, amount numeric,"
        " placed_at timestamptz, changed_at timestamptz)"
    )
    return database


@pytest.fixture
def shop_of(shop_in: Callable[[str], Shop]) -> Callable[..., Shop]:
    """A shop in New York with the one source `orders`, fetched as the test says."""

    def make(**origin: Any) -> Shop:
        shop = shop_in("shop")
        with_sources(shop, orders={**ORDERS, **origin})
        return shop

    return make


def with_sources(shop: Shop, **sources: Any) -> None:
    tenant = shop.settings.tenant.model_copy(
        update={"sources": {name: Source.model_validate(one) for name, one in sources.items()}}
    )
    shop.settings = Settings.model_validate(shop.settings.model_copy(update={"tenant": tenant}))


def jdbc(server: PostgreSQL, **more: Any) -> dict[str, Any]:
    return {"url": server.url, **LOGIN, "table": "public.orders", "key": ["id"], **more}
