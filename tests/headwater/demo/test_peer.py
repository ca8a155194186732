"""The plain script of `make bench-peer`, which shares no code with us, comes to the same numbers."""

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

# Tables that hold nothing of a model, by the script's name: the columns that must be equal.
SAME = {
    "customer_segments": "recency_score frequency_score monetary_score rfm_segment",
    "popular_products": "product_id customer_count",
    "recommendations": "product_id score strategy",
    "kpis": "active_customers order_count amount_sum amount_per_order repeat_rate new_customers"
    " lost_customers",
}
KEYS = {
    "customer_segments": ["customer_id"],
    "popular_products": ["segment", "rank"],
    "recommendations": ["customer_id", "rank"],
    "kpis": ["week_start"],
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


def rows(frame: pd.DataFrame, key: list[str], columns: list[str]) -> pd.DataFrame:
    """The columns by key, as text: numbers as floats, all else as it is."""
    indexed = frame.assign(**{name: frame[name].map(str) for name in key})
    indexed = indexed.set_index(key)[columns].sort_index()
    is_text = {name: str(indexed[name].dropna().iloc[0]).isidentifier() for name in columns}
    return indexed.astype({name: float for name in columns if not is_text[name]})


def test_every_feature_is_the_same(script: duckdb.DuckDBPyConnection, house: House) -> None:
    theirs = script.execute("FROM features WHERE as_of = $1", [UNTIL]).df()
    ours = house.table("features_customers")
    names = [*declared()]
    pd.testing.assert_frame_equal(
        rows(theirs, ["customer_id"], names),
        rows(ours[ours["as_of"] == UNTIL], ["customer_id"], names),
        check_dtype=False,
        atol=1e-6,  # a lake's numbers have seven decimals
    )


@pytest.mark.parametrize("name", SAME)
def test_a_table_that_apps_read_is_the_same(
    script: duckdb.DuckDBPyConnection, house: House, name: str
) -> None:
    ours = house.table(f"gold_{name}")
    theirs = script.execute(f"FROM {name}").df()
    if name == "kpis":
        theirs = theirs.assign(week_start=theirs["week_start"].dt.date)
    columns = SAME[name].split()
    pd.testing.assert_frame_equal(
        rows(theirs, KEYS[name], columns),
        rows(ours[ours["as_of"] == UNTIL], KEYS[name], columns),
        check_dtype=False,
        atol=1e-6,  # a lake's numbers have seven decimals
    )
