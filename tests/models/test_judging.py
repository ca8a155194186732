"""What the gate says of challengers whose measures are counted by hand."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from models import training
from models.clusters import cluster_metrics
from models.gate import CHAMPION, Finding, Verdict
from models.inputs import MissingFeatureError, matrix
from models.training import Candidate, GateRules
from tests.models.fixed import (
    AS_OF,
    HOLDOUT,
    FixedChurn,
    churn_candidate,
    churn_model,
    segments_candidate,
    segments_model,
)

ROWS = pd.DataFrame(
    {  # two churners, three stayers; AUC is the share of the six pairs that are right
        "customer_id": list("abcde"),
        "as_of": HOLDOUT,
        "is_churned_28d": [False, False, True, False, True],
        "days_since_last_order": [1, 2, 3, 9, 4],  # 4 of 6
        "score": [0.1, 0.3, 0.5, 0.4, 0.9],  # 6 of 6
        "worse": [0.1, 0.3, 0.35, 0.4, 0.9],  # 5 of 6
        "poor": [0.6, 0.7, 0.5, 0.4, 0.9],  # 4 of 6
        "null": [0.1, np.nan, 0.5, 0.4, 0.9],
        "text": ["new", "words", "in", "old", "numbers"],
    }
)
# Each gate rule just met by `score`: AUC 1 (recency .6667), ECE .28 (five bins of one: .1 + .3 + .5
# + .4 + .1 over 5).
RULES = GateRules(auc_min=1.0, recency_margin=0.33, ece_max=0.2800001, auc_tolerance=0.1)

OF_CHURN = ["training labels", "AUC minimum", "AUC above recency", "ECE maximum", CHAMPION]


def judged(candidate: Candidate, champion: str | None = None, rules: GateRules = RULES) -> Verdict:
    return training.judge(candidate, None if champion is None else churn_model(champion), rules)


def failed(verdict: Verdict) -> list[str]:
    """The rules that do not hold."""
    return [finding.rule for finding in verdict.findings if not finding.passed]


def test_measures_of_churn_are_counted_on_the_rows_beside_recency_alone() -> None:
    found = training.churn_metrics(churn_model("worse"), ROWS)
    assert found["auc"] == pytest.approx(5 / 6)
    assert found["recency_auc"] == pytest.approx(4 / 6)
    assert set(found) == {"auc", "average_precision", "brier", "ece", "log_loss", "recency_auc"}


def test_every_rule_of_churn_is_looked_at_in_its_order() -> None:
    found = judged(churn_candidate(ROWS))
    assert [finding.rule for finding in found.findings] == OF_CHURN
    assert found.passed
    assert found.sentences == (
        f"passed: the training labels end before {HOLDOUT}, when those it is judged on begin",
        "passed: AUC is 1.0000; the minimum is 1.0000",
        "passed: AUC is 1.0000, recency alone 0.6667; +0.3333 of at least +0.3300",
        "passed: ECE is 0.2800; the maximum is 0.2800",
        "passed: AUC is 1.0000; there is no champion to compare with",
    )


@pytest.mark.parametrize(
    ("rules", "rule"),
    [
        (replace(RULES, auc_min=1.01), "AUC minimum"),
        (replace(RULES, recency_margin=0.34), "AUC above recency"),
        (replace(RULES, ece_max=0.27), "ECE maximum"),
    ],
)
def test_one_rule_that_does_not_hold_stops_a_churn_model(rules: GateRules, rule: str) -> None:
    assert failed(judged(churn_candidate(ROWS), rules=rules)) == [rule]


EASY = GateRules(auc_min=0.5, recency_margin=-1, ece_max=1, auc_tolerance=0.1)


def test_champion_and_challenger_are_measured_on_the_same_rows() -> None:
    found = judged(churn_candidate(ROWS, "worse"), "score", EASY)
    assert failed(found) == [CHAMPION]
    assert (
        found.sentences[-1]
        == "failed: AUC is 0.8333, the champion's 1.0000 on the same rows; -0.1667 of at least -0.1000"
    )
    assert judged(churn_candidate(ROWS, "score"), "worse", EASY).passed, "better"
    assert judged(
        churn_candidate(ROWS, "worse"), "score", replace(EASY, auc_tolerance=0.17)
    ).passed, "worse within the tolerance"


def test_of_challengers_one_after_another_the_best_stays_champion() -> None:
    # The best comes second; the third is worse by more than the tolerance.
    champion = None
    for column in ("poor", "score", "worse"):
        candidate = churn_candidate(ROWS, column)
        if judged(candidate, champion, EASY).passed:
            champion = column
    assert champion == "score"


class _Reading(FixedChurn):
    """Reads its features first, as a real model does."""

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        matrix(frame, self.features)
        return super().predict(frame)


def test_a_champion_whose_scores_are_null_today_is_replaced_and_the_sentence_says_so() -> None:
    found = judged(churn_candidate(ROWS), "null", EASY)
    assert found.passed
    assert found.sentences[-1].startswith(
        "passed: AUC is 1.0000; the champion cannot read these rows, so it does not stand in the way: an outcome"
    )


@pytest.mark.parametrize(
    ("column", "why"),
    [("gone", "no column gone"), ("text", "could not convert string to float: 'new'")],
)
def test_a_champion_that_cannot_read_the_rows_is_replaced(column: str, why: str) -> None:
    champion = replace(
        churn_model("score"),
        features=replace(churn_model("score").features, numeric=(column,)),
        identity="old",
    )
    unreadable = _Reading(**vars(champion))
    found = training.judge(churn_candidate(ROWS), unreadable, EASY)
    assert found.passed
    assert (
        "the champion cannot read these rows, so it does not stand in the way"
        in found.sentences[-1]
    )
    assert why in found.sentences[-1]


def test_a_challenger_that_cannot_be_measured_does_not_pass_against_a_champion_that_cannot_either() -> (
    None
):
    # One segment for all: a silhouette needs two.
    rows = customers(one=["all"] * 6)
    challenger = segments_candidate(rows, cluster_metrics(segments_model("one"), rows), "one")
    verdict = training.judge(
        challenger, segments_model("one"), GateRules(silhouette_min=-1, smallest_share_min=0)
    )
    assert failed(verdict) == ["silhouette minimum", CHAMPION]


def test_a_champion_that_learned_from_the_rows_is_not_replaced() -> None:
    # Its newest labels end a day after the holdout; with labels that end by the holdout it is
    # compared.
    newer, equal = (churn_model("worse", (HOLDOUT - timedelta(days=28 - late),)) for late in (1, 0))
    found = training.judge(churn_candidate(ROWS), newer, EASY)
    assert failed(found) == [CHAMPION]
    assert [finding.rule for finding in found.findings] == OF_CHURN
    assert found.findings[-1].sentence == (
        "the champion has learned from days up to 2017-12-02, the rows to compare on are as of 2017-12-01; "
        "an older model does not replace a newer one. Roll back by hand if that is wanted."
    )
    assert training.judge(churn_candidate(ROWS), equal, EASY).passed
    # the same model again is no other that has seen more
    same = replace(newer, identity=churn_candidate(ROWS).model.identity)  # type: ignore[union-attr]
    assert training.judge(churn_candidate(ROWS), same, EASY).passed


@pytest.mark.parametrize(
    ("one", "field"), [(churn_candidate(ROWS), "model"), (GateRules(), "auc_min")]
)
def test_a_candidate_and_its_rules_are_not_changed_by_who_judges(one: object, field: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(one, field, None)


def test_without_a_model_the_reason_is_the_verdict() -> None:
    candidate = Candidate("churn", AS_OF, HOLDOUT, None, "not enough history", ROWS)
    assert training.judge(candidate, churn_model(), EASY).findings == (
        Finding("history", False, "not enough history"),
    )


def test_the_rules_are_these_unless_told() -> None:
    found = GateRules()
    assert (found.auc_min, found.recency_margin, found.ece_max, found.auc_tolerance) == (
        0.70,
        0.01,
        0.10,
        0.005,
    )
    assert (found.silhouette_min, found.smallest_share_min, found.silhouette_tolerance) == (
        0.15,
        0.01,
        0.05,
    )
    assert failed(training.judge(churn_candidate(ROWS), None)) == ["ECE maximum"]


def customers(**segments: list[str]) -> pd.DataFrame:
    """Six customers around two points of recency, orders and money, and the segments that models
    say.
    """
    near, far = (1, 50, 900), (200, 2, 20)
    rows = [np.array(point) + step for point in (near, far) for step in (0, 1, 2)]
    frame = pd.DataFrame(rows, columns=["days_since_last_order", "order_count", "amount_sum"])
    return frame.assign(customer_id=[str(number) for number in range(6)], as_of=AS_OF, **segments)


GROUPED, MIXED, ALONE = ["near"] * 3 + ["far"] * 3, ["near", "far"] * 3, ["all"] * 6


def test_segments_are_compared_on_the_candidates_rows() -> None:
    rows = customers(grouped=GROUPED, mixed=MIXED)
    good, bad = (
        segments_candidate(rows, cluster_metrics(segments_model(name), rows), name)
        for name in ("grouped", "mixed")
    )
    assert good.metrics["silhouette"] > 0.9
    assert bad.metrics["silhouette"] < 0
    rules = GateRules(silhouette_min=-1, smallest_share_min=0.5, silhouette_tolerance=0.05)
    assert training.judge(good, segments_model("mixed"), rules).passed
    found = training.judge(bad, segments_model("grouped"), rules)
    assert [finding.rule for finding in found.findings] == [
        "silhouette minimum",
        "share of the smallest cluster minimum",
        CHAMPION,
    ]
    assert failed(found) == [CHAMPION]
    assert "of at least -0.0500" in found.sentences[-1]
    assert training.judge(
        bad, segments_model("grouped"), replace(rules, silhouette_tolerance=2)
    ).passed
    assert (
        training.judge(bad, None, rules)
        .sentences[-1]
        .endswith("there is no champion to compare with")
    )


@pytest.mark.parametrize(
    ("rules", "rule"),
    [
        (GateRules(silhouette_min=0.41, smallest_share_min=0.2), "silhouette minimum"),
        (
            GateRules(silhouette_min=0.4, smallest_share_min=0.21),
            "share of the smallest cluster minimum",
        ),
    ],
)
def test_one_rule_that_does_not_hold_stops_segments(rules: GateRules, rule: str) -> None:
    candidate = segments_candidate(customers(), {"silhouette": 0.4, "smallest_share": 0.2})
    assert failed(training.judge(candidate, None, rules)) == [rule]
    assert training.judge(
        candidate, None, GateRules(silhouette_min=0.4, smallest_share_min=0.2)
    ).passed


def test_segments_of_which_one_alone_is_left_do_not_stand_in_the_way() -> None:
    rows = customers(grouped=GROUPED, alone=ALONE)
    challenger = segments_candidate(
        rows, cluster_metrics(segments_model("grouped"), rows), "grouped"
    )
    found = training.judge(challenger, segments_model("alone"), GateRules())
    assert found.passed
    assert (
        "the champion's cannot be measured on the same rows, so it does not stand in the way"
        in found.sentences[-1]
    )


def test_older_segments_do_not_replace_newer_ones() -> None:
    rows = customers(grouped=GROUPED)
    challenger = segments_candidate(
        rows, cluster_metrics(segments_model("grouped"), rows), "grouped"
    )
    newer, equal = (segments_model("grouped", AS_OF + timedelta(days=late)) for late in (1, 0))
    found = training.judge(challenger, newer, GateRules())
    assert failed(found) == [CHAMPION]
    assert found.findings[-1].sentence == (
        "the champion was found as of 2017-12-30, the challenger as of 2017-12-29; an older one does not replace it"
    )
    assert len(found.findings) == 3
    assert training.judge(challenger, equal, GateRules()).passed


@pytest.mark.parametrize(
    ("candidate", "champion"),
    [
        (churn_candidate(ROWS), segments_model()),
        (
            segments_candidate(customers(), {"silhouette": 1.0, "smallest_share": 1.0}),
            churn_model(),
        ),
    ],
)
def test_a_champion_of_another_kind_is_a_broken_registry(
    candidate: Candidate, champion: object
) -> None:
    with pytest.raises(
        TypeError,
        match=r"the champion of (churn is a segments|segments is a churn) model; the registry mixes kinds",
    ):
        training.judge(candidate, champion, EASY)  # type: ignore[arg-type]


def test_labels_meet_the_features_of_their_customer_and_day() -> None:
    day, other = date(2017, 12, 1), date(2017, 11, 3)
    features = pd.DataFrame(
        {
            "customer_id": ["1", "2", "3", "1"],
            "as_of": [day, day, day, other],
            "days_since_last_order": [1, 2, 3, 4],
            "is_churned_28d": [None] * 4,  # not what is known before the as-of date: left out
        }
    )
    labels = pd.DataFrame(
        {
            "customer_id": ["2", "1", "1", "3", "4"],
            "as_of": pd.to_datetime([day, day, other, day, day]),  # as Arrow hands them over
            "is_churned_28d": [True, False, True, None, True],  # 3 has none yet; 4 has no features
            "order_count_after": [9] * 5,
        }
    )
    found = training.labelled_rows(features, labels)
    assert found.to_dict("list") == {
        "customer_id": ["1", "2", "1"],
        "as_of": [day, day, other],
        "days_since_last_order": [1, 2, 4],
        "is_churned_28d": [False, True, True],
    }
    assert found["is_churned_28d"].dtype == bool
    with pytest.raises(ValueError, match="one-to-one"):
        training.labelled_rows(pd.concat([features, features]), labels)
    for missing in ("days_since_last_order", "customer_id"):
        with pytest.raises(MissingFeatureError, match=missing):
            training.labelled_rows(features.drop(columns=missing), labels)
    with pytest.raises(MissingFeatureError, match="is_churned_28d"):
        training.labelled_rows(features, labels.drop(columns="is_churned_28d"))
