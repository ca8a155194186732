"""The stages train and gate: from the lake's features and labels to registered, judged models."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pandas as pd

from features.registry import words
from jobs.features.labels import CHURN_DAYS, ORDERS
from jobs.models.registry import KINDS, registry_of
from lakehouse.contract.checks import WARN
from lakehouse.intake.horizon import known_until
from lakehouse.store import delta, ops
from lakehouse.store.context import Context
from lakehouse.store.records import outcome
from lakehouse.store.table_reading import rows_at
from models.churn import ChurnSettings
from models.clusters import ClusterSettings
from models.inputs import typed_frame
from models.labels import too_young
from models.promotion import judge_and_promote, publish, stored_candidate
from models.training import Candidate, train_churn, train_segments, wanted_as_ofs

LEARNED_FROM = ("features_customers", "features_labels")


def churn_as_of(context: Context) -> date:
    """The date a churn training is as of: that of the run, or the day until which orders are known,
    where that is earlier.

    A shop whose newest delivery is late would otherwise find its newest label too young, week after
    week, and never train.
    """
    return min(max(context.run.as_ofs), known_until(context.settings, ORDERS) or date.max)


def training_as_ofs(context: Context) -> list[date]:
    """The labelled as-of dates a training needs, as far as the shop had opened by then; and the one
    whose label ends with the run.

    That one is among them where all deliveries are there. Else its label is null, for all to see,
    until labels are made again.
    """
    days = {
        max(context.run.as_ofs) - timedelta(days=CHURN_DAYS),
        *wanted_as_ofs(churn_as_of(context), churn_settings(context)),
    }
    return sorted(day for day in days if day > context.settings.tenant.first_day)


def churn_settings(context: Context) -> ChurnSettings:
    """How the churn model learns: seed, threads and windows from the settings."""
    settings = context.settings
    return ChurnSettings(
        seed=settings.seed,
        threads=settings.threads,
        windows=settings.training.windows,
        step_days=settings.training.window_days,
    )


def train(context: Context) -> None:
    """Train and register a challenger of each kind; too little history is said, not an error.

    The clock of a kind starts where that of the one before stopped, so that the seconds of all are
    those of the stage.
    """
    started, registry = ops.now(), registry_of(context.settings)
    features, labels = _frames(context)
    versions = {name: delta.version_of(context.lake / name) for name in LEARNED_FROM}
    for kind in KINDS:
        candidate = _trained(context, kind, features, labels)
        found = publish(registry, context.run.tenant, candidate, versions)
        said = (
            candidate.reason
            if found is None
            else f"version {found.version}, identity {found.identity[:12]}{_waiting(context, kind)}"
        )
        _record(context, "train", kind, started, "warned" if found is None else "done", said)
        started = ops.now()


def _trained(
    context: Context, kind: str, features: pd.DataFrame, labels: pd.DataFrame
) -> Candidate:
    currency = context.settings.tenant.currency
    if kind == "churn":
        return train_churn(
            features, labels, churn_as_of(context), churn_settings(context), words=words(currency)
        )
    return train_segments(features, max(context.run.as_ofs), ClusterSettings(currency=currency))


def _waiting(context: Context, kind: str) -> str:
    """What is said of a churn model that is as of an earlier day than its run: which label is too
    young.
    """
    asked = max(context.run.as_ofs)
    young = (
        too_young([asked - timedelta(days=CHURN_DAYS)], known_until(context.settings, ORDERS))
        if kind == "churn"
        else ""
    )
    return f"; trained as of {churn_as_of(context)}, not {asked}, {young}" if young else ""


def gate(context: Context) -> None:
    """Judge each challenger; only one that passes becomes champion."""
    started, registry = ops.now(), registry_of(context.settings)
    features, labels = _frames(context)
    for kind in KINDS:
        candidate = _challenger(context, kind, features, labels)
        decision = judge_and_promote(registry, context.run.tenant, candidate)
        outcomes = [
            replace(outcome(f.rule, WARN, f.passed, None, "", f.sentence), message=f.sentence)
            for f in decision.verdict.findings
        ]
        ops.record_checks(context.lake, context.run, "gate", f"model_{kind}", outcomes)
        said = (
            f"champion is version {decision.champion_after}"
            if decision.verdict.passed
            else "; ".join(decision.verdict.sentences)
        )
        _record(
            context, "gate", kind, started, "done" if decision.verdict.passed else "warned", said
        )
        started = ops.now()


def _challenger(
    context: Context, kind: str, features: pd.DataFrame, labels: pd.DataFrame
) -> Candidate:
    registry, tenant = registry_of(context.settings), context.run.tenant
    if kind == "churn":
        return stored_candidate(registry, tenant, kind, features, labels, churn_as_of(context))
    return stored_candidate(registry, tenant, kind, features, None, max(context.run.as_ofs))


def rows_as_of(context: Context, table: str, as_ofs: Iterable[date]) -> pd.DataFrame:
    """The rows of a table as of some dates, in the types that it declares, read without a JVM."""
    return typed_frame(rows_at(context.lake / table, "as_of", sorted(as_ofs)))


def _frames(context: Context) -> tuple[pd.DataFrame, pd.DataFrame]:
    wanted = {*training_as_ofs(context), max(context.run.as_ofs)}
    features, labels = (rows_as_of(context, name, wanted) for name in LEARNED_FROM)
    return features, labels


def _record(
    context: Context, stage: str, kind: str, started: datetime, status: str, said: str
) -> None:
    ops.record(
        context.lake,
        context.run,
        stage,
        f"model_{kind}",
        started,
        status,
        said=said if status == "warned" else "",
    )
    print(f"headwater {stage} {kind}: {said}", flush=True)
