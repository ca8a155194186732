"""Labels over a few rows of the days after an as-of date."""

import pytest
from pyspark.sql import Column
from pyspark.sql import functions as F

from features import declaring
from features.declaring import declared_labels, label
from lakehouse.contract.columns import ColumnEntry
from tests.rows import aggregated_row, given

pytestmark = pytest.mark.usefixtures("small_plans")


def value_of(name: str, rows: str) -> str | None:
    """The label over the rows of one customer."""
    return aggregated_row(declared_labels()[name].aggregate(), given(rows, days_after="int"))


def test_an_order_of_the_days_is_no_churn() -> None:
    # the order lies on day 28, behind the short window and in the long one
    rows = "days_after order_count\n3 0\n28 1"
    assert value_of("is_churned_28d", rows) == "true"
    assert value_of("is_churned_91d", rows) == "false"


def test_campaigns_come_in_order_and_once() -> None:
    rows = "days_after campaign_id\n0 b\n27 a\n5 b\n5 -\n28 c"
    assert value_of("redeemed_campaigns_28d", rows) == "a,b"


def test_a_label_declares_its_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    described: list[ColumnEntry] = []
    monkeypatch.setattr(declaring, "LABELS", {})
    monkeypatch.setattr(declaring, "describe", described.append)

    def visits(within: Column) -> Column:
        """Whether the customer visits."""
        return F.bool_or(within)

    label(
        over="silver_visits", days=(7, 14), type="boolean", empty=False, known_until={7: "known"}
    )(visits)
    assert [(one.name, one.type, one.privacy) for one in described] == [
        ("visits_7d", "boolean", "personal"),
        ("known", "date", "none"),
        ("visits_14d", "boolean", "personal"),
        ("visits_14d_known_until", "date", "none"),
    ]
    assert described[0].description == (
        "Whether the customer visits. In the 7 days from the as-of date on; null until all are known."
    )
