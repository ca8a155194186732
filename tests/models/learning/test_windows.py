"""Which as-of dates a kind learns from and is judged on, and which labels are too young: of each
date it is said until when it needs deliveries and until when they are known.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pandas as pd
import pytest

from models.kinds import churn, churn_91d, segments
from models.learning.inputs import MissingFeatureError
from models.learning.learner import LabelWindow, Setup
from models.learning.windows import (
    Windows,
    ended_windows,
    judged_as_of,
    lag_of,
    too_young,
    training_as_ofs,
    unlabelled,
    wanted_as_ofs,
)
from tests.models.fixed import AS_OF, LABEL, OF_CHURN, OF_SEGMENTS

QUARTER = LabelWindow("is_churned_91d", 91, "known_until_91d")
ALL = Windows()


def test_wanted_as_ofs_are_the_judged_one_and_its_windows() -> None:
    assert wanted_as_ofs(AS_OF, ALL, replace(OF_CHURN, windows=2)) == [
        date(2017, 12, 1),
        date(2017, 11, 3),
        date(2017, 10, 6),
    ]
    assert wanted_as_ofs(AS_OF, churn.KIND.windows, OF_CHURN) == [
        AS_OF - timedelta(days=28 * n) for n in range(1, 8)
    ], "the judged one and six windows unless told"
    assert wanted_as_ofs(AS_OF, segments.KIND.windows, OF_SEGMENTS) == [AS_OF]


def test_label_windows_of_training_end_by_the_evaluated_day() -> None:
    days = training_as_ofs(date(2017, 12, 1), ALL, replace(OF_CHURN, windows=3))
    assert days == [date(2017, 11, 3), date(2017, 10, 6), date(2017, 9, 8)]
    assert max(days) + timedelta(days=28) <= date(2017, 12, 1)


@pytest.mark.parametrize(
    ("step", "older"),
    [
        (7, [date(2017, 10, 27), date(2017, 10, 20)]),
        (14, [date(2017, 10, 20), date(2017, 10, 6)]),
        (28, [date(2017, 10, 6), date(2017, 9, 8)]),
    ],
)
def test_the_newest_window_ends_by_the_evaluated_day_whatever_lies_between_two(
    step: int, older: list[date]
) -> None:
    # a step of 7 once put the newest as-of on 11-24: its labels ended on 12-21, in the window that
    # the model was judged on
    setup = replace(OF_CHURN, windows=3, window_days=step)
    assert training_as_ofs(date(2017, 12, 1), ALL, setup) == [date(2017, 11, 3), *older]


def test_steps_longer_than_a_label_leave_days_between_windows() -> None:
    setup = replace(OF_CHURN, windows=3, window_days=56)
    assert training_as_ofs(date(2017, 12, 1), ALL, setup) == [
        date(2017, 11, 3),
        date(2017, 9, 8),
        date(2017, 7, 14),
    ]


def test_kinds_with_labels_of_other_lengths_share_their_as_ofs() -> None:
    # 91 days are four steps of 28, 112 days; a window learns every other step
    setup = Setup(QUARTER, windows=6, window_days=28)
    assert wanted_as_ofs(AS_OF, churn_91d.KIND.windows, setup) == [
        AS_OF - timedelta(days=112),
        AS_OF - timedelta(days=224),
        AS_OF - timedelta(days=280),
        AS_OF - timedelta(days=336),
    ]
    months = {AS_OF - timedelta(days=28 * n) for n in range(20)}
    assert {*wanted_as_ofs(AS_OF, churn_91d.KIND.windows, setup)} <= months


@pytest.mark.parametrize(
    ("days", "step", "lag"),
    [
        (28, 0, 28),  # the days of the label are the step
        (28, 28, 28),
        (28, 56, 28),
        (28, 7, 28),
        (28, 14, 28),
        (28, 20, 40),  # two steps
        (91, 28, 112),
        (91, 91, 91),
    ],
)
def test_the_lag_is_the_label_or_whole_steps(days: int, step: int, lag: int) -> None:
    setup = Setup(LabelWindow("label", days, "known_until"), window_days=step)
    assert lag_of(setup) == lag
    assert judged_as_of(AS_OF, setup) == AS_OF - timedelta(days=lag)


def test_without_a_label_the_day_itself_is_judged() -> None:
    assert lag_of(OF_SEGMENTS) == lag_of(replace(OF_SEGMENTS, window_days=28)) == 0
    assert judged_as_of(AS_OF, OF_SEGMENTS) == AS_OF


def test_boosting_stops_on_a_window_that_no_other_label_reaches_into() -> None:
    # weekly windows: the labels of 10-27, 10-20 and 10-13 end after 11-03, those of 10-06 on that
    # very day (exclusive)
    days = training_as_ofs(date(2017, 12, 1), ALL, replace(OF_CHURN, window_days=7))
    assert ended_windows(days, 28) == [date(2017, 10, 6), date(2017, 9, 29)]
    assert ended_windows(days[:4], 28) == ended_windows([], 28) == []
    quarters = training_as_ofs(AS_OF, churn_91d.KIND.windows, Setup(QUARTER, window_days=28))
    assert ended_windows(quarters, 91) == quarters[2:]


FIRST, SECOND, THIRD = date(2017, 1, 3), date(2017, 1, 31), date(2017, 2, 28)
# 01-03 has labels; 01-31 ends on 02-28 and was made when deliveries were known until the 27th;
# 02-28 was made before any delivery
LABELS = pd.DataFrame(
    {
        "customer_id": ["7", "7", "8", "7"],
        "as_of": [FIRST, SECOND, SECOND, THIRD],
        "is_churned_28d": [True, None, None, None],
        "known_until": [date(2017, 1, 31), date(2017, 2, 27), date(2017, 2, 27), None],
    }
)


def test_a_window_is_over_on_the_day_until_which_deliveries_are_known() -> None:
    assert too_young(LABEL, [FIRST, SECOND], date(2017, 2, 28)) == ""
    assert too_young(LABEL, [SECOND, FIRST], date(2017, 2, 27)) == (
        "too young for a label of 28 days: 2017-01-31 (needs deliveries until 2017-02-28, known"
        " until 2017-02-27); run the stages features and labels again when they have arrived"
    )
    assert "2017-01-03 (needs deliveries until 2017-01-31, known until no day)" in too_young(
        LABEL, [FIRST], None
    )
    assert too_young(QUARTER, [FIRST], date(2017, 4, 4)) == ""
    assert too_young(QUARTER, [FIRST], date(2017, 4, 3)).startswith(
        "too young for a label of 91 days: 2017-01-03 (needs deliveries until 2017-04-04"
    )


def test_null_labels_are_named_and_no_others() -> None:
    assert unlabelled(LABEL, LABELS, [FIRST]) == ""
    sentence = unlabelled(LABEL, LABELS, [FIRST, SECOND, THIRD])
    assert (
        "2017-01-31 (needs deliveries until 2017-02-28, known until 2017-02-27),"
        " 2017-02-28 (needs deliveries until 2017-03-28, known until no day)" in sentence
    )
    assert "2017-01-03" not in sentence


def test_null_labels_that_do_not_say_since_when_are_refused() -> None:
    with pytest.raises(MissingFeatureError, match="known_until"):
        unlabelled(LABEL, LABELS.drop(columns="known_until"), [SECOND])
    with pytest.raises(MissingFeatureError, match="is_churned_91d"):
        unlabelled(QUARTER, LABELS, [SECOND])
