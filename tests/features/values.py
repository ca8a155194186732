"""Features over a few rows: `values_of` is how the tests of this folder call them, and how
`test_every_feature.py` knows which were.
"""

from pyspark.sql import functions as F

from features.declaring import declared
from tests.rows import actual, given

# the features job adds it; the dictionary of columns does not know it
DAYS_AGO = {"days_ago": "int"}
NOBODY = "nobody"


def values_of(names: str, rows: str) -> list[list[str | None]]:
    """The features by name, as `actual` gives rows: per customer of the rows, which are of one
    source table, and for one without any.
    """
    chosen = [declared()[name] for name in names.split()]
    assert len({one.over for one in chosen}) == 1, "features of one source at a time"
    grouped = (
        given(rows, **DAYS_AGO)
        .groupBy("customer_id")
        .agg(*(one.aggregate().alias(one.name) for one in chosen))
    )
    types = {
        one.name: (grouped.schema[one.name].dataType.simpleString(), one.type) for one in chosen
    }
    wrong = {
        name: pair
        for name, pair in types.items()
        if len(set(pair)) > 1 and not all(kind.startswith("decimal") for kind in pair)
    }
    assert wrong == {}, (
        "the type is not the declared one; only a sum of money is wider, until the table is conformed"
    )
    header, *values = actual(grouped.select("customer_id", *(F.col(one.name) for one in chosen)))
    empty = [NOBODY, *(None if one.empty is None else str(one.empty) for one in chosen)]
    return [header, *sorted([*values, empty], key=lambda row: str(row[0]))]
