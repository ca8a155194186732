"""Features over a few rows: `values_of` is how the tests of this folder call them, and how `test_every_feature.py` knows which were."""

from pyspark.sql import functions as F

from features.registry import declared
from tests.rows import found, given

DAYS_AGO = {"days_ago": "int"}  # the features job adds it; the dictionary of columns does not know it


def values_of(names: str, rows: str) -> list[list[str | None]]:
    """The features by name, per customer of the rows, as `found` gives rows; their rows come from one source table."""
    chosen = [declared()[name] for name in names.split()]
    assert len({one.over for one in chosen}) == 1, "features of one source at a time"
    grouped = given(rows, **DAYS_AGO).groupBy("customer_id").agg(*(one.aggregate().alias(one.name) for one in chosen))
    wrong = {one.name: kind for one in chosen if (kind := grouped.schema[one.name].dataType.simpleString()) != one.type}
    assert wrong == {}, "the type is not the declared one"
    return found(grouped.select("customer_id", *(F.col(one.name) for one in chosen)))
