"""Built in the driver or by Spark, a lake is the same: rows, types, commits, checks and counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from deltalake import DeltaTable

from lakehouse.store import delta
from tests.shops import Shop, line

DAYS = {
    "2017-01-02": [line("1", "11", "7", "2.50", "2017-01-02")],
    # the order line again, changed and late, and among many one that cannot be read
    "2017-01-03": [
        line("1", "11", "7", "4.00", "2017-01-02"),
        line("3", "13", "7", "cheap", "2017-01-03"),
        *(line(f"{n // 2}", f"2{n}", "8", "1.25", "2017-01-03") for n in range(40)),
    ],
}
TIMES = {
    "checked_at",
    "started_at",
    "ended_at",
    "seconds",
    "loaded_at",
    "measured_at",
    "sha256",
    "file_bytes",
}
RECORDS = ("ops_runs", "ops_checks", "ops_files", "ops_metrics")


# On the second day there are 41 order lines of 20 customers: with 30, these lines are many rows, and
# the days of the customers that are made of them are few.
SPARK, DRIVER = {"Apache-Spark"}, {"delta-rs"}
ENGINES = {
    0: (SPARK, SPARK),
    30: (SPARK | DRIVER, DRIVER),
    1_000_000: (DRIVER, DRIVER),
}


def test_few_rows_and_many_make_the_same_lake(shop_in: Callable[..., Shop]) -> None:
    lakes = {}
    for few_rows, engines in ENGINES.items():
        shop = shop_in(f"few_{few_rows}")
        spark = shop.settings.spark.model_copy(update={"few_rows": few_rows})
        shop.settings = shop.settings.model_copy(update={"spark": spark})
        for day, lines in DAYS.items():
            shop.deliver(day, *lines)
            shop.run(day, f"{day[:-1]}{int(day[-1]) + 1}")
        actual = (engines_of(shop, "silver_order_lines"), engines_of(shop, "silver_customer_days"))
        assert actual == engines, few_rows
        lakes[few_rows] = contents(shop)
    by_spark = lakes.pop(0)
    for few_rows, lake in lakes.items():
        assert lake.keys() == by_spark.keys()
        for name, content in by_spark.items():
            assert lake[name] == content, (few_rows, name)


def engines_of(shop: Shop, table: str) -> set[str]:
    """What has committed to a table."""
    history = DeltaTable(str(shop.lake / table)).history()
    return {entry["engineInfo"].split("/")[0].split(":")[0] for entry in history}


def contents(shop: Shop) -> dict[str, Any]:
    """What a lake holds, table by table, but for times, for ids of runs, and for the bytes of a
    packed file, which hold a time.
    """
    tables: dict[str, Any] = {}
    for path in delta.tables(shop.lake):
        if path.name in RECORDS:
            rows = [
                {name: value for name, value in row.items() if name not in {*TIMES, "run_id"}}
                for row in shop.records(path.name)
            ]
            tables[path.name] = sorted(map(str, rows))
        else:
            commits = [(commit.days, commit.inputs, commit.fence) for commit in delta.commits(path)]
            schema = DeltaTable(str(path)).schema().to_json()
            tables[path.name] = (shop.rows(path.name), commits, schema, properties(path))
    return tables


def properties(path: Path) -> dict[str, str]:
    """Without the versions of the protocol, which delta-rs keeps among them and Spark does not."""
    kept = DeltaTable(str(path)).metadata().configuration
    return {name: value for name, value in kept.items() if "Version" not in name}
