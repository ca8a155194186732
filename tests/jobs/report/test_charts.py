"""Points of the churn curves, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from jobs.report.charts import calibration_points, churn_curves, lift_points, roc_points

# Two of four churned. The two in the middle share a score, one of them churned: no order between
# them may matter.
TRUTH = np.array([True, True, False, False])
SCORE = np.array([0.9, 0.5, 0.5, 0.1])


def test_roc_takes_equal_scores_together() -> None:
    x, y = roc_points(TRUTH, SCORE)
    assert x.tolist() == [0.0, 0.0, 0.5, 1.0]
    assert y.tolist() == [0.0, 0.5, 1.0, 1.0]


def test_calibration_keeps_equal_scores_in_one_bin() -> None:
    x, y = calibration_points(TRUTH, SCORE, bins=4)
    assert x.tolist() == pytest.approx([0.1, 0.5, 0.9])
    assert y.tolist() == pytest.approx([0.0, 0.5, 1.0])


def test_lift_counts_a_tie_at_its_mean() -> None:
    shares, lift = lift_points(TRUTH, SCORE, steps=4)
    assert shares.tolist() == [0.25, 0.5, 0.75, 1.0]
    # found 1, 1.5, 2, 2 of 1, 2, 3, 4; base 0.5
    assert lift.tolist() == pytest.approx([2.0, 1.5, 4 / 3, 1.0])


def test_curves_do_not_depend_on_the_order_of_rows() -> None:
    assert churn_curves(TRUTH, SCORE) == churn_curves(TRUTH[[2, 1, 3, 0]], SCORE[[2, 1, 3, 0]])


def test_one_outcome_has_no_curve() -> None:
    assert churn_curves([False, False], [0.1, 0.2]) == {}


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="2 outcomes but 1 probabilities"):
        churn_curves([True, False], [0.1])
