from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from models import inputs
from models.inputs import Features
from models.model import identity_of, rows_digest

FRAME = pd.DataFrame(
    {
        "customer_id": ["2", "1", "3"],
        "as_of": [date(2017, 12, 1)] * 3,
        "order_count": [1, 2, 3],
        "amount_sum": [Decimal("10.5000"), None, Decimal("0.2500")],  # money is decimal, and may be null
        "demographic_income": ["low", "high", None],
        "favourite_department": ["GROCERY", "MEAT", "DELI"],  # a string that is no demographic: not a feature
        "first_order_date": [date(2017, 1, 1)] * 3,
        "ops_run_id": [1, 1, 1],
        "is_churned_28d": [True, False, False],
    }
)


def test_features_are_numbers_and_demographics_only() -> None:
    found = inputs.features_of(FRAME)
    assert found.numeric == ("amount_sum", "order_count")
    assert found.categories == {"demographic_income": ("high", "low")}


def test_matrix_holds_floats_codes_and_nan() -> None:
    features = Features(("amount_sum",), {"demographic_income": ("high", "low")})
    unseen = FRAME.assign(demographic_income=["low", "high", "never met"])
    assert np.array_equal(inputs.matrix(unseen, features), np.array([[10.5, 1], [np.nan, 0], [0.25, np.nan]], np.float32), equal_nan=True)


def test_missing_features_are_listed_with_their_nearest_match() -> None:
    with pytest.raises(inputs.MissingFeatureError, match=r"order_counts \(nearest: order_count\), gap_days_mean"):
        inputs.matrix(FRAME, Features(("order_counts", "gap_days_mean"), {}))


def test_an_all_null_decimal_column_stays_a_number() -> None:
    assert "amount_sum" in inputs.features_of(FRAME.assign(amount_sum=pd.Series([None, None, None], dtype=object))).numeric


def test_keys_of_spark_and_of_arrow_become_the_same() -> None:
    stamps = FRAME.assign(as_of=pd.to_datetime(FRAME["as_of"]), customer_id=[2, 1, 3])
    assert inputs.with_plain_keys(stamps)["as_of"].tolist() == FRAME["as_of"].tolist()
    assert inputs.with_plain_keys(stamps)["customer_id"].tolist() == ["2", "1", "3"]


def test_identity_ignores_the_order_of_rows_and_columns_and_nothing_else() -> None:
    shuffled = FRAME.iloc[[2, 0, 1], ::-1]
    changed = FRAME.assign(order_count=[1, 2, 4])
    assert identity_of(shuffled, [], {"depth": 3}) == identity_of(FRAME, [], {"depth": 3})
    assert rows_digest(changed) != rows_digest(FRAME)
    assert identity_of(FRAME, [], {"depth": 4}) != identity_of(FRAME, [], {"depth": 3})


def test_identity_changes_with_the_code(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("code") / "model.py"
    path.write_text("a = 1")
    before = identity_of(FRAME, [path], {})
    path.write_text("a = 2")
    assert identity_of(FRAME, [path], {}) != before
