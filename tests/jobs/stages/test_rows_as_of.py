"""What a training reads from the lake."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace

from jobs.stages.training import rows_as_of
from lakehouse.store import delta
from models.learning.inputs import Features, features_of


def test_rows_keep_the_types_that_the_table_declares(tmp_path: Path) -> None:
    # No row at all, so no value could say what a column is.
    types = {
        "customer_id": "string",
        "as_of": "date",
        "amount_sum": "decimal(18,4)",
        "city": "string",
        "first_order_date": "date",
    }
    delta.create(tmp_path / "features_customers", types)
    rows = rows_as_of(SimpleNamespace(lake=tmp_path), "features_customers", [date(2017, 12, 1)])  # type: ignore[arg-type]
    assert features_of(rows) == Features(("amount_sum",), {"city": ()})
