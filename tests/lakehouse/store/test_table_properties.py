"""What Delta's log holds of people: nothing, whoever commits and whoever makes its checkpoints;
what readers skip files by stays.
"""

import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from pyspark.sql import DataFrame, SparkSession

from headwater.operate.inspection import rows_of, table_entries
from lakehouse.base.run import Run
from lakehouse.store import commit_files, delta, ops
from lakehouse.store.appending import append_rows
from lakehouse.store.table_properties import COLUMNS, FIRST_COLUMNS, limited, limits
from tests.shops import Shop

DAY, NEXT = date(2020, 3, 2), date(2020, 3, 3)


@pytest.mark.parametrize(
    ("types", "named"),
    [
        # an id of a person is not named
        ({"as_of": "date", "customer_id": "string", "rank": "int"}, "as_of,rank"),
        # Delta refuses types that have no extremes
        ({"is_return": "boolean", "reasons": "array<string>", "rank": "int"}, "rank"),
        (
            {"size (cm)": "string", "größe": "string", "a`b": "decimal(18,4)"},
            "`size (cm)`,`größe`,`a``b`",
        ),
        ({"customer_id": "string"}, ""),  # none: no statistics but the number of rows
    ],
)
def test_the_properties_name_the_impersonal_columns(types: dict[str, str], named: str) -> None:
    assert limits(types, {*types} - {"customer_id"}) == {COLUMNS: named, FIRST_COLUMNS: "0"}


def test_statistics_of_a_file_without_those_of_people() -> None:
    extremes = '{"day": "2020-03-02", "rank": 3, "rate": 1.5, "long": 0.12345678901234567891, "customer_id": "kd4711"}'
    statistics = f'{{"numRecords": 2, "minValues": {extremes}, "maxValues": {extremes}, "nullCount": {{"customer_id": 1, "day": 0}}}}'
    message = json.loads(limited(statistics, {"day", "rank", "rate", "long"}) or "")
    # a float would round `long`, and readers would skip a file that holds it
    kept = {"day": "2020-03-02", "rank": 3, "rate": 1.5}
    assert message == {
        "numRecords": 2,
        "minValues": kept,
        "maxValues": kept,
        "nullCount": {"day": 0},
    }
    assert limited(statistics, {"day", "rank", "rate", "long", "customer_id"}) is None, (
        "nothing to leave out: the file is not named again"
    )
    assert limited("", {"day"}) is limited('{"numRecords": 2}', {"day"}) is None


def log_of(path: Path) -> str:
    """Everything in a table's log: texts as they are, Parquet decoded and as bytes."""
    files = [file for file in (path / "_delta_log").rglob("*") if file.is_file()]
    decoded = [str(pq.read_table(file).to_pylist()) for file in files if file.suffix == ".parquet"]
    return "\n".join(
        [*decoded, *(file.read_bytes().decode("utf-8", errors="replace") for file in files)]
    )


def checkpoint_by_spark(spark: SparkSession, path: Path) -> None:
    assert spark.sparkContext._jvm is not None
    spark.sparkContext._jvm.org.apache.spark.sql.delta.DeltaLog.forTable(
        spark._jsparkSession, str(path)
    ).checkpoint()


def extremes_of(path: Path) -> dict[str, Any]:
    """The smallest values by column that the log holds of the file that was named last."""
    return dict(json.loads([*commit_files.statistics(path).values()][-1]).get("minValues", {}))


@pytest.fixture
def rows(small_plans: SparkSession) -> DataFrame:
    """Two customers, in one file."""
    values = "('kd4711', DATE'2020-03-02', 1), ('kd4712', DATE'2020-03-03', 2)"
    return small_plans.sql(
        f"SELECT * FROM VALUES {values} AS t(customer_id, as_of, rank)"
    ).coalesce(1)


def made_before(rows: DataFrame, path: Path) -> None:
    """A table as it was made before its log held no values of people: Delta's defaults."""
    rows.write.format("delta").option("userMetadata", '{"run_id": "old"}').save(str(path))
    assert "kd4711" in log_of(path), "else there is nothing to see here"


