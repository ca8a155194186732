"""The stages train and gate against a registry: log and register a candidate, judge it, move the
champion alias or leave it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from models.judging.candidates import LABELS, Candidate, judge, rows_of
from models.judging.rules import CHAMPION, Finding, Verdict, verdict
from models.kind import Kind, Tables
from models.learning.inputs import at
from models.learning.learner import Setup
from models.learning.windows import judged_as_of, unlabelled
from models.registry import tracking
from models.registry.tracking import Logged, Registered, Registry


@dataclass(frozen=True)
class Decision:
    """What the gate did: the verdict, the version that was judged, and the champion before and
    after.
    """

    verdict: Verdict
    version: str | None
    champion_before: str | None
    champion_after: str | None

    @property
    def is_promoted(self) -> bool:
        """True if the champion alias moved."""
        return self.champion_before != self.champion_after


def publish(
    registry: Registry,
    tenant: str,
    kind: Kind,
    candidate: Candidate,
    data_versions: Mapping[str, int] | None = None,
) -> Registered | None:
    """Register a candidate as challenger, with metrics and pictures; None if there was not enough
    history to train one.
    """
    if candidate.model is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        logged = Logged(
            as_of=candidate.as_of,
            train_as_ofs=candidate.train_as_ofs,
            metrics=candidate.metrics,
            parameters=candidate.parameters,
            data_versions=data_versions,
            pictures=kind.measured_by.pictures(candidate.model, candidate.rows, Path(folder)),
        )
        return tracking.register(registry, tenant, candidate.model, logged)


def judge_and_promote(
    registry: Registry, tenant: str, kind: Kind, candidate: Candidate
) -> Decision:
    """Judge the registered candidate against the champion, mark it, and move the alias if it
    passed.

    Judging the champion itself again (a retried task) changes nothing.

    Raises:
        NoModelError: the candidate was not published.
    """
    before = tracking.champion_version(registry, tenant, candidate.kind)
    if candidate.model is None:
        return Decision(judge(kind, candidate), None, before, before)
    version = tracking.challenger_version(registry, tenant, candidate.kind)
    if (
        version is None
        or tracking.identity_of_version(registry, tenant, candidate.kind, version)
        != candidate.model.identity
    ):
        name = tracking.model_name(tenant, candidate.kind)
        raise tracking.NoModelError(
            f"the challenger of {name} is not this candidate; call publish before judge_and_promote"
        )
    if version == before:
        already = verdict([Finding(CHAMPION, True, f"version {version} is the champion already")])
        return Decision(already, version, before, before)
    champion = (
        None if before is None else tracking.load(registry, tenant, candidate.kind, version=before)
    )
    judged = judge(kind, candidate, champion)
    tracking.mark(registry, tenant, candidate.kind, version, judged)
    if judged.passed:
        tracking.set_champion(registry, tenant, candidate.kind, version)
    return Decision(judged, version, before, version if judged.passed else before)


def stored_candidate(
    registry: Registry, tenant: str, kind: Kind, tables: Tables, as_of: date, setup: Setup
) -> Candidate:
    """The challenger as a candidate again, when train and gate run as two applications.

    `tables` must hold the rows that it is judged on.
    """
    holdout, name = judged_as_of(as_of, setup), tracking.model_name(tenant, kind.name)
    rows = at(rows_of(kind, tables, setup.label), [holdout])
    none = Candidate(kind.name, as_of, holdout, None, "", rows)
    version = tracking.challenger_version(registry, tenant, kind.name)
    if version is None:
        reason = (
            f"{name} has no challenger to judge: training found not enough history, or has not run"
        )
        return replace(none, reason=reason)
    trained_as_of = tracking.tags_of(registry, tenant, kind.name, version)["as_of"]
    if trained_as_of != as_of.isoformat():
        reason = (
            f"the challenger of {name} was trained as of {trained_as_of}; nothing was trained as of"
            f" {as_of}"
        )
        return replace(none, reason=reason)
    if setup.label and (young := unlabelled(setup.label, tables[LABELS], [holdout])):
        return replace(none, reason=f"the challenger cannot be judged: {young}")
    model = tracking.load(registry, tenant, kind.name, version=version)
    return replace(
        none,
        model=model,
        train_as_ofs=model.train_as_ofs,
        metrics=kind.measured_by.metrics(model, rows),
    )
