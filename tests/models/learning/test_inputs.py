from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from models.learning import inputs
from models.learning.identity import rows_digest
from models.learning.inputs import Features

FRAME = pd.DataFrame(
    {
        "customer_id": ["2", "1", "3"],
        "as_of": [date(2017, 12, 1)] * 3,
        "order_count": [1, 2, 3],
        # money is decimal, and may be null
        "amount_sum": [Decimal("10.5000"), None, Decimal("0.2500")],
        "demographic_income": ["low", "high", None],
        # a text is a category, whatever its name
        "favourite_department": ["GROCERY", "MEAT", "DELI"],
        "first_order_date": [date(2017, 1, 1)] * 3,
        "ops_run_id": [1, 1, 1],
        "outcome": [True, False, False],
    }
)


def test_features_are_numbers_and_texts_whatever_their_names() -> None:
    members = pd.Series([True, False, None], dtype=object)
    features = inputs.features_of(
        FRAME.assign(mixed=["a", 1, date(2017, 1, 1)], is_member=members, share=[0.5, 0.25, np.nan])
    )
    assert features.numeric == ("amount_sum", "is_member", "order_count", "share")
    assert features.categories == {
        "demographic_income": ("high", "low"),
        "favourite_department": ("DELI", "GROCERY", "MEAT"),
    }
    assert list(features.categories) == sorted(features.categories), (
        "in the order of their names, as the matrix has them"
    )
    assert features.names == (*features.numeric, *features.categories)
    assert features.types == ["q", "q", "q", "q", "c", "c"]


TABLE = pa.table(  # what an Arrow table declares, each type with a value and a null
    {
        "customer_id": pa.array(["2", "1"]),
        "as_of": pa.array([date(2017, 12, 1)] * 2),
        "amount_sum": pa.array([Decimal("10.5000"), None], pa.decimal128(18, 4)),
        "city": pa.array(["Ulm", None]),
        "first_order_date": pa.array([date(2017, 1, 1), None]),
        "is_member": pa.array([True, None]),
        "order_count": pa.array([3, None], pa.int64()),
        "seen_at": pa.array([datetime(2017, 1, 1, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
        "share": pa.array([0.5, None]),
        "shelves": pa.array([["a"], None]),
    }
)


def test_a_month_without_values_has_the_same_features() -> None:
    empty = pa.table(
        [*TABLE.columns[:2], *(pa.nulls(2, field.type) for field in list(TABLE.schema)[2:])],
        schema=TABLE.schema,
    )
    features, without = (
        inputs.features_of(inputs.typed_frame(TABLE)),
        inputs.features_of(inputs.typed_frame(empty)),
    )
    assert features == Features(
        ("amount_sum", "is_member", "order_count", "share"), {"city": ("Ulm",)}
    )
    assert without == Features(features.numeric, {"city": ()})
    assert np.isnan(inputs.matrix(inputs.typed_frame(empty), features)).all()


def test_typed_columns_read_as_objects_do() -> None:
    typed, objects = inputs.typed_frame(TABLE), TABLE.to_pandas()
    features = inputs.features_of(typed)
    expected = np.array([[10.5, 1, 3, 0.5, 0], [np.nan] * 5], np.float32)
    for frame in (typed, objects):  # Spark's workers get objects
        assert np.array_equal(inputs.matrix(frame, features), expected, equal_nan=True)
    assert inputs.features_of(objects) == features
    names = ["customer_id", "as_of", *features.names]
    assert rows_digest(inputs.with_plain_keys(typed)[names]) == rows_digest(
        inputs.with_plain_keys(objects)[names]
    )


def test_an_object_column_without_values_is_refused_since_nobody_knows_its_type() -> None:
    with pytest.raises(ValueError, match="the column city has no value and no type"):
        inputs.features_of(FRAME.assign(city=None))


def test_decimals_become_the_nearest_float() -> None:
    column = pd.Series(
        [Decimal("0.1000"), None, Decimal("1234567.8901")],
        dtype=pd.ArrowDtype(pa.decimal128(18, 4)),
    )
    assert np.array_equal(inputs.as_float(column), [0.1, np.nan, 1234567.8901], equal_nan=True)
    assert np.array_equal(
        inputs.as_float(column.astype(object)), [0.1, np.nan, 1234567.8901], equal_nan=True
    )


def test_matrix_holds_floats_codes_and_nan() -> None:
    features = Features(("amount_sum",), {"demographic_income": ("high", "low")})
    unseen = FRAME.assign(demographic_income=["low", "high", "never met"])
    assert np.array_equal(
        inputs.matrix(unseen, features),
        np.array([[10.5, 1], [np.nan, 0], [0.25, np.nan]], np.float32),
        equal_nan=True,
    )


def test_missing_features_are_listed_with_their_nearest_match() -> None:
    with pytest.raises(
        inputs.MissingFeatureError, match=r"order_counts \(nearest: order_count\), gap_days_mean"
    ):
        inputs.matrix(FRAME, Features(("order_counts", "gap_days_mean"), {}))


def test_keys_of_spark_and_of_arrow_become_the_same() -> None:
    stamps = FRAME.assign(as_of=pd.to_datetime(FRAME["as_of"]), customer_id=[2, 1, 3])
    assert inputs.with_plain_keys(stamps)["as_of"].tolist() == FRAME["as_of"].tolist()
    assert inputs.with_plain_keys(stamps)["customer_id"].tolist() == ["2", "1", "3"]


def test_targets_are_keys_and_no_features() -> None:
    asked = FRAME.assign(target=["9", "8", "7"])
    assert inputs.features_of(asked) == inputs.features_of(FRAME)
    assert inputs.keys_of(asked) == ["customer_id", "as_of", "target"]
    assert inputs.keys_of(FRAME) == ["customer_id", "as_of"]
    twice = pd.concat([asked, asked.assign(target="1")])
    assert inputs.with_sorted_rows(twice)["target"].tolist() == ["1", "8", "1", "9", "1", "7"]
