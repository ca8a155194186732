"""What the gate says of challengers whose measures are counted by hand."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from models.judging.candidates import Candidate, judge
from models.judging.rules import CHAMPION, Finding, Verdict
from models.kind import Kind, Limit
from models.kinds import churn, segments
from models.learning.clusters import cluster_metrics
from models.learning.inputs import matrix
from tests.models.fixed import (
    AS_OF,
    HOLDOUT,
    FixedTrees,
    churn_candidate,
    churn_model,
    segments_candidate,
    segments_model,
    with_limits,
)

ROWS = pd.DataFrame(
    {  # two churners, three stayers; AUC is the share of the six pairs that are right
        "customer_id": list("abcde"),
        "as_of": HOLDOUT,
        "outcome": [False, False, True, False, True],
        "days_since_last_order": [1, 2, 3, 9, 4],  # 4 of 6
        "score": [0.1, 0.3, 0.5, 0.4, 0.9],  # 6 of 6
        "worse": [0.1, 0.3, 0.35, 0.4, 0.9],  # 5 of 6
        "poor": [0.6, 0.7, 0.5, 0.4, 0.9],  # 4 of 6
        "null": [0.1, np.nan, 0.5, 0.4, 0.9],
        "text": ["new", "words", "in", "old", "numbers"],
    }
)
# Each limit just met by `score`: AUC 1 (recency .6667), ECE .28 (five bins of one: .1 + .3 + .5 +
# .4 + .1 over 5).
MET = with_limits(
    churn.KIND,
    at_least_auc=1.0,
    above_baseline_auc=0.33,
    at_most_ece=0.2800001,
    as_champion_auc=0.1,
)

OF_CHURN = ["training labels", "AUC minimum", "AUC above recency", "ECE maximum", CHAMPION]


def judged(candidate: Candidate, champion: str | None = None, kind: Kind = MET) -> Verdict:
    return judge(kind, candidate, None if champion is None else churn_model(champion))


def failed(verdict: Verdict) -> list[str]:
    """The rules that do not hold."""
    return [finding.rule for finding in verdict.findings if not finding.passed]


def test_every_rule_of_churn_is_looked_at_in_its_order() -> None:
    verdict = judged(churn_candidate(ROWS))
    assert [finding.rule for finding in verdict.findings] == OF_CHURN
    assert verdict.passed
    assert verdict.sentences == (
        f"passed: the training labels end before {HOLDOUT}, when those it is judged on begin",
        "passed: AUC is 1.0000; the minimum is 1.0000",
        "passed: AUC is 1.0000, recency alone 0.6667; +0.3333 of at least +0.3300",
        "passed: ECE is 0.2800; the maximum is 0.2800",
        "passed: AUC is 1.0000; there is no champion to compare with",
    )


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (with_limits(MET, at_least_auc=1.01), "AUC minimum"),
        (with_limits(MET, above_baseline_auc=0.34), "AUC above recency"),
        (with_limits(MET, at_most_ece=0.27), "ECE maximum"),
    ],
)
def test_one_rule_that_does_not_hold_stops_a_churn_model(kind: Kind, rule: str) -> None:
    assert failed(judged(churn_candidate(ROWS), kind=kind)) == [rule]


EASY = with_limits(
    churn.KIND, at_least_auc=0.5, above_baseline_auc=-1, at_most_ece=1, as_champion_auc=0.1
)


def test_champion_and_challenger_are_measured_on_the_same_rows() -> None:
    verdict = judged(churn_candidate(ROWS, "worse"), "score", EASY)
    assert failed(verdict) == [CHAMPION]
    assert (
        verdict.sentences[-1]
        == "failed: AUC is 0.8333, the champion's 1.0000 on the same rows; -0.1667 of at least -0.1000"
    )
    assert judged(churn_candidate(ROWS, "score"), "worse", EASY).passed, "better"
    assert judged(
        churn_candidate(ROWS, "worse"), "score", with_limits(EASY, as_champion_auc=0.17)
    ).passed, "worse within the tolerance"


def test_of_challengers_one_after_another_the_best_stays_champion() -> None:
    # The best comes second; the third is worse by more than the tolerance.
    champion = None
    for column in ("poor", "score", "worse"):
        candidate = churn_candidate(ROWS, column)
        if judged(candidate, champion, EASY).passed:
            champion = column
    assert champion == "score"


class _Reading(FixedTrees):
    """Reads its features first, as a real model does."""

    def predict(self, frame: pd.DataFrame, *, reasons: bool = False) -> pd.DataFrame:
        matrix(frame, self.features)
        return super().predict(frame, reasons=reasons)


def test_a_champion_whose_scores_are_null_today_is_replaced_and_the_sentence_says_so() -> None:
    verdict = judged(churn_candidate(ROWS), "null", EASY)
    assert verdict.passed
    assert verdict.sentences[-1].startswith(
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
    verdict = judge(EASY, churn_candidate(ROWS), unreadable)
    assert verdict.passed
    assert (
        "the champion cannot read these rows, so it does not stand in the way"
        in verdict.sentences[-1]
    )
    assert why in verdict.sentences[-1]


def test_a_challenger_that_cannot_be_measured_does_not_pass_against_a_champion_that_cannot_either() -> (
    None
):
    # One segment for all: a silhouette needs two.
    rows = customers(one=["all"] * 6)
    challenger = segments_candidate(rows, cluster_metrics(segments_model("one"), rows), "one")
    verdict = judge(of_segments(-1, 0), challenger, segments_model("one"))
    assert failed(verdict) == ["silhouette minimum", CHAMPION]


def test_a_champion_that_learned_from_the_rows_is_not_replaced() -> None:
    # Its newest labels end a day after the holdout; with labels that end by the holdout it is
    # compared.
    newer, equal = (churn_model("worse", (HOLDOUT - timedelta(days=28 - late),)) for late in (1, 0))
    verdict = judge(EASY, churn_candidate(ROWS), newer)
    assert failed(verdict) == [CHAMPION]
    assert [finding.rule for finding in verdict.findings] == OF_CHURN
    assert verdict.findings[-1].sentence == (
        "the champion has learned from days up to 2017-12-02, the rows to compare on are as of 2017-12-01; "
        "an older model does not replace a newer one. Roll back by hand if that is wanted."
    )
    assert judge(EASY, churn_candidate(ROWS), equal).passed
    # the same model again is no other that has seen more
    same = replace(newer, identity=churn_candidate(ROWS).model.identity)  # type: ignore[union-attr]
    assert judge(EASY, churn_candidate(ROWS), same).passed


@pytest.mark.parametrize(
    ("one", "field"), [(churn_candidate(ROWS), "model"), (churn.KIND, "limits")]
)
def test_a_candidate_and_its_kind_are_not_changed_by_who_judges(one: object, field: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(one, field, None)


def test_without_a_model_the_reason_is_the_verdict() -> None:
    candidate = Candidate("churn", AS_OF, HOLDOUT, None, "not enough history", ROWS)
    assert judge(EASY, candidate, churn_model()).findings == (
        Finding("history", False, "not enough history"),
    )


def test_the_limits_of_the_kinds_are_these() -> None:
    assert churn.KIND.limits == (
        Limit("unseen"),
        Limit("at_least", "AUC", "auc", 0.70),
        Limit("above_baseline", "AUC", "auc", 0.01, "recency"),
        Limit("at_most", "ECE", "ece", 0.10),
        Limit("as_champion", "AUC", "auc", 0.005),
    )
    assert segments.KIND.limits == (
        Limit("at_least", "silhouette", "silhouette", 0.15),
        Limit("at_least", "share of the smallest cluster", "smallest_share", 0.01),
        Limit("as_champion", "silhouette", "silhouette", 0.05),
    )
    assert failed(judge(churn.KIND, churn_candidate(ROWS))) == ["ECE maximum"]


def of_segments(silhouette: float, smallest_share: float, tolerance: float = 0.05) -> Kind:
    return with_limits(
        segments.KIND,
        at_least_silhouette=silhouette,
        at_least_smallest_share=smallest_share,
        as_champion_silhouette=tolerance,
    )


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
    kind = of_segments(-1, 0.5)
    assert judge(kind, good, segments_model("mixed")).passed
    verdict = judge(kind, bad, segments_model("grouped"))
    assert [finding.rule for finding in verdict.findings] == [
        "silhouette minimum",
        "share of the smallest cluster minimum",
        CHAMPION,
    ]
    assert failed(verdict) == [CHAMPION]
    assert "of at least -0.0500" in verdict.sentences[-1]
    assert judge(of_segments(-1, 0.5, 2), bad, segments_model("grouped")).passed
    assert judge(kind, bad).sentences[-1].endswith("there is no champion to compare with")


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (of_segments(0.41, 0.2), "silhouette minimum"),
        (of_segments(0.4, 0.21), "share of the smallest cluster minimum"),
    ],
)
def test_one_rule_that_does_not_hold_stops_segments(kind: Kind, rule: str) -> None:
    candidate = segments_candidate(customers(), {"silhouette": 0.4, "smallest_share": 0.2})
    assert failed(judge(kind, candidate)) == [rule]
    assert judge(of_segments(0.4, 0.2), candidate).passed


def test_segments_of_which_one_alone_is_left_do_not_stand_in_the_way() -> None:
    rows = customers(grouped=GROUPED, alone=ALONE)
    challenger = segments_candidate(
        rows, cluster_metrics(segments_model("grouped"), rows), "grouped"
    )
    verdict = judge(segments.KIND, challenger, segments_model("alone"))
    assert verdict.passed
    assert (
        "the champion's cannot be measured on the same rows, so it does not stand in the way"
        in verdict.sentences[-1]
    )


def test_older_segments_do_not_replace_newer_ones() -> None:
    rows = customers(grouped=GROUPED)
    challenger = segments_candidate(
        rows, cluster_metrics(segments_model("grouped"), rows), "grouped"
    )
    newer, equal = (
        replace(segments_model("grouped", AS_OF + timedelta(days=late)), identity="another")
        for late in (1, 0)
    )
    verdict = judge(segments.KIND, challenger, newer)
    assert failed(verdict) == [CHAMPION]
    assert verdict.findings[-1].sentence == (
        "the champion has learned from days up to 2017-12-30, the rows to compare on are as of 2017-12-29; "
        "an older model does not replace a newer one. Roll back by hand if that is wanted."
    )
    assert len(verdict.findings) == 3
    assert judge(segments.KIND, challenger, equal).passed


@pytest.mark.parametrize(
    ("kind", "candidate", "champion"),
    [
        (churn.KIND, churn_candidate(ROWS), segments_model()),
        (
            segments.KIND,
            segments_candidate(customers(), {"silhouette": 1.0, "smallest_share": 1.0}),
            churn_model(),
        ),
        (churn.KIND, churn_candidate(ROWS), replace(churn_model(), kind="churn_91d")),
    ],
)
def test_a_champion_of_another_kind_is_a_broken_registry(
    kind: Kind, candidate: Candidate, champion: FixedTrees
) -> None:
    message = f"the champion of {kind.name} is a {champion.kind} model; the registry mixes kinds"
    with pytest.raises(TypeError, match=message):
        judge(kind, candidate, champion)
