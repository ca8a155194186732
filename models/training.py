"""From features and labels to a candidate, and from a candidate to a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pandas as pd

from models import churn, clusters, gate, measure
from models.churn import LABEL_DAYS, ChurnModel, ChurnSettings
from models.clusters import ClusterModel, ClusterSettings, cluster_metrics
from models.inputs import KEY, LABEL, as_float, at, demand, with_plain_keys
from models.labels import unlabelled
from models.model import TrainedModel
from models.reasons import Words

RECENCY = "days_since_last_order"


@dataclass(frozen=True)
class Candidate:
    """A trained model and the rows it is judged on; `model` is None, and `reason` says why, if
    there was not enough history.
    """

    kind: str
    as_of: date
    holdout: date
    model: TrainedModel | None
    reason: str
    rows: pd.DataFrame
    train_as_ofs: tuple[date, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class GateRules:
    """What a challenger must reach. The churn floor is low enough for a shop with little history
    (Ta-Feng reaches .748).
    """

    auc_min: float = 0.70
    recency_margin: float = 0.01
    ece_max: float = 0.10
    auc_tolerance: float = 0.005
    silhouette_min: float = 0.15
    smallest_share_min: float = 0.01
    silhouette_tolerance: float = 0.05


def wanted_as_ofs(as_of: date, settings: ChurnSettings | None = None) -> list[date]:
    """The as-of dates whose features and labels `train_churn` reads, newest first: the holdout,
    then its training windows.
    """
    settings = settings or ChurnSettings()
    holdout = as_of - timedelta(days=LABEL_DAYS)
    return [holdout, *churn.training_as_ofs(holdout, settings.windows, settings.step_days)]


def train_churn(
    features: pd.DataFrame,
    labels: pd.DataFrame,
    as_of: date,
    settings: ChurnSettings | None = None,
    *,
    words: Words | None = None,
    rows_min: int = 100,
) -> Candidate:
    """Train for scoring as of `as_of`, holding out the newest labelled window, as of `as_of` - 28
    days.

    The model that is judged on the holdout is the one that scores, unchanged: so every champion was
    judged on rows it never saw. Windows with fewer than `rows_min` labelled customers, or with one
    outcome only, are left out; a candidate needs the holdout and two more that lie 28 days or more
    apart.
    """
    settings = settings or ChurnSettings()
    holdout, *earlier = wanted_as_ofs(as_of, settings)
    rows = labelled_rows(features, labels)
    usable = [
        day for day in [holdout, *earlier] if _is_usable(rows[rows["as_of"] == day], rows_min)
    ]
    judged = at(rows, [holdout])
    train_as_ofs = [day for day in usable if day != holdout]
    if holdout not in usable or not churn.ended_windows(train_as_ofs):
        young = unlabelled(labels, [holdout, *earlier])
        return Candidate(
            "churn",
            as_of,
            holdout,
            None,
            _too_little(rows, [holdout, *earlier], usable, rows_min, young),
            judged,
        )
    newest, *older = train_as_ofs
    model = churn.fit(at(rows, older), at(rows, [newest]), settings, words)
    parameters = {
        **dict(settings.learning),
        "rounds": model.rounds,
        "ensemble": settings.ensemble,
        "seed": settings.seed,
    }
    candidate = Candidate(
        "churn", as_of, holdout, model, "", judged, model.train_as_ofs, {}, parameters
    )
    return replace(candidate, metrics=churn_metrics(model, judged))


def train_segments(
    features: pd.DataFrame, as_of: date, settings: ClusterSettings | None = None
) -> Candidate:
    """Find micro segments among the customers of one as-of date; they are judged on the same
    customers.
    """
    settings = settings or ClusterSettings()
    rows = at(with_plain_keys(features), [as_of])
    try:
        model, trials = clusters.fit(rows, settings)
    except clusters.TooFewCustomersError as error:
        return Candidate(
            "segments", as_of, as_of, None, f"not enough history as of {as_of}: {error}", rows
        )
    tried = {f"silhouette_k{trial.k}": trial.silhouette for trial in trials}
    parameters = {"k": len(model.names), "seed": settings.seed, "names": " | ".join(model.names)}
    return Candidate(
        "segments",
        as_of,
        as_of,
        model,
        "",
        rows,
        (as_of,),
        {**cluster_metrics(model, rows), **tried},
        parameters,
    )


def judge(
    candidate: Candidate, champion: TrainedModel | None, rules: GateRules | None = None
) -> gate.Verdict:
    """The gate for either kind of model; pure. Champion and challenger are measured on the
    candidate's rows.
    """
    rules = rules or GateRules()
    if candidate.model is None:
        return gate.verdict([gate.Finding("history", False, candidate.reason)])
    if isinstance(candidate.model, ChurnModel):
        return _judge_churn(candidate, candidate.model, champion, rules)
    return _judge_segments(candidate, champion, rules)


def churn_metrics(model: TrainedModel, rows: pd.DataFrame) -> dict[str, float]:
    """Metrics of a model on labelled rows, and the AUC of recency alone on the same ones."""
    outcome, recency = as_float(rows[LABEL]), as_float(rows[RECENCY])
    score = model.predict(rows)["churn_probability"]
    return {**measure.churn_metrics(outcome, score), "recency_auc": measure.auc(outcome, recency)}


def labelled_rows(features: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Features with the label of the same customer and as-of date; rows without a label are left
    out.

    Raises:
        MissingFeatureError: a key, the label or `days_since_last_order` is missing.
    """
    demand(labels, (*KEY, LABEL))
    demand(features, (*KEY, RECENCY))
    # objects where another date has no label yet
    named = with_plain_keys(labels)[[*KEY, LABEL]].dropna().astype({LABEL: bool})
    plain = with_plain_keys(features.drop(columns=[LABEL], errors="ignore"))
    return plain.merge(named, on=list(KEY), how="inner", validate="one_to_one")


