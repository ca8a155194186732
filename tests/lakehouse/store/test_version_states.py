"""Of many rows only those whose key came more than once are sorted: each ends in the state that
sorting all would give it.
"""

from datetime import date
from itertools import product

import pytest
from pyspark.sql import DataFrame, SparkSession

from lakehouse.build import reading
from lakehouse.contract.checks import unique
from lakehouse.quality import deequ

SCHEMA = (
    "a string, b string, arrived_on date, source_file string, source_line bigint, "
    "fingerprint bigint, refused array<string>, is_deleted boolean"
)


def _rows(spark: SparkSession) -> DataFrame:
    """Every mixture of two versions of a key: the same or another text, refused or not, withdrawn
    or not; nulls in keys.
    """
    values = []
    for number, (second, text, refused, deleted) in enumerate(
        product((False, True), (1, 2), (None, 0, 1), (None, 0, 1))
    ):
        key = [(f"k{number}", "x"), (f"k{number}", None), (None, f"k{number}"), (None, None)][
            number % 4
        ]
        for line, print_ in enumerate((1, text) if second else (1,)):
            day = date(2020, 3, 1 + line)
            values.append(
                (*key, day, "f", line, print_, ["no"] if refused == line else [], deleted == line)
            )
    return spark.createDataFrame(values, SCHEMA)


@pytest.mark.parametrize("keeps_deleted", [True, False])
@pytest.mark.parametrize("most", [100_000, 3])
def test_states_do_not_depend_on_how_many_rows_there_are(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, most: int, keeps_deleted: bool
) -> None:
    monkeypatch.setattr(reading, "MOST_REPEATED", most)  # with more, everything is sorted after all
    rows = _rows(spark).cache()
    few, many = (
        sorted(
            map(
                str,
                reading.with_version_state(
                    rows, ("a", "b"), keeps_deleted=keeps_deleted, are_many=are_many
                ).collect(),
            )
        )
        for are_many in (False, True)
    )
    assert many == few
    for state in ("kept", "duplicate", "superseded", "quarantined"):
        assert any(f"state='{state}'" in row for row in few), state


def test_equal_hashes_are_no_proof(spark: SparkSession) -> None:
    """A null hashes to nothing, so ('a', null) and (null, 'a') hash the same: then the keys
    themselves are asked.
    """
    check = unique("a", "b")
    apart, twice, void = (
        spark.createDataFrame(rows, "a string, b string")
        for rows in ([("a", None), (None, "a")], [("a", "b"), ("a", "b")], [(None, None)])
    )
    assert deequ.measure(apart, [check], {})[0][0].status == "passed"
    assert deequ.measure(twice, [check], {})[0][0].status == "failed"
    assert deequ.measure(void, [check], {})[0][0].status == "failed", (
        "as Deequ says of the columns themselves"
    )
