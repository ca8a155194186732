"""The stage fetch as a whole: a day that is there stays as it was landed, and what is under way is
seen by nobody.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lakehouse.fetch.fetched import FetchError, fetched_before, is_there, part_of, publish, recover
from lakehouse.store import delta
from tests.lakehouse.fetch.conftest import ORDERS, with_sources
from tests.servers import Answer, serving
from tests.shops import Shop

ONE, TWO, THREE = "2026-01-01", "2026-01-02", "2026-01-03"
BY_PAGE = {"by": "number", "parameter": "page"}


def orders_of(parameters: dict[str, str]) -> list[dict[str, Any]]:
    """Two orders of the day asked for, one per page; the second customer is nobody."""
    day, page = parameters["day"], int(parameters["page"])
    rows = [
        {"id": f"{day}-{n}", "customer": c, "product": "p1", "amount": 1.5, "placed_at": day}
        for n, c in ((1, "c1"), (2, None))
    ]
    return rows[page - 1 : page]


def api(url: str, **more: Any) -> dict[str, Any]:
    paged = {"url": url, "parameters": {"day": "{day}"}, "paging": BY_PAGE, "attempts": 1, **more}
    return {
        **ORDERS,
        "columns": ["id", "customer", "product", "amount", "placed_at"],
        "deleted_when": None,
        "refused_share": 1,
        "api": paged,
    }


def test_what_an_api_has_goes_the_way_of_every_file_and_is_asked_for_once(
    shop_in: Callable[[str], Shop],
) -> None:
    shop = shop_in("shop")
    with serving(lambda _path, parameters, _count: Answer(orders_of(parameters))) as server:
        with_sources(shop, orders=api(server.url))
        shop.run(ONE, THREE, "fetch", "ingest", "silver")
        assert len(server.asked) == 6
        shop.run(ONE, THREE, "fetch")
        assert len(server.asked) == 6, "a day that was fetched is not fetched again"
        shop.fetch_again(TWO, THREE)
        assert [asked["day"] for asked in server.parameters[6:]] == [TWO] * 3
    assert shop.rows("silver_order_lines", "order_id", "amount") == [
        (f"{ONE}-1", "1.5000"),
        (f"{TWO}-1", "1.5000"),
    ]
    refused = delta.read_arrow(shop.lake / "silver_order_lines_quarantine").to_pylist()
    assert sorted((row["source_file"], row["source_line"]) for row in refused) == [
        (f"orders/{d}/records.jsonl.gz", 2) for d in (ONE, TWO)
    ]
    manifest = delta.read_arrow(shop.lake / "ops_files").to_pylist()
    assert sorted((row["source_file"], row["file_rows"]) for row in manifest) == [
        (f"orders/{d}/records.jsonl.gz", 2) for d in (ONE, TWO)
    ]
    runs = [
        row
        for row in delta.read_arrow(shop.lake / "ops_runs").to_pylist()
        if row["stage"] == "fetch"
    ]
    assert sorted((row["status"], row["rows_kept"]) for row in runs) == [
        ("done", 2),
        ("done", 4),
        ("unchanged", 0),
    ]


def test_one_source_that_fails_does_not_keep_the_others_from_landing_and_goes_on_later(
    shop_in: Callable[[str], Shop],
) -> None:
    shop = shop_in("shop")

    is_down = [True]

    def answer(path: str, parameters: dict[str, str], _count: int) -> Answer:
        return (
            Answer(status=500)
            if is_down[0] and (path, parameters["page"]) == ("/bad", "2")
            else Answer(orders_of(parameters))
        )

    with serving(answer) as server:
        with_sources(shop, orders=api(f"{server.url}/bad"), customers=api(f"{server.url}/good"))
        with pytest.raises(
            FetchError, match=rf"orders {ONE}: .*/bad answers 500 .* 1 pages are kept"
        ):
            shop.run(ONE, TWO, "fetch")
        assert {p.name for p in (shop.landing / "orders").iterdir()} == {
            f".{ONE}.part",
            f".{ONE}.whole",
        }, "nobody sees it yet"
        assert (shop.landing / "customers" / ONE / "records.jsonl.gz").exists()
        server.asked.clear()
        is_down[0] = False
        shop.run(ONE, TWO, "fetch")
        assert [(path, asked["page"]) for path, asked, _ in server.asked] == [
            ("/bad", "2"),
            ("/bad", "3"),
        ]
    assert [p.name for p in (shop.landing / "orders").iterdir()] == [ONE]


def test_a_day_that_is_not_over_is_left_for_later(shop_in: Callable[[str], Shop]) -> None:
    shop = shop_in("shop")
    with serving(lambda *_: Answer([])) as server:
        with_sources(shop, orders=api(server.url))
        shop.run("2999-01-01", "2999-01-02", "fetch")
        assert server.asked == []
    (run,) = delta.read_arrow(shop.lake / "ops_runs").to_pylist()
    assert (run["status"], run["error"]) == (
        "unchanged",
        "not over yet in America/New_York, and so not fetched: 2999-01-01",
    )


def test_a_tenant_without_such_sources_has_nothing_to_do(shop_in: Callable[[str], Shop]) -> None:
    shop = shop_in("shop")
    shop.run(ONE, TWO, "fetch")
    assert not shop.landing.exists()
    assert [path.name for path in shop.lake.iterdir() if delta.exists(path)] == []


def delivery(folder: Path, text: str) -> Path:
    made = part_of(folder, date(2026, 1, 1), "whole")
    made.mkdir(parents=True)
    (made / "rows").write_text(text)
    return made


def test_a_delivery_is_replaced_whole_and_a_kill_in_between_loses_neither_rows_nor_mark(
    tmp_path: Path,
) -> None:
    day, folder = date(2026, 1, 1), tmp_path / "orders"
    publish(delivery(folder, "old"), folder, day, {"watermark": "1"})
    made, old = delivery(folder, "new"), part_of(folder, day, "old")
    # killed here: the old one is aside, the new one not yet in place
    (folder / str(day)).rename(old)
    assert not is_there(folder, day)
    recover(folder)
    assert (folder / str(day) / "rows").read_text() == "old"
    publish(made, folder, day, {"watermark": "2"})
    assert fetched_before(folder, date(2026, 1, 2)) == [(day, {"watermark": "2"})]
    assert fetched_before(folder, day) == []
    assert [p.name for p in folder.iterdir()] == [str(day)]