def _is_usable(window: pd.DataFrame, rows_min: int) -> bool:
    return len(window) >= rows_min and window[LABEL].nunique() == 2


def _too_little(
    rows: pd.DataFrame, wanted: list[date], usable: list[date], rows_min: int, young: str
) -> str:
    counts = rows["as_of"].value_counts()
    unusable = ", ".join(
        f"{day} ({counts.get(day, 0)} labelled customers)" for day in wanted if day not in usable
    )
    return (
        f"not enough history: a churn model needs the window as of {wanted[0]} and two of the"
        f" {len(wanted) - 1} before it that lie {LABEL_DAYS} days or more apart, each with at least"
        f" {rows_min} labelled customers of both outcomes; not usable: {unusable or 'none'}. "
        + (
            f"{young[0].upper()}{young[1:]}."
            if young
            else "Train again when more days have arrived."
        )
    )


def _judge_churn(
    candidate: Candidate, model: ChurnModel, champion: TrainedModel | None, rules: GateRules
) -> gate.Verdict:
    found = churn_metrics(model, candidate.rows)
    overlap = churn.overlap(model, candidate.holdout)
    findings = [
        gate.Finding(
            "training labels",
            not overlap,
            overlap
            or f"the training labels end before {candidate.holdout}, when those it is judged on"
            " begin",
        ),
        gate.at_least("AUC", found["auc"], rules.auc_min),
        gate.better_than(
            "AUC", found["auc"], "recency", found["recency_auc"], rules.recency_margin
        ),
        gate.at_most("ECE", found["ece"], rules.ece_max),
    ]
    if (
        isinstance(champion, ChurnModel)
        and champion.identity != model.identity
        and champion.seen_until > candidate.holdout
    ):
        sentence = (
            f"the champion has learned from days up to {champion.seen_until}, the rows to compare"
            f" on are as of {candidate.holdout}; an older model does not replace a newer one. Roll"
            " back by hand if that is wanted."
        )
        return gate.verdict([*findings, gate.Finding(gate.CHAMPION, False, sentence)])
    return gate.verdict(
        [
            *findings,
            _against_champion("AUC", "auc", found, candidate, champion, rules.auc_tolerance),
        ]
    )


def _judge_segments(
    candidate: Candidate, champion: TrainedModel | None, rules: GateRules
) -> gate.Verdict:
    found = candidate.metrics
    findings = [
        gate.at_least("silhouette", found["silhouette"], rules.silhouette_min),
        gate.at_least(
            "share of the smallest cluster", found["smallest_share"], rules.smallest_share_min
        ),
    ]
    if isinstance(champion, ClusterModel) and champion.as_of > candidate.as_of:
        sentence = (
            f"the champion was found as of {champion.as_of}, the challenger as of"
            f" {candidate.as_of}; an older one does not replace it"
        )
        return gate.verdict([*findings, gate.Finding(gate.CHAMPION, False, sentence)])
    return gate.verdict(
        [
            *findings,
            _against_champion(
                "silhouette", "silhouette", found, candidate, champion, rules.silhouette_tolerance
            ),
        ]
    )


def _against_champion(
    name: str,
    metric: str,
    found: Mapping[str, float],
    candidate: Candidate,
    champion: TrainedModel | None,
    tolerance: float,
) -> gate.Finding:
    """A champion that cannot read or judge today's rows cannot score them either, so it does not
    stand in the way.
    """
    if champion is None:
        return gate.not_worse_than_champion(name, found[metric], None, tolerance)
    try:
        theirs = _metrics_of(champion, candidate)
    except (
        ValueError
    ) as error:  # a feature that is missing, a value that it cannot read, a score that is null
        return gate.unopposed(
            name,
            found[metric],
            f"the champion cannot read these rows, so it does not stand in the way: {error}",
        )
    return gate.not_worse_than_champion(name, found[metric], theirs[metric], tolerance)


def _metrics_of(champion: TrainedModel, candidate: Candidate) -> dict[str, float]:
    if isinstance(champion, ChurnModel) and candidate.kind == champion.kind:
        return churn_metrics(champion, candidate.rows)
    if isinstance(champion, ClusterModel) and candidate.kind == champion.kind:
        return cluster_metrics(champion, candidate.rows)
    raise TypeError(
        f"the champion of {candidate.kind} is a {champion.kind} model; the registry mixes kinds"
    )
