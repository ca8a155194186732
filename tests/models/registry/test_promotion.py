from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from models.judging.candidates import LABELS, Candidate, trained
from models.kind import Tables
from models.learning.boosted_trees import TreesModel
from models.registry import promotion, tracking
from models.registry.tracking import NoModelError, Registry
from tests.models.fixed import (
    CHURN,
    LABEL,
    OF_CHURN,
    OF_SEGMENTS,
    SEGMENTS,
    with_labels,
    with_limits,
)

STRICT = with_limits(CHURN, at_least_auc=1.1)


def test_the_gate_moves_the_alias_only_for_who_passes(
    registry: Registry, candidate: Candidate, other: Candidate
) -> None:
    promotion.publish(registry, "e", CHURN, candidate)
    assert promotion.judge_and_promote(registry, "e", CHURN, candidate).champion_after == "1"
    promotion.publish(registry, "e", CHURN, other)
    refused = promotion.judge_and_promote(registry, "e", STRICT, other)
    assert (refused.is_promoted, refused.version, refused.champion_after) == (False, "2", "1")
    # the old champion goes on scoring
    assert tracking.load(registry, "e", "churn") == candidate.model
    tags = tracking.tags_of(registry, "e", "churn", "2")
    assert tags["gate"] == "failed"
    assert "the minimum is 1.1000" in tags["gate_sentences"]


def test_judging_the_champion_again_changes_nothing(
    registry: Registry, candidate: Candidate
) -> None:
    promotion.publish(registry, "f", CHURN, candidate)
    promotion.judge_and_promote(registry, "f", CHURN, candidate)
    again = promotion.judge_and_promote(registry, "f", STRICT, candidate)
    assert (again.is_promoted, again.champion_after) == (False, "1")
    assert tracking.tags_of(registry, "f", "churn", "1")["gate"] == "passed"


def test_the_gate_finds_the_challenger_again_in_another_application(
    registry: Registry, candidate: Candidate, shop: Tables, as_of: date
) -> None:
    promotion.publish(registry, "h", CHURN, candidate)
    stored = promotion.stored_candidate(registry, "h", CHURN, shop, as_of, OF_CHURN)
    assert stored.model == candidate.model
    assert stored.metrics["auc"] == pytest.approx(candidate.metrics["auc"])
    assert promotion.judge_and_promote(registry, "h", CHURN, stored).is_promoted


def test_a_stored_challenger_that_has_learned_from_the_judged_days_is_refused(
    registry: Registry, candidate: Candidate, shop: Tables, as_of: date
) -> None:
    model = candidate.model
    assert isinstance(model, TreesModel)
    # as a step of 7 days once chose
    leaking = replace(
        model, train_as_ofs=(*model.train_as_ofs, date(2017, 11, 24)), identity="leaking"
    )
    promotion.publish(
        registry, "n", CHURN, replace(candidate, model=leaking, train_as_ofs=leaking.train_as_ofs)
    )
    stored = promotion.stored_candidate(registry, "n", CHURN, shop, as_of, OF_CHURN)
    assert stored.train_as_ofs == leaking.train_as_ofs
    decision = promotion.judge_and_promote(registry, "n", CHURN, stored)
    assert not decision.is_promoted
    assert decision.verdict.sentences[0].startswith(
        "failed: the training labels go on until 2017-12-22, exclusive"
    )


def test_a_stored_challenger_is_not_judged_on_labels_that_are_not_there(
    registry: Registry, candidate: Candidate, shop: Tables, as_of: date
) -> None:
    promotion.publish(registry, "o", CHURN, candidate)
    none = shop[LABELS].assign(**{LABEL.name: None}, known_until=date(2017, 12, 3))
    stored = promotion.stored_candidate(
        registry, "o", CHURN, with_labels(shop, none), as_of, OF_CHURN
    )
    assert not promotion.judge_and_promote(registry, "o", CHURN, stored).is_promoted
    assert "2017-12-01 (needs deliveries until 2017-12-29, known until 2017-12-03)" in stored.reason


def test_without_a_challenger_of_that_day_the_gate_says_so(
    registry: Registry, candidate: Candidate, shop: Tables, as_of: date
) -> None:
    nothing = promotion.stored_candidate(registry, "i", CHURN, shop, as_of, OF_CHURN)
    assert (
        "has no challenger to judge"
        in promotion.judge_and_promote(registry, "i", CHURN, nothing).verdict.sentences[0]
    )
    promotion.publish(registry, "i", CHURN, candidate)
    late = promotion.stored_candidate(registry, "i", CHURN, shop, date(2018, 1, 1), OF_CHURN)
    assert "trained as of 2017-12-29; nothing was trained as of 2018-01-01" in late.reason


def test_an_unpublished_candidate_cannot_be_promoted(
    registry: Registry, candidate: Candidate
) -> None:
    with pytest.raises(NoModelError, match="call publish before judge_and_promote"):
        promotion.judge_and_promote(registry, "j", CHURN, candidate)


def test_segments_go_the_same_way(registry: Registry, shop: Tables) -> None:
    candidate = trained(SEGMENTS, shop, date(2017, 12, 1), OF_SEGMENTS)
    promotion.publish(registry, "k", SEGMENTS, candidate)
    assert promotion.judge_and_promote(registry, "k", SEGMENTS, candidate).is_promoted
    assert tracking.load(registry, "k", "segments") == candidate.model


def test_too_little_history_publishes_nothing(registry: Registry, shop: Tables) -> None:
    nothing = trained(SEGMENTS, shop, date(2016, 1, 1), OF_SEGMENTS)
    assert promotion.publish(registry, "l", SEGMENTS, nothing) is None
    assert promotion.judge_and_promote(registry, "l", SEGMENTS, nothing).version is None


def test_segments_are_found_again_with_their_measures(registry: Registry, shop: Tables) -> None:
    day = date(2017, 12, 1)
    candidate = trained(SEGMENTS, shop, day, OF_SEGMENTS)
    promotion.publish(registry, "o", SEGMENTS, candidate)
    again = promotion.stored_candidate(registry, "o", SEGMENTS, shop, day, OF_SEGMENTS)
    assert (again.kind, again.as_of, again.holdout, again.reason, again.model) == (
        "segments",
        day,
        day,
        "",
        candidate.model,
    )
    assert set(again.rows["as_of"]) == {day}
    assert again.metrics == pytest.approx(
        {name: candidate.metrics[name] for name in ("silhouette", "smallest_share", "clusters")}
    )
