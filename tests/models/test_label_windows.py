"""Which labels are too young is said of each date, with until when it needs orders and until when
they are known.
"""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from models.inputs import MissingFeatureError
from models.labels import too_young, unlabelled

FIRST, SECOND, THIRD = date(2017, 1, 3), date(2017, 1, 31), date(2017, 2, 28)
# 01-03 has labels; 01-31 ends on 02-28 and was made when orders were known until the 27th; 02-28
# was made before any delivery
LABELS = pd.DataFrame(
    {
        "customer_id": ["7", "7", "8", "7"],
        "as_of": [FIRST, SECOND, SECOND, THIRD],
        "is_churned_28d": [True, None, None, None],
        "known_until": [date(2017, 1, 31), date(2017, 2, 27), date(2017, 2, 27), None],
    }
)


def test_a_window_is_over_on_the_day_until_which_orders_are_known() -> None:
    assert too_young([FIRST, SECOND], date(2017, 2, 28)) == ""
    assert too_young([SECOND, FIRST], date(2017, 2, 27)).startswith(
        "too young for a label of 28 days: 2017-01-31 (needs orders until 2017-02-28, known until 2017-02-27); run the stages"
    )
    assert "2017-01-03 (needs orders until 2017-01-31, known until no day)" in too_young(
        [FIRST], None
    )


def test_null_labels_are_named_and_no_others() -> None:
    assert unlabelled(LABELS, [FIRST]) == ""
    said = unlabelled(LABELS, [FIRST, SECOND, THIRD])
    assert (
        "2017-01-31 (needs orders until 2017-02-28, known until 2017-02-27), 2017-02-28 (needs orders until 2017-03-28"
        in said
    )
    assert "known until no day)" in said
    assert "2017-01-03" not in said


def test_null_labels_that_do_not_say_since_when_are_refused() -> None:
    with pytest.raises(MissingFeatureError, match="known_until"):
        unlabelled(LABELS.drop(columns="known_until"), [SECOND])
