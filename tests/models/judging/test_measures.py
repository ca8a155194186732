from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from models.judging import measures as measure

# Two positives and three negatives; one positive ties with one negative.
TRUTH = np.array([0, 0, 1, 0, 1])
SCORE = np.array([0.1, 0.2, 0.2, 0.6, 0.8])


def test_auc_counts_the_pairs() -> None:
    # Pairs (positive, negative): .8 beats all three; .2 beats .1, ties with .2, loses to .6. So 3 + 1
    # + 0.5 of 6.
    assert measure.auc(TRUTH, SCORE) == pytest.approx(4.5 / 6)


def test_auc_of_a_ranking_turned_round_is_the_rest() -> None:
    assert measure.auc(TRUTH, -SCORE) == pytest.approx(1.5 / 6)
    assert measure.auc(TRUTH, np.zeros(5)) == pytest.approx(0.5), "no ranking at all"


def test_average_precision_weighs_precision_by_recall() -> None:
    # Flag .8: precision 1, half the positives. Flag down to .2 (a tie of two): 2 of 4, the other
    # half.
    assert measure.average_precision(TRUTH, SCORE) == pytest.approx(0.5 * 1 + 0.5 * 2 / 4)


def test_brier_is_the_mean_square() -> None:
    assert measure.brier(TRUTH, SCORE) == pytest.approx((0.01 + 0.04 + 0.64 + 0.36 + 0.04) / 5)


def test_log_loss_is_the_mean_surprise() -> None:
    assert measure.log_loss_of(np.array([1, 0]), np.array([0.5, 0.75])) == pytest.approx(
        (np.log(2) + np.log(4)) / 2
    )
    assert measure.log_loss_of(np.array([1.0]), np.array([0.0])) == np.inf


def test_ece_of_ten_bins_of_two() -> None:
    # Twenty customers predicted at 0.5, in ten pairs: nine pairs hold one positive (gap 0), the last
    # holds two (gap 0.5).
    truth = np.array([0, 1] * 9 + [1, 1])
    assert measure.ece(truth, np.full(20, 0.5)) == pytest.approx(0.5 / 10)


def test_ece_weighs_bins_by_size() -> None:
    # Eleven customers: the lowest bin has two (predicted 0, observed 1/2), the others one each, all
    # right.
    truth, score = np.array([0, 1] + [1] * 9), np.array([0, 0] + [1] * 9)
    assert measure.ece(truth, score) == pytest.approx(2 * 0.5 / 11)


