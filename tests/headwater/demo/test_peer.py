"""The plain script of `make bench-peer`, which shares no code with ours, comes to the same numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import duckdb
import pandas as pd
import pytest

from bench import peer
from features.declaring import declared
from tests.headwater.demo.conftest import FIRST, UNTIL, House
from tests.shops import TENANT

# Tables that hold nothing of a model, by the script's name: their key, and the columns that must be
# equal.
SAME = {
    "customer_segments": (
        "customer_id",
        "recency_score frequency_score monetary_score rfm_segment",
    ),
    "popular_products": ("segment rank", "product_id customer_count"),
    "recommendations": ("customer_id rank", "product_id score strategy"),
    "kpis": (
        "week_start",
        "active_customers order_count amount_sum amount_per_order repeat_rate new_customers"
        " lost_customers",
    ),
}


@pytest.fixture(scope="module")
def script(built: House) -> Iterator[duckdb.DuckDBPyConnection]:
    """What the script makes of the house's deliveries, with a model of one kind."""
    churn = replace(peer.KINDS[0], windows=3)
    with pytest.MonkeyPatch.context() as patch, duckdb.connect() as shop:
        patch.setattr(peer, "KINDS", (churn,))
        peer.load(shop, built.home / "data/landing" / TENANT, FIRST, UNTIL)
        peer.publish(shop, peer.train(shop, UNTIL), UNTIL)
        yield shop


def assert_same(
    theirs: pd.DataFrame, ours: pd.DataFrame, key: list[str], columns: list[str]
) -> None:
    """The same rows as of the day, to the seven decimals that a lake keeps."""
    pd.testing.assert_frame_equal(
        by_key(theirs, key, columns),
        by_key(ours[ours["as_of"] == UNTIL], key, columns),
        check_dtype=False,
        rtol=1e-9,
        atol=1e-6,
    )


def by_key(frame: pd.DataFrame, key: list[str], columns: list[str]) -> pd.DataFrame:
    """The columns in the order of the key, which is text; numbers are floats."""
    indexed = frame.assign(**{name: frame[name].map(str) for name in key})
    indexed = indexed.set_index(key)[columns].sort_index()
    is_text = {name: str(indexed[name].dropna().iloc[0]).isidentifier() for name in columns}
    return indexed.astype({name: float for name in columns if not is_text[name]})


def test_every_feature_is_the_same(script: duckdb.DuckDBPyConnection, house: House) -> None:
    theirs = script.execute("FROM features WHERE as_of = $1", [UNTIL]).df()
    assert_same(theirs, house.table("features_customers"), ["customer_id"], [*declared()])


@pytest.mark.parametrize("name", SAME)
def test_a_table_that_apps_read_is_the_same(
    script: duckdb.DuckDBPyConnection, house: House, name: str
) -> None:
    theirs = script.execute(f"FROM {name}").df()
    if name == "kpis":
        theirs = theirs.assign(week_start=theirs["week_start"].dt.date)
    key, columns = SAME[name]
    assert_same(theirs, house.table(f"gold_{name}"), key.split(), columns.split())
