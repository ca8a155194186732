"""The stages train and gate: from the lake's features and labels to registered, judged models."""

from collections.abc import Iterable
from datetime import date, datetime

import pandas as pd

from features.registry import words
from jobs.models.registry import KINDS, registry_of
from lakehouse import delta, ops, quality
from lakehouse.context import Context
from lakehouse.contract import WARN
from models.churn import ChurnSettings
from models.clusters import ClusterSettings
from models.inputs import typed_frame
from models.promotion import judge_and_promote, publish, stored_candidate
from models.training import Candidate, train_churn, train_segments, wanted_as_ofs

LEARNED_FROM = ("features_customers", "features_labels")


def training_as_ofs(context: Context) -> list[date]:
    """The labelled as-of dates a training as of the run's end needs, as far as the shop had opened by then."""
    days = wanted_as_ofs(max(context.run.as_ofs), churn_settings(context))
    return sorted(day for day in days if day > context.settings.tenant.first_day)


def churn_settings(context: Context) -> ChurnSettings:
    """How the churn model learns: seed, threads and windows from the settings."""
    settings = context.settings
    return ChurnSettings(
        seed=settings.seed, threads=settings.threads, windows=settings.training.windows, step_days=settings.training.window_days
    )


def train(context: Context) -> None:
    """Train and register a challenger of each kind; too little history is said, not an error."""
    registry, as_of = registry_of(context.settings), max(context.run.as_ofs)
    features, labels = _frames(context)
    versions = {name: delta.version_of(context.lake / name) for name in LEARNED_FROM}
    currency = context.settings.tenant.currency
    for candidate in (
        train_churn(features, labels, as_of, churn_settings(context), words=words(currency)),
        train_segments(features, as_of, ClusterSettings(currency=currency)),
    ):
        started = ops.now()
        found = publish(registry, context.run.tenant, candidate, versions)
        said = candidate.reason if found is None else f"version {found.version}, identity {found.identity[:12]}"
        _record(context, "train", candidate.kind, started, "warned" if found is None else "done", said)


def gate(context: Context) -> None:
    """Judge each challenger; only one that passes becomes champion."""
    registry, as_of = registry_of(context.settings), max(context.run.as_ofs)
    features, labels = _frames(context)
    for kind in KINDS:
        started = ops.now()
        candidate: Candidate = stored_candidate(registry, context.run.tenant, kind, features, labels if kind == "churn" else None, as_of)
        decision = judge_and_promote(registry, context.run.tenant, candidate)
        outcomes = [
            quality.outcome(f.rule, WARN, f.passed, None, "", f.sentence) | {"message": f.sentence} for f in decision.verdict.findings
        ]
        ops.record_checks(context.lake, context.run, "gate", f"model_{kind}", outcomes)
        said = f"champion is version {decision.champion_after}" if decision.verdict.passed else "; ".join(decision.verdict.sentences)
        _record(context, "gate", kind, started, "done" if decision.verdict.passed else "warned", said)


def rows_as_of(context: Context, table: str, as_ofs: Iterable[date]) -> pd.DataFrame:
    """The rows of a table as of some dates, in the types that it declares, read without a JVM."""
    return typed_frame(delta.rows_at(context.lake / table, "as_of", sorted(as_ofs)))


def _frames(context: Context) -> tuple[pd.DataFrame, pd.DataFrame]:
    wanted = {*training_as_ofs(context), max(context.run.as_ofs)}
    features, labels = (rows_as_of(context, name, wanted) for name in LEARNED_FROM)
    return features, labels


def _record(context: Context, stage: str, kind: str, started: datetime, status: str, said: str) -> None:
    ops.record(context.lake, context.run, stage, f"model_{kind}", started, status, said=said if status == "warned" else "")
    print(f"headwater {stage} {kind}: {said}", flush=True)
