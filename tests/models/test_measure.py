from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from models import measure

# Two churners and three stayers; one churner ties with one stayer.
TRUTH = np.array([0, 0, 1, 0, 1])
SCORE = np.array([0.1, 0.2, 0.2, 0.6, 0.8])


def test_auc_counts_the_pairs() -> None:
    # Pairs (churner, stayer): .8 beats all three; .2 beats .1, ties with .2, loses to .6. So 3 + 1 + 0.5 of 6.
    assert measure.auc(TRUTH, SCORE) == pytest.approx(4.5 / 6)


def test_average_precision_weighs_precision_by_recall() -> None:
    # Flag .8: precision 1, half the churners. Flag down to .2 (a tie of two): 2 of 4, the other half.
    assert measure.average_precision(TRUTH, SCORE) == pytest.approx(0.5 * 1 + 0.5 * 2 / 4)


def test_brier_is_the_mean_square() -> None:
    assert measure.brier(TRUTH, SCORE) == pytest.approx((0.01 + 0.04 + 0.64 + 0.36 + 0.04) / 5)


def test_log_loss_is_the_mean_surprise() -> None:
    assert measure.log_loss_of(np.array([1, 0]), np.array([0.5, 0.75])) == pytest.approx((np.log(2) + np.log(4)) / 2)
    assert measure.log_loss_of(np.array([1.0]), np.array([0.0])) == np.inf


def test_ece_of_ten_bins_of_two() -> None:
    # Twenty customers promised 0.5, in ten pairs: nine pairs hold one churner (gap 0), the last holds two (gap 0.5).
    truth = np.array([0, 1] * 9 + [1, 1])
    assert measure.ece(truth, np.full(20, 0.5)) == pytest.approx(0.5 / 10)


def test_ece_weighs_bins_by_size() -> None:
    # Eleven customers: the lowest bin has two (promised 0, seen 1/2), the others one each, all right.
    truth, score = np.array([0, 1] + [1] * 9), np.array([0, 0] + [1] * 9)
    assert measure.ece(truth, score) == pytest.approx(2 * 0.5 / 11)


def test_metrics_agree_with_scikit_learn_on_many_ties() -> None:
    generator = np.random.default_rng(3)
    truth, score = generator.integers(0, 2, 500), generator.integers(1, 20, 500) / 20
    assert measure.auc(truth, score) == pytest.approx(roc_auc_score(truth, score))
    assert measure.average_precision(truth, score) == pytest.approx(average_precision_score(truth, score))
    assert measure.log_loss_of(truth, score) == pytest.approx(log_loss(truth, score))


def test_lift_by_decile_starts_with_the_highest_scores() -> None:
    # Ten customers, two churners: the highest score is one (lift 1 / 0.2 = 5), the lowest is the other.
    table = measure.lift_by_decile([1, 0, 0, 0, 0, 0, 0, 0, 0, 1], np.arange(10) / 10)
    assert table["decile"].tolist() == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert table["lift"].tolist() == pytest.approx([5, 0, 0, 0, 0, 0, 0, 0, 0, 5])
    assert table["captured"].tolist() == pytest.approx([0.5] * 9 + [1])


def test_calibration_bins_tell_promised_and_seen() -> None:
    bins = measure.calibration_bins([0, 1], [0.2, 0.9])
    assert bins.to_numpy().tolist() == [[1, 0.2, 0], [1, 0.9, 1]]


def test_bootstrap_repeats_with_its_seed_and_holds_the_value() -> None:
    generator = np.random.default_rng(1)
    truth = generator.integers(0, 2, 200)
    score = truth * 0.3 + generator.random(200)
    low, high = measure.bootstrap_interval(measure.auc, truth, score, seed=5, times=200)
    assert (low, high) == measure.bootstrap_interval(measure.auc, truth, score, seed=5, times=200)
    assert low < measure.auc(truth, score) < high


def test_bootstrap_draws_customers_not_rows() -> None:
    # Customer 0 owns the churner, customer 1 the stayer: only draws of both can be ranked, and each ranks them right.
    draws = measure.bootstrap_draws(measure.auc, [1, 0], [0.9, 0.1], units=[0, 1], unit_count=2, times=50)
    assert np.isnan(draws).any()
    assert set(draws[~np.isnan(draws)]) == {1.0}


def test_interval_is_the_middle_of_the_draws() -> None:
    assert measure.interval(np.array([*np.arange(101.0), np.nan]), level=0.9) == pytest.approx((5, 95))
    assert all(np.isnan(measure.interval(np.array([np.nan]))))


def test_a_null_score_or_a_single_outcome_is_an_error() -> None:
    with pytest.raises(ValueError, match="leave out the rows that were not scored"):
        measure.churn_metrics([0, 1], [0.5, np.nan])
    with pytest.raises(ValueError, match="all 2 outcomes are 1"):
        measure.auc(np.array([1, 1]), np.array([0.1, 0.2]))
