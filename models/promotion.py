"""The stages train and gate against a registry: log and register a candidate, judge it, move the
champion alias or leave it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from models import tracking
from models.churn import LABEL_DAYS, ChurnModel
from models.clusters import ClusterModel, cluster_metrics
from models.curves import churn_pictures
from models.gate import CHAMPION, Finding, Verdict, verdict
from models.inputs import LABEL, as_float, at, with_plain_keys
from models.labels import unlabelled
from models.model import TrainedModel
from models.tracking import Logged, Registered, Registry
from models.training import Candidate, GateRules, churn_metrics, judge, labelled_rows


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
            pictures=_pictures(candidate, Path(folder)),
        )
        return tracking.register(registry, tenant, candidate.model, logged)


def judge_and_promote(
    registry: Registry, tenant: str, candidate: Candidate, rules: GateRules | None = None
) -> Decision:
    """Judge the registered candidate against the champion, mark it, and move the alias if it
    passed.

    Judging the champion itself again (a retried task) changes nothing.

    Raises:
        NoModelError: the candidate was not published.
    """
    before = tracking.champion_version(registry, tenant, candidate.kind)
    if candidate.model is None:
        return Decision(judge(candidate, None, rules), None, before, before)
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
    found = judge(candidate, champion, rules)
    tracking.mark(registry, tenant, candidate.kind, version, found)
    if found.passed:
        tracking.set_champion(registry, tenant, candidate.kind, version)
    return Decision(found, version, before, version if found.passed else before)


def stored_candidate(
    registry: Registry,
    tenant: str,
    kind: str,
    features: pd.DataFrame,
    labels: pd.DataFrame | None,
    as_of: date,
) -> Candidate:
    """The challenger as a candidate again, when train and gate run as two applications.

    `features` must hold the holdout's rows (churn: as of `as_of` - 28 days, with `labels`;
    segments: as of `as_of`).
    """
    holdout = as_of - timedelta(days=LABEL_DAYS) if kind == "churn" else as_of
    rows = at(
        with_plain_keys(features) if labels is None else labelled_rows(features, labels), [holdout]
    )
    version = tracking.challenger_version(registry, tenant, kind)
    if version is None:
        reason = (
            f"{tracking.model_name(tenant, kind)} has no challenger to judge: training found not"
            " enough history, or has not run"
        )
        return Candidate(kind, as_of, holdout, None, reason, rows)
    trained_as_of = tracking.tags_of(registry, tenant, kind, version)["as_of"]
    if trained_as_of != as_of.isoformat():
        reason = (
            f"the challenger of {tracking.model_name(tenant, kind)} was trained as of"
            f" {trained_as_of}; nothing was trained as of {as_of}"
        )
        return Candidate(kind, as_of, holdout, None, reason, rows)
    if labels is not None and (young := unlabelled(labels, [holdout])):
        return Candidate(
            kind, as_of, holdout, None, f"the challenger cannot be judged: {young}", rows
        )
    model = tracking.load(registry, tenant, kind, version=version)
    learned_from = model.train_as_ofs if isinstance(model, ChurnModel) else (as_of,)
    return Candidate(kind, as_of, holdout, model, "", rows, learned_from, _metrics(model, rows))


def _metrics(model: TrainedModel, rows: pd.DataFrame) -> dict[str, float]:
    if isinstance(model, ClusterModel):
        return cluster_metrics(model, rows)
    return churn_metrics(model, rows)


def _pictures(candidate: Candidate, folder: Path) -> list[Path]:
    if not isinstance(candidate.model, ChurnModel):
        return []
    score = candidate.model.predict(candidate.rows)["churn_probability"]
    return churn_pictures(
        as_float(candidate.rows[LABEL]), score, candidate.model.importance(), folder
    )
