"""What every declared table and every column of the dictionary must say."""

from functools import cache

import pytest
import yaml
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import from_arrow_type

from features.declaring import declared
from headwater.docs.dictionary import PRIVACY, RECORDS
from jobs.stages.pipeline import declare_tables
from lakehouse.build.runner import QUARANTINE
from lakehouse.contract.checks import ERROR
from lakehouse.contract.columns import column
from lakehouse.contract.table import TABLES
from lakehouse.store.records import Record, schema_of
from settings.places import ROOT
from tests.repository.tree import called, python_files

declare_tables()
COLUMNS_YML = ROOT / "conf" / "columns.yml"


def used_columns() -> dict[str, list[str]]:
    """Every column in use, with the tables that have it."""
    used: dict[str, list[str]] = {}
    tables = {name: table.columns for name, table in TABLES.items()} | {
        record.TABLE: tuple(schema_of(record).names) for record in RECORDS
    }
    for name, columns in (*tables.items(), ("the quarantine", QUARANTINE)):
        for one in columns:
            used.setdefault(one, []).append(name)
    return used


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_contract_is_whole(name: str) -> None:
    table, base = TABLES[name], yaml.safe_load((ROOT / "conf" / "base.yml").read_text())
    assert table.description.endswith("."), "the docstring is the table's description"
    assert table.key
    assert set(table.key) <= set(table.columns)
    assert table.slice_by in table.columns
    assert len(set(table.columns)) == len(table.columns)
    assert [check for check in table.every_check if check.level == ERROR]
    assert table.owner or base["owner"]


@cache
def calls_of_tests() -> set[str]:
    """Full names of all functions that a test calls."""
    return set().union(*(called(path) for path in python_files("tests")))


@pytest.mark.parametrize("name", sorted(TABLES))
def test_the_function_of_every_table_is_called_by_a_test(name: str) -> None:
    """With rows beside what is expected of them. Its rules and checks are tried in tests/jobs, by
    tests that walk the catalog too.
    """
    function = TABLES[name].function
    wanted = f"{function.__module__}.{function.__name__}"
    assert wanted in calls_of_tests(), f"no test calls {wanted}: give it three to six rows"


def test_every_column_says_what_it_is() -> None:
    wrong = []
    for name, tables in used_columns().items():
        one = column(name)
        wrong += (
            [f"{name} of {tables[0]}: no privacy class {one.privacy}"]
            if one.privacy not in PRIVACY
            else []
        )
        wrong += (
            [f"{name} of {tables[0]}: no full stop ends '{one.description}'"]
            if not one.description.endswith(".")
            else []
        )
    assert wrong == []


def test_every_type_is_one_of_spark_by_its_own_name(spark: SparkSession) -> None:
    """`long` is `bigint` to Spark, and a frame is compared with the contract by that name."""
    types = {column(name).type for name in used_columns()}
    assert {
        one: spark.createDataFrame([], f"x {one}").schema["x"].dataType.simpleString()
        for one in types
    } == {one: one for one in types}


def test_no_entry_of_the_dictionary_is_unused() -> None:
    assert sorted(set(yaml.safe_load(COLUMNS_YML.read_text())) - set(used_columns())) == []


def test_no_column_is_described_twice() -> None:
    """YAML itself takes the last of two equal keys, silently."""
    root = yaml.compose(COLUMNS_YML.read_text())
    assert root is not None
    keys = [key.value for key, _ in root.value]
    assert sorted({key for key in keys if keys.count(key) > 1}) == []


def test_a_feature_and_a_column_of_one_name_are_one_thing() -> None:
    """`order_count` is a feature and stands in the tile and in the weekly numbers: type, unit and
    privacy class are the same.
    """
    conf = yaml.safe_load(COLUMNS_YML.read_text())
    both = [name for name in declared() if name in conf]
    assert {name: conf[name][:3] for name in both} == {
        name: [declared()[name].type, declared()[name].unit, "personal"] for name in both
    }


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.TABLE)
def test_a_record_has_the_types_of_the_dictionary(record: type[Record]) -> None:
    types = {field.name: from_arrow_type(field.type).simpleString() for field in schema_of(record)}
    assert types == {name: column(name).type for name in types}
    assert set(record.KEY.split()) <= set(types)
