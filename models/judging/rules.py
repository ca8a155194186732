"""The rules of the gate: pure findings about a challenger, each a sentence, and the verdict they
add up to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from math import isnan

CHAMPION = "against the champion"


@dataclass(frozen=True)
class Finding:
    """One rule, looked at: its name, whether it holds, and the sentence that says so with its
    numbers.
    """

    rule: str
    passed: bool
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """Every finding, good or bad; the challenger passes if all of them do."""

    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """True if there is at least one finding and none failed: a gate that looked at nothing lets
        nobody through.
        """
        return bool(self.findings) and all(finding.passed for finding in self.findings)

    @property
    def sentences(self) -> tuple[str, ...]:
        """All findings in words, in the order of the rules."""
        return tuple(
            ("passed: " if finding.passed else "failed: ") + finding.sentence
            for finding in self.findings
        )


def verdict(findings: Iterable[Finding]) -> Verdict:
    """The verdict over some findings; all rules are looked at, also after one failed."""
    return Verdict(tuple(findings))


def unseen(seen_until: date, judged: date) -> Finding:
    """The labels that a model learned from end before those it is judged on begin."""
    if seen_until <= judged:
        sentence = f"the training labels end before {judged}, when those it is judged on begin"
        return Finding("training labels", True, sentence)
    return Finding("training labels", False, overlap(seen_until, judged))


def overlap(seen_until: date, judged: date) -> str:
    """What is said of a model that has learned from labels of the day it is judged on, or later."""
    return (
        f"the training labels go on until {seen_until}, exclusive, and the labels it is judged on"
        f" begin on {judged}: it has learned from days that it is judged on. Train on windows whose"
        f" labels end by {judged}"
    )


def at_least(name: str, value: float, minimum: float) -> Finding:
    """The absolute minimum; NaN never reaches it."""
    return Finding(
        f"{name} minimum", value >= minimum, f"{name} is {value:.4f}; the minimum is {minimum:.4f}"
    )


def at_most(name: str, value: float, maximum: float) -> Finding:
    """The absolute maximum; NaN is never below it."""
    return Finding(
        f"{name} maximum", value <= maximum, f"{name} is {value:.4f}; the maximum is {maximum:.4f}"
    )


# The finding of each rule that asks for a number alone, from name, value and limit.
BOUNDS: Mapping[str, Callable[[str, float, float], Finding]] = {
    "at_least": at_least,
    "at_most": at_most,
}


def better_than(
    name: str, value: float, baseline_name: str, baseline: float, margin: float
) -> Finding:
    """Better than a simple rule by a margin: a model that only repeats the rule is not worth its
    upkeep.
    """
    sentence = (
        f"{name} is {value:.4f}, {baseline_name} alone {baseline:.4f}; {value - baseline:+.4f} of"
        f" at least {margin:+.4f}"
    )
    return Finding(f"{name} above {baseline_name}", value >= baseline + margin, sentence)


def not_worse_than_champion(
    name: str, value: float, champion: float | None, tolerance: float
) -> Finding:
    """Not worse than the champion on the same rows, by more than `tolerance`.

    Without a champion, or with one that cannot be measured on these rows (NaN), there is nothing to
    be worse than.
    """
    if champion is None:
        return unopposed(name, value, "there is no champion to compare with")
    if isnan(champion):
        return unopposed(
            name,
            value,
            "the champion's cannot be measured on the same rows, so it does not stand in the way",
        )
    difference = f"{value - champion:+.4f} of at least {-tolerance:+.4f}"
    sentence = (
        f"{name} is {value:.4f}, the champion's {champion:.4f} on the same rows; {difference}"
    )
    return Finding(CHAMPION, value >= champion - tolerance, sentence)


def unopposed(name: str, value: float, why: str) -> Finding:
    """No champion to compare with; a challenger that cannot be measured itself (NaN) does not pass
    for that.
    """
    return Finding(CHAMPION, not isnan(value), f"{name} is {value:.4f}; {why}")
