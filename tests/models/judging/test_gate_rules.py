from __future__ import annotations

import math
from dataclasses import FrozenInstanceError

import pytest

from models.judging import rules as gate


@pytest.mark.parametrize(
    ("finding", "passed"),
    [
        (gate.at_least("AUC", 0.70, 0.70), True),  # the minimum itself is enough
        (gate.at_least("AUC", 0.71, 0.70), True),
        (gate.at_least("AUC", 0.69, 0.70), False),
        (gate.at_least("AUC", math.nan, 0.70), False),  # nothing measured is nothing reached
        (gate.at_most("ECE", 0.10, 0.10), True),
        (gate.at_most("ECE", 0.09, 0.10), True),
        (gate.at_most("ECE", 0.11, 0.10), False),
        (gate.at_most("ECE", math.nan, 0.10), False),
        (gate.better_than("AUC", 0.88, "recency", 0.83, 0.04), True),
        (gate.better_than("AUC", 0.75, "recency", 0.5, 0.25), True),  # by just the margin
        # better, but not by the margin
        (gate.better_than("AUC", 0.86, "recency", 0.83, 0.04), False),
        (gate.better_than("AUC", math.nan, "recency", 0.83, 0.04), False),
        # worse within the tolerance
        (gate.not_worse_than_champion("AUC", 0.876, 0.880, 0.005), True),
        (gate.not_worse_than_champion("AUC", 0.5, 0.75, 0.25), True),  # by just the tolerance
        (gate.not_worse_than_champion("AUC", 0.874, 0.880, 0.005), False),
        (gate.not_worse_than_champion("AUC", 0.9, 0.880, 0.005), True),
        (gate.not_worse_than_champion("AUC", 0.5, None, 0.005), True),  # nobody to be worse than
        # nobody who can be measured
        (gate.not_worse_than_champion("AUC", 0.5, math.nan, 0.005), True),
        # a challenger that cannot be measured passes against nobody
        (gate.not_worse_than_champion("AUC", math.nan, 0.880, 0.005), False),
        (gate.not_worse_than_champion("AUC", math.nan, None, 0.005), False),
        (gate.not_worse_than_champion("AUC", math.nan, math.nan, 0.005), False),
        (gate.unopposed("AUC", 0.5, "so"), True),
        (gate.unopposed("AUC", math.nan, "so"), False),
    ],
)
def test_rules_at_their_edges(finding: gate.Finding, passed: bool) -> None:
    assert finding.passed is passed


@pytest.mark.parametrize(
    ("finding", "rule", "sentence"),
    [
        (gate.at_least("AUC", 0.6, 0.7), "AUC minimum", "AUC is 0.6000; the minimum is 0.7000"),
        (gate.at_most("ECE", 0.25, 0.1), "ECE maximum", "ECE is 0.2500; the maximum is 0.1000"),
        (
            gate.better_than("AUC", 0.6, "recency", 0.625, 0.01),
            "AUC above recency",
            "AUC is 0.6000, recency alone 0.6250; -0.0250 of at least +0.0100",
        ),
        (
            gate.not_worse_than_champion("AUC", 0.876, 0.88, 0.005),
            "against the champion",
            "AUC is 0.8760, the champion's 0.8800 on the same rows; -0.0040 of at least -0.0050",
        ),
        (
            gate.not_worse_than_champion("AUC", 0.876, None, 0.005),
            "against the champion",
            "AUC is 0.8760; there is no champion to compare with",
        ),
        (
            gate.not_worse_than_champion("silhouette", 0.3, math.nan, 0.05),
            "against the champion",
            "silhouette is 0.3000; the champion's cannot be measured on the same rows, so it does not stand in the way",
        ),
    ],
)
def test_each_rule_says_its_numbers(finding: gate.Finding, rule: str, sentence: str) -> None:
    assert (finding.rule, finding.sentence) == (rule, sentence)


def test_every_challenger_is_judged_by_its_own_value() -> None:
    # Against a champion of .880: within the tolerance, the best of the three (not the first), and
    # too bad.
    results = [
        gate.verdict([gate.not_worse_than_champion("AUC", value, 0.880, 0.005)])
        for value in (0.877, 0.891, 0.860)
    ]
    assert [finding.passed for finding in results] == [True, True, False]


def test_one_failed_rule_fails_and_every_sentence_is_told() -> None:
    bad, good = gate.at_least("AUC", 0.6, 0.7), gate.better_than("AUC", 0.6, "recency", 0.5, 0.01)
    verdict = gate.verdict(rule for rule in (bad, good))
    assert not verdict.passed
    assert not gate.verdict([good, bad]).passed, "whichever comes first"
    assert gate.verdict([good, good]).passed
    assert verdict.findings == (bad, good)
    assert verdict.sentences == (
        "failed: AUC is 0.6000; the minimum is 0.7000",
        "passed: AUC is 0.6000, recency alone 0.5000; +0.1000 of at least +0.0100",
    )


@pytest.mark.parametrize(
    ("one", "field"), [(gate.at_least("AUC", 0.6, 0.7), "passed"), (gate.verdict([]), "findings")]
)
def test_what_was_found_is_not_changed_afterwards(one: object, field: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(one, field, True)


def test_a_gate_without_rules_lets_nobody_through() -> None:
    assert gate.verdict([]).passed is False
