from __future__ import annotations

import pickle
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from models import churn
from models.churn import ChurnModel, ChurnSettings
from models.inputs import MissingFeatureError
from models.measure import auc
from models.store import from_files
from models.training import labelled_rows

Shop = tuple[pd.DataFrame, pd.DataFrame]
WORDS = {"days_since_last_order": ("recency", "last order {value} ago", "days", "no order yet")}


@pytest.fixture(scope="module")
def rows(shop: Shop) -> pd.DataFrame:
    return labelled_rows(*shop)


@pytest.fixture(scope="module")
def model(rows: pd.DataFrame, quick: ChurnSettings) -> ChurnModel:
    return churn.fit(*_windows(rows), quick, WORDS)


def _windows(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Older windows (10-06, 09-08) and the early-stopping one (11-03); 12-01 is held out."""
    early = date(2017, 11, 3)
    return rows[rows["as_of"] < early], rows[rows["as_of"] == early]


def _held(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["as_of"] == date(2017, 12, 1)]


def test_label_windows_of_training_end_by_the_evaluated_day() -> None:
    days = churn.training_as_ofs(date(2017, 12, 1), windows=3)
    assert days == [date(2017, 11, 3), date(2017, 10, 6), date(2017, 9, 8)]
    assert max(days) + timedelta(days=28) <= date(2017, 12, 1)


@pytest.mark.parametrize(
    ("step", "older"),
    [
        (7, [date(2017, 10, 27), date(2017, 10, 20)]),
        (14, [date(2017, 10, 20), date(2017, 10, 6)]),
        (28, [date(2017, 10, 6), date(2017, 9, 8)]),
        (56, [date(2017, 9, 8), date(2017, 7, 14)]),
    ],
)
def test_the_newest_window_ends_by_the_evaluated_day_whatever_lies_between_two(
    step: int, older: list[date]
) -> None:
    # a step of 7 once put the newest as-of on 11-24: its labels ended on 12-21, in the window that
    # the model was judged on
    assert churn.training_as_ofs(date(2017, 12, 1), 3, step) == [date(2017, 11, 3), *older]


def test_boosting_stops_on_a_window_that_no_other_label_reaches_into() -> None:
    # weekly windows: the labels of 10-27, 10-20 and 10-13 end after 11-03, those of 10-06 on that
    # very day (exclusive)
    days = churn.training_as_ofs(date(2017, 12, 1), 6, 7)
    assert churn.ended_windows(days) == [date(2017, 10, 6), date(2017, 9, 29)]
    assert churn.ended_windows(days[:4]) == churn.ended_windows([]) == []


def test_rounds_do_not_depend_on_windows_that_reach_into_the_early_one(
    rows: pd.DataFrame, quick: ChurnSettings
) -> None:
    train, early = _windows(rows)
    # the early rows themselves, two weeks before
    between = early.assign(as_of=date(2017, 10, 20), customer_id="x" + early["customer_id"])
    alone, both = (
        churn.fit(train, early, quick),
        churn.fit(pd.concat([train, between]), early, quick),
    )
    assert both.rounds == alone.rounds
    assert both.train_as_ofs == (
        date(2017, 9, 8),
        date(2017, 10, 6),
        date(2017, 10, 20),
        date(2017, 11, 3),
    ), "it learns from all in the end"
    with pytest.raises(ValueError, match="those of `train` 28 days before those of `early`"):
        churn.fit(between, early, quick)


@pytest.mark.parametrize(
    ("judged", "can_be"), [(date(2017, 12, 1), True), (date(2017, 11, 30), False)]
)
def test_a_model_is_judged_only_from_the_day_on_that_its_labels_end(
    model: ChurnModel, judged: date, can_be: bool
) -> None:
    said = churn.overlap(model, judged)
    assert (said == "") is can_be
    assert can_be or said.startswith(
        "the training labels go on until 2017-12-01, exclusive, and the labels it is judged on begin on 2017-11-30"
    )


def test_it_ranks_unseen_rows(model: ChurnModel, rows: pd.DataFrame) -> None:
    held = _held(rows)
    assert (
        auc(held["is_churned_28d"].to_numpy(), model.predict(held)["churn_probability"].to_numpy())
        > 0.85
    )


def test_shap_values_add_up_to_the_probability(model: ChurnModel, rows: pd.DataFrame) -> None:
    held = _held(rows).head(4)
    log_odds = model.explain(held).drop(columns=["customer_id", "as_of"]).sum(axis=1)
    assert np.allclose(1 / (1 + np.exp(-log_odds)), model.predict(held)["churn_probability"])


def test_reasons_speak_in_registered_words(model: ChurnModel, rows: pd.DataFrame) -> None:
    scored = model.predict(_held(rows))
    assert list(scored.columns) == [
        "customer_id",
        "as_of",
        "churn_probability",
        "reason_1",
        "reason_2",
        "reason_3",
    ]
    said = scored[["reason_1", "reason_2", "reason_3"]].stack()
    assert said.str.match(r"last order (1 day|\d+ days) ago \((raises|lowers) risk\)").any()


def test_shuffled_rows_make_the_same_model(
    model: ChurnModel, rows: pd.DataFrame, quick: ChurnSettings
) -> None:
    train, early = (frame.sample(frac=1, random_state=1) for frame in _windows(rows))
    again = churn.fit(train, early, quick)
    assert again.identity == model.identity
    assert again.boosters == model.boosters


def test_another_parameter_is_another_identity(
    model: ChurnModel, rows: pd.DataFrame, quick: ChurnSettings
) -> None:
    assert (
        churn.fit(*_windows(rows), ChurnSettings(seed=1, rounds_max=3, ensemble=1)).identity
        != model.identity
    )


def test_it_survives_files_and_pickle(model: ChurnModel, rows: pd.DataFrame) -> None:
    held = _held(rows).head(3)
    for copy in (from_files(model.to_files()), pickle.loads(pickle.dumps(model))):
        assert copy == model
        pd.testing.assert_frame_equal(copy.predict(held), model.predict(held))


def test_one_row_scores_as_it_does_among_others(model: ChurnModel, rows: pd.DataFrame) -> None:
    # Spark cuts frames into batches: a batch must not change a score.
    whole = model.predict(_held(rows))
    pd.testing.assert_frame_equal(model.predict(_held(rows).iloc[[5]]), whole.iloc[[5]])


def test_a_missing_feature_is_a_clear_error(model: ChurnModel, rows: pd.DataFrame) -> None:
    with pytest.raises(
        MissingFeatureError, match="no column order_count; the model was trained with it"
    ):
        model.predict(_held(rows).drop(columns="order_count"))


def test_an_empty_frame_scores_to_no_rows(model: ChurnModel, rows: pd.DataFrame) -> None:
    assert model.predict(rows.head(0)).empty


def test_a_text_without_any_value_is_learned_and_scored_like_any_other(
    rows: pd.DataFrame, quick: ChurnSettings
) -> None:
    # The month of the training had no value; when one comes, it is a word that the model never met.
    silent = rows.assign(city=pd.Series(None, index=rows.index, dtype="string"))
    found = churn.fit(*_windows(silent), quick)
    assert found.features.categories["city"] == ()
    held = _held(silent).head(3)
    pd.testing.assert_frame_equal(
        found.predict(held.assign(city="Ulm")), found.predict(held.assign(city=None))
    )


def test_importance_is_largest_first(model: ChurnModel) -> None:
    found = model.importance()
    # churn follows recency and orders; the amount is twenty times the orders, so it may stand for
    # them
    assert set(found.index[:2]) <= {"days_since_last_order", "order_count", "amount_sum"}
    assert found.is_monotonic_decreasing
    assert set(found.index) == set(model.features.names)


def test_training_refuses_one_outcome_and_no_rows(rows: pd.DataFrame, quick: ChurnSettings) -> None:
    train, early = _windows(rows)
    with pytest.raises(ValueError, match="needs both outcomes"):
        churn.fit(train.assign(is_churned_28d=False), early, quick)
    with pytest.raises(ValueError, match="`early` for the churn model is empty"):
        churn.fit(train, early.head(0), quick)