def test_lift_by_decile_counts_customers_positives_and_what_is_captured() -> None:
    # Twenty-one customers in ten tenths, the lowest of three: 5 positives, of whom the top tenth
    # (two customers) holds two, the next one.
    truth = np.array([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1])
    table = measure.lift_by_decile(truth, np.arange(21) / 21)
    assert table.columns.tolist() == ["decile", "customers", "positives", "lift", "captured"]
    assert table["decile"].tolist() == [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert table["customers"].tolist() == [2] * 9 + [3]
    assert table["positives"].tolist() == [2, 1, 0, 1, 0, 0, 0, 0, 0, 1]
    mean = 5 / 21
    assert table["lift"].tolist() == pytest.approx(
        [1 / mean, 0.5 / mean, 0, 0.5 / mean, 0, 0, 0, 0, 0, 1 / 3 / mean]
    )
    assert table["captured"].tolist() == pytest.approx(
        [0.4, 0.6, 0.6, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 1]
    )


def test_fewer_customers_than_tenths_leave_the_lowest_out() -> None:
    table = measure.lift_by_decile([0, 1, 0], [0.1, 0.9, 0.5])
    assert table["decile"].tolist() == [10, 9, 8]
    assert table["lift"].tolist() == pytest.approx([3, 0, 0])


def test_calibration_bins_tell_size_predicted_and_observed_from_the_lowest_up() -> None:
    bins = measure.calibration_bins([1, 0], [0.9, 0.2])
    assert bins.columns.tolist() == ["customers", "predicted", "observed"]
    assert bins.to_numpy().tolist() == [[1, 0.2, 0], [1, 0.9, 1]]
    # Eleven customers: the lowest two share a bin, one of them a positive.
    wide = measure.calibration_bins([0, 1] + [1] * 9, np.arange(11) / 10)
    assert wide["customers"].tolist() == [2] + [1] * 9
    assert wide.iloc[0].tolist() == pytest.approx([2, 0.05, 0.5])


def test_the_measures_of_a_model_are_five_by_name() -> None:
    metrics = measure.probability_metrics([0, 0, 1, 0, 1], [0.1, 0.2, 0.2, 0.6, 0.8])
    surprise = -(np.log(0.9) + np.log(0.8) + np.log(0.2) + np.log(0.4) + np.log(0.8)) / 5
    gaps = (0.1 + 0.2 + 0.8 + 0.6 + 0.2) / 5  # five bins of one customer each
    assert metrics == pytest.approx(
        {"auc": 0.75, "average_precision": 0.75, "brier": 0.218, "ece": gaps, "log_loss": surprise}
    )


@pytest.mark.parametrize("seed", range(5))
def test_metrics_agree_with_scikit_learn_on_many_ties(seed: int) -> None:
    generator = np.random.default_rng(seed)
    truth, score = generator.random(400) < 0.3, generator.integers(1, 20, 400) / 20
    assert measure.auc(truth, score) == pytest.approx(roc_auc_score(truth, score))
    assert measure.average_precision(truth, score) == pytest.approx(
        average_precision_score(truth, score)
    )
    assert measure.brier(truth, score) == pytest.approx(brier_score_loss(truth, score))
    assert measure.log_loss_of(truth, score) == pytest.approx(log_loss(truth, score))


@pytest.mark.parametrize("seed", range(3))
def test_ece_is_the_sum_over_its_bins(seed: int) -> None:
    generator = np.random.default_rng(seed)
    truth, score = generator.random(137) < 0.4, generator.random(137)
    bins = measure.calibration_bins(truth, score)
    assert bins["customers"].tolist() == [14] * 7 + [13] * 3
    assert measure.ece(truth, score) == pytest.approx(
        (bins["customers"] * (bins["predicted"] - bins["observed"]).abs()).sum() / 137
    )


def test_bootstrap_repeats_with_its_seed_and_holds_the_value() -> None:
    generator = np.random.default_rng(1)
    truth = generator.integers(0, 2, 200)
    score = truth * 0.3 + generator.random(200)
    low, high = measure.bootstrap_interval(measure.auc, truth, score, seed=5, times=200)
    assert (low, high) == measure.bootstrap_interval(measure.auc, truth, score, seed=5, times=200)
    assert (low, high) != measure.bootstrap_interval(measure.auc, truth, score, seed=6, times=200)
    assert low < measure.auc(truth, score) < high


def test_bootstrap_draws_are_those_of_the_customers_drawn() -> None:
    # Three customers, the second with two rows; drawn by hand with the same generator. The value is
    # the mean score of the rows drawn.
    truth, score, units = [1, 0, 1, 0], [0.9, 0.2, 0.4, 0.1], [0, 1, 1, 2]
    draws = measure.bootstrap_draws(
        lambda _, value: float(value.mean()),
        truth,
        score,
        units=units,
        unit_count=3,
        seed=7,
        times=20,
    )
    generator, expected = np.random.default_rng(7), []
    for _ in range(20):
        drawn = generator.integers(0, 3, 3)
        rows = [row for customer in drawn for row, unit in enumerate(units) if unit == customer]
        outcomes = {truth[row] for row in rows}
        expected.append(np.mean([score[row] for row in rows]) if outcomes == {0, 1} else np.nan)
    assert draws == pytest.approx(expected, nan_ok=True)
    assert np.isnan(draws).any()
    assert not np.isnan(draws).all()


def test_draws_are_those_of_seed_zero_unless_told() -> None:
    truth, score = [1, 0, 1, 0, 1], [0.9, 0.2, 0.4, 0.1, 0.3]
    first, other = (
        measure.bootstrap_draws(
            measure.brier, truth, score, units=range(5), unit_count=5, seed=seed
        )
        for seed in (0, 1)
    )
    draws = measure.bootstrap_draws(measure.brier, truth, score, units=range(5), unit_count=5)
    assert draws == pytest.approx(first, nan_ok=True)
    assert draws != pytest.approx(other, nan_ok=True)
    assert measure.bootstrap_interval(measure.brier, truth, score) == measure.interval(first)


def test_rows_of_one_score_are_cut_into_bins_in_the_order_given() -> None:
    # Forty customers of one score, positives first: an order by chance would not leave five bins of
    # positives alone.
    bins = measure.calibration_bins([1] * 20 + [0] * 20, np.full(40, 0.5))
    assert bins["observed"].tolist() == [1] * 5 + [0] * 5


def test_draws_of_two_models_are_paired_and_a_thousand_unless_told() -> None:
    first, second = (
        measure.bootstrap_draws(measure.brier, [1, 0, 1], score, units=[0, 1, 2], unit_count=3)
        for score in ([0.5, 0.5, 0.5], [0.6, 0.4, 0.6])
    )
    assert len(first) == 1000
    # a row errs by .25 or by .16, whoever is drawn
    assert (first - second)[~np.isnan(first)] == pytest.approx(0.09)
    assert (np.isnan(first) == np.isnan(second)).all()


def test_bootstrap_draws_customers_not_rows() -> None:
    # Customer 0 owns the positive, customer 1 the negative: only draws of both can be ranked, and each
    # ranks them right.
    draws = measure.bootstrap_draws(
        measure.auc, [1, 0], [0.9, 0.1], units=[0, 1], unit_count=2, times=50
    )
    assert np.isnan(draws).any()
    assert set(draws[~np.isnan(draws)]) == {1.0}


def test_an_interval_of_rows_is_that_of_customers_with_one_row_each() -> None:
    truth, score = [1, 0, 1, 0, 1], [0.9, 0.2, 0.4, 0.1, 0.3]
    draws = measure.bootstrap_draws(measure.brier, truth, score, units=range(5), unit_count=5)
    assert measure.bootstrap_interval(measure.brier, truth, score) == measure.interval(draws)
    assert measure.bootstrap_interval(measure.brier, truth, score, 3, 40) == measure.interval(
        measure.bootstrap_draws(
            measure.brier, truth, score, units=range(5), unit_count=5, seed=3, times=40
        )
    )


def test_interval_is_the_middle_of_the_draws() -> None:
    assert measure.interval(np.array([*np.arange(101.0), np.nan]), level=0.9) == pytest.approx(
        (5, 95)
    )
    assert measure.interval(np.arange(1001.0)) == pytest.approx((25, 975)), "95 % unless told"
    assert all(np.isnan(measure.interval(np.array([np.nan]))))


def test_what_cannot_be_measured_is_an_error_that_says_why() -> None:
    null = (
        "^an outcome or a score is null; leave out the rows that were not scored before measuring$"
    )
    with pytest.raises(ValueError, match=null):
        measure.probability_metrics([0, 1], [0.5, np.nan])
    with pytest.raises(ValueError, match=null):
        measure.probability_metrics([0, np.nan], [0.5, 0.5])
    with pytest.raises(
        ValueError,
        match=r"^2 outcomes for 1 scores; metrics need one of each per row, and at least one row$",
    ):
        measure.probability_metrics([0, 1], [0.5])
    with pytest.raises(ValueError, match=r"^0 outcomes for 0 scores; "):
        measure.probability_metrics([], [])
    with pytest.raises(
        ValueError, match=r"^all 2 outcomes are 1; a ranking is measured on rows of both outcomes$"
    ):
        measure.auc(np.array([1, 1]), np.array([0.1, 0.2]))
    with pytest.raises(ValueError, match="all 3 outcomes are 0"):
        measure.average_precision(np.array([0, 0, 0]), np.array([0.1, 0.2, 0.2]))
