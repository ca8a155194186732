from __future__ import annotations

import math

import pytest

from models import gate


@pytest.mark.parametrize(
    ("finding", "passed"),
    [
        (gate.at_least("AUC", 0.70, 0.70), True),  # the minimum itself is enough
        (gate.at_least("AUC", 0.69, 0.70), False),
        (gate.at_least("AUC", math.nan, 0.70), False),  # nothing measured is nothing reached
        (gate.at_most("ECE", 0.10, 0.10), True),
        (gate.at_most("ECE", math.nan, 0.10), False),
        (gate.better_than("AUC", 0.88, "recency", 0.83, 0.04), True),
        (gate.better_than("AUC", 0.86, "recency", 0.83, 0.04), False),  # better, but not by the margin
        (gate.not_worse_than_champion("AUC", 0.876, 0.880, 0.005), True),  # worse within the tolerance
        (gate.not_worse_than_champion("AUC", 0.874, 0.880, 0.005), False),
        (gate.not_worse_than_champion("AUC", 0.5, None, 0.005), True),  # nobody to be worse than
    ],
)
def test_rules_at_their_edges(finding: gate.Finding, passed: bool) -> None:
    assert finding.passed is passed


def test_the_best_challenger_is_found_wherever_it_stands() -> None:
    # The best of three stands second; the first passes too, the last fails against the champion of .880.
    results = [gate.verdict([gate.not_worse_than_champion("AUC", value, 0.880, 0.005)]) for value in (0.877, 0.891, 0.860)]
    assert [found.passed for found in results] == [True, True, False]


def test_one_failed_rule_fails_and_every_sentence_is_told() -> None:
    found = gate.verdict([gate.at_least("AUC", 0.6, 0.7), gate.better_than("AUC", 0.6, "recency", 0.5, 0.01)])
    assert not found.passed
    assert found.sentences == (
        "failed: AUC is 0.6000; the minimum is 0.7000",
        "passed: AUC is 0.6000, recency alone 0.5000; +0.1000 of at least +0.0100",
    )


def test_a_gate_without_rules_lets_nobody_through() -> None:
    assert not gate.verdict([]).passed