def test_a_table_that_was_made_before_is_told_before_its_next_commit(
    rows: DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "gold_trial"
    made_before(rows, path)
    version = delta.replace(
        rows, path, delta.between("as_of", [DAY, NEXT]), {"run_id": "new"}, 0, {"as_of", "rank"}
    )
    assert version == 2, "the properties are a commit of their own"
    assert [commit.version for commit in delta.commits(path)] == [2, 0], (
        "which is none of ours: nobody builds anything because of it"
    )
    assert extremes_of(path) == {"as_of": str(DAY), "rank": 1}
    assert delta.row_count(path) == 2
    again = delta.replace(
        rows, path, delta.between("as_of", [DAY, NEXT]), {"run_id": "again"}, 2, {"as_of", "rank"}
    )
    assert again == 3, "once"


def test_of_two_computed_upon_the_same_version_one_follows(rows: DataFrame, tmp_path: Path) -> None:
    """Also where the first one's commit was preceded by that of the properties, and where it had
    come no further than that.
    """
    path = tmp_path / "gold_trial"
    made_before(rows, path)
    assert delta._limit_extremes(path, ["as_of"], 0) == 1
    with pytest.raises(delta.Conflict):
        delta.replace(rows, path, "true", {"run_id": "other"}, 0, {"as_of"})
    assert delta.replace(rows, path, "true", {"run_id": "own"}, 1, {"as_of"}) == 2
    with pytest.raises(delta.Conflict):
        delta.replace(rows, path, "true", {"run_id": "late"}, 1, {"as_of"})
    with pytest.raises(delta.Conflict):
        delta.replace(rows, path, "true", {"run_id": "later"}, 1, {"as_of", "rank"})
    assert [commit.run_id for commit in delta.commits(path)] == ["own", "old"]


def test_a_new_column_changes_the_properties_and_one_that_went_is_no_longer_named(
    rows: DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "gold_trial"
    delta.replace(rows, path, None, {}, None, {"as_of", "rank"})
    wider = rows.selectExpr("*", "10 AS week", "'Anna' AS name")
    for run in ("first", "second"):  # Delta refuses to be told of a column that is not there yet
        delta.replace(wider, path, "true", {"run_id": run}, None, {"as_of", "rank", "week"})
    assert extremes_of(path) == {"as_of": str(DAY), "rank": 1, "week": 10}
    delta.replace(
        rows.drop("rank"), path, None, {"run_id": "third"}, None, {"as_of", "rank", "week"}
    )
    assert extremes_of(path) == {"as_of": str(DAY)}
    delta.replace(rows.drop("rank", "as_of"), path, None, {"run_id": "fourth"}, None, {"as_of"})
    assert (extremes_of(path), delta.row_count(path)) == ({}, 2)
    assert not re.search("kd471|Anna", log_of(path))


def test_optimize_names_the_files_of_old_tables_again_without_values_of_people(
    rows: DataFrame, tmp_path: Path
) -> None:
    """Each checkpoint copies what was said last of a file, so a file that nobody rewrites would
    keep its values for ever.
    """
    path = tmp_path / "bronze_trial"
    made_before(rows, path)
    assert delta.compact(path, {"as_of", "rank"}) == 0
    assert extremes_of(path) == {"as_of": str(DAY), "rank": 1}
    assert (
        delta.read_arrow(path).num_rows
        == delta.read(rows.sparkSession, path).count()
        == delta.row_count(path)
        == 2
    )
    assert delta.read(rows.sparkSession, path).where("as_of = DATE'2020-03-03'").count() == 1
    DeltaTable(str(path)).create_checkpoint()
    (checkpoint,) = path.glob("_delta_log/*.checkpoint.parquet")
    assert "kd471" not in str(pq.read_table(checkpoint).to_pylist())
    version = delta.version_of(path)
    assert (delta.compact(path, {"as_of", "rank"}), delta.version_of(path)) == (0, version), "once"
    assert delta.vacuum(path) == 0


def test_records_made_before_are_told_at_their_next_row(tmp_path: Path) -> None:
    path = tmp_path / "ops_trial"
    schema = pa.schema({"run_id": pa.string(), "error": pa.string(), "status": pa.string()})
    first = pa.Table.from_pylist(
        [{"run_id": "r1", "error": "'kd4711' is no number", "status": "failed"}],
        schema=schema.remove(2),
    )
    from deltalake import write_deltalake

    write_deltalake(str(path), first)
    for run in ("r2", "r3"):
        append_rows(
            path, [{"run_id": run, "error": "'kd4713' is no number", "status": "failed"}], schema
        )
    assert "kd4713" not in log_of(path)
    assert extremes_of(path) == {"run_id": "r3", "status": "failed"}
    assert delta.row_count(path) == 3


# The planted values are the largest of their columns, and lie in no sum of many people alone.
SHOP = """
zone: Europe/Berlin
currency: EUR
first_day: 2020-03-02
sources:
  orders:
    format: csv
    delivery: daily
    columns: [person, order, line, sku, day, price, cashier]
    event_date: order_date
    refused_share: 0.5
    mapping:
      customer_id: person
      order_id: order
      line_id: line
      product_id: sku
      order_date: to_date(day)
      quantity: "'1'"
      amount: price
  customers:
    format: csv
    delivery: occasional
    columns: [person, zip, surname]
    mapping: {customer_id: person, postcode: zip}
  products:
    format: csv
    delivery: occasional
    columns: [sku, department]
    mapping: {product_id: sku, department: department}
"""
PLANTED = ("kd4711", "zip90210", "or8899", "7731.25", "Zacharias", "Quarkstrudel", "Xaver")


@pytest.fixture
def shop(shop_in: Callable[..., Shop]) -> Shop:
    shop = shop_in("shop", SHOP)
    shop.write(
        "customers/2020-03-02/c.csv",
        b"person,zip,surname\naa1,zip10115,Abel\nkd4711,zip90210,Zacharias\n",
    )
    shop.write("products/2020-03-02/p.csv", b"sku,department\ns1,tea\ns2,tools\n")
    head = "person,order,line,sku,day,price,cashier"
    first = [
        "aa1,or1,1,s1,2020-03-02,2.00,Bo",
        "kd4711,or8899,1,s2,2020-03-02,7731.25,Xaver",
        "kd4711,or8899,2,s1,2020-03-02,3.00,Xaver",
    ]
    second = ["aa1,or2,1,s2,2020-03-03,5.00,Bo", "kd4711,or8900,1,s1,2020-03-03,Quarkstrudel,Xaver"]
    for day, lines in ((DAY, first), (NEXT, second)):
        shop.write(f"orders/{day}/o.csv", "\n".join([head, *lines, ""]).encode())
    return shop


def test_no_value_of_a_person_stands_in_the_log_of_any_table(
    shop: Shop, spark: SparkSession
) -> None:
    """One run by Spark, its records by delta-rs, both kinds of checkpoints, the files that OPTIMIZE
    writes, and a commit without rows.
    """
    shop.run("2020-03-02", "2020-03-03", "ingest", "silver")
    shop.run("2020-03-03", "2020-03-04", "ingest", "silver", "features", "score", "gold")
    run = Run("any_shop", NEXT, date(2020, 3, 4))
    ops.record(
        shop.lake,
        run,
        "silver",
        "silver_order_lines",
        ops.now(),
        "failed",
        message="'Quarkstrudel' of kd4711 cannot be read",
    )
    (refused,) = shop.records("silver_order_lines_quarantine")
    assert "Quarkstrudel" in str(refused["reasons"])
    for path in delta.tables(shop.lake):
        checkpoint_by_spark(spark, path)
    shop.run("2020-03-03", "2020-03-04", "optimize")
    for path in delta.tables(shop.lake):
        delta.mark(path, {"run_id": "none"})
        DeltaTable(str(path)).create_checkpoint()
    texts = {
        path.name: [value for value in PLANTED if value in log_of(path)]
        for path in delta.tables(shop.lake)
    }
    assert {name: values for name, values in texts.items() if values} == {}
    assert len(texts) > 30
    assert all(
        len([*(shop.lake / name / "_delta_log").glob("*.checkpoint.parquet")]) >= 2
        for name in texts
        if delta.row_count(shop.lake / name)
    )
    assert extremes_of(shop.lake / "bronze_orders").keys() >= {"arrived_on", "event_date", "sku"}
    assert extremes_of(shop.lake / "silver_order_lines").keys() >= {"order_date", "product_id"}
    assert extremes_of(shop.lake / "gold_customer_profiles").keys() >= {"as_of"}
    assert extremes_of(shop.lake / "gold_kpis").keys() >= {"week_start", "amount_sum"}
    with shop.at_home():
        shown = rows_of(shop.settings, "gold_customer_profiles", "kd4711", None, 5)
        classes = {
            one["name"]: one["privacy"]
            for table in table_entries(shop.settings)
            if table["name"] == "bronze_orders"
            for one in table["columns"]
        }
    assert shown["customer_id"].tolist() == ["kd4711"]
    assert classes == {
        "person": "pseudonym",
        "order": "pseudonym",
        "line": "pseudonym",
        "sku": "none",
        "day": "personal",
        "price": "personal",
        "cashier": "personal",
        "corrupt_record": "personal",
        "arrived_on": "none",
        "source_file": "none",
        "source_line": "none",
        "event_date": "none",
    }
