"""From features and labels to a candidate, and from a candidate to a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import pandas as pd

from models.judging import rules
from models.judging.rules import CHAMPION, Finding, Verdict
from models.kind import Kind, Limit, Tables
from models.learning.conditions import where
from models.learning.inputs import KEY, OUTCOME, TARGET, at, require_columns, with_plain_keys
from models.learning.learner import LabelWindow, Setup, TrainedModel
from models.learning.windows import unlabelled, wanted_as_ofs

FEATURES, LABELS = "features_customers", "features_labels"


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


def trained(kind: Kind, tables: Tables, as_of: date, setup: Setup) -> Candidate:
    """Train for scoring as of `as_of`, holding out the newest as-of date whose label is complete.

    The model that is judged on the holdout is the one that scores, unchanged: so every champion was
    judged on rows it never saw. A kind without labels is judged on the customers it learned from.
    """
    wanted = wanted_as_ofs(as_of, kind.windows, setup)
    rows = rows_of(kind, tables, setup.label)
    candidate = Candidate(kind.name, as_of, wanted[0], None, "", at(rows, wanted[:1]))
    learned = kind.learner.learn(kind.name, rows, wanted, setup)
    if learned.model is None:
        young = unlabelled(setup.label, tables[LABELS], wanted) if setup.label else ""
        hint = f"{young[0].upper()}{young[1:]}" if young else "Train again when more days are there"
        return replace(candidate, reason=f"{learned.reason}. {hint}.")
    return replace(
        candidate,
        model=learned.model,
        train_as_ofs=learned.model.train_as_ofs,
        metrics={**kind.measured_by.metrics(learned.model, candidate.rows), **learned.tried},
        parameters=learned.parameters,
    )


def rows_of(kind: Kind, tables: Tables, label: LabelWindow | None) -> pd.DataFrame:
    """The population of a kind with its features and, of a kind with a label, its `outcome`; rows
    for which the population's condition does not hold, or without a label, are left out.

    The outcome of a target, such as a campaign, is whether the label's list holds it.

    Raises:
        MissingFeatureError: a key, the label, the target or what the condition reads is missing.
    """
    rows = with_plain_keys(tables[FEATURES])
    if kind.population.table != FEATURES:
        asked = with_plain_keys(tables[kind.population.table])
        rows = asked.merge(rows, on=list(KEY), how="inner", validate="many_to_one")
    rows = where(rows, kind.population.where)
    if kind.population.target:
        require_columns(rows, (kind.population.target,))
        rows = rows.rename(columns={kind.population.target: TARGET})
    if label is None:
        return rows
    require_columns(tables[LABELS], (*KEY, label.name))
    # objects where another date has no label yet
    label_values = with_plain_keys(tables[LABELS])[[*KEY, label.name]].dropna()
    plain = rows.drop(columns=[label.name], errors="ignore")
    labelled = plain.merge(
        label_values,
        on=list(KEY),
        how="inner",
        validate="many_to_one" if TARGET in plain.columns else "one_to_one",
    )
    label_column = labelled[label.name]
    if TARGET in labelled.columns:
        outcome = [
            target in list(redeemed)
            for target, redeemed in zip(labelled[TARGET], label_column, strict=True)
        ]
    else:
        outcome = label_column.astype(bool).tolist()
    return labelled.drop(columns=label.name).assign(**{OUTCOME: pd.Series(outcome, dtype=bool)})


def judge(kind: Kind, candidate: Candidate, champion: TrainedModel | None = None) -> Verdict:
    """The gate for any kind; pure. Champion and challenger are measured on the candidate's rows.

    Raises:
        TypeError: the champion is of another kind.
    """
    if candidate.model is None:
        return rules.verdict([Finding("history", False, candidate.reason)])
    if champion is not None and champion.kind != candidate.kind:
        raise TypeError(
            f"the champion of {candidate.kind} is a {champion.kind} model; the registry mixes kinds"
        )
    return rules.verdict(
        _finding(limit, kind, candidate, candidate.model, champion) for limit in kind.limits
    )


def _finding(
    limit: Limit,
    kind: Kind,
    candidate: Candidate,
    model: TrainedModel,
    champion: TrainedModel | None,
) -> Finding:
    if limit.rule == "unseen":
        return rules.unseen(model.seen_until, candidate.holdout)
    value = candidate.metrics[limit.metric]
    if limit.rule in rules.BOUNDS:
        return rules.BOUNDS[limit.rule](limit.name, value, limit.value)
    if limit.rule == "above_baseline":
        simple = candidate.metrics[f"{limit.baseline}_{limit.metric}"]
        return rules.better_than(limit.name, value, limit.baseline, simple, limit.value)
    return _against_champion(limit, kind, candidate, model, champion)


def _against_champion(
    limit: Limit,
    kind: Kind,
    candidate: Candidate,
    model: TrainedModel,
    champion: TrainedModel | None,
) -> Finding:
    """A champion that cannot read or judge today's rows cannot score them either, so it does not
    stand in the way.
    """
    value = candidate.metrics[limit.metric]
    if champion is None:
        return rules.not_worse_than_champion(limit.name, value, None, limit.value)
    if champion.identity != model.identity and champion.seen_until > candidate.holdout:
        return Finding(
            CHAMPION,
            False,
            f"the champion has learned from days up to {champion.seen_until}, the rows to compare"
            f" on are as of {candidate.holdout}; an older model does not replace a newer one. Roll"
            " back by hand if that is wanted.",
        )
    try:
        theirs = kind.measured_by.metrics(champion, candidate.rows)
    except (
        ValueError
    ) as error:  # a feature that is missing, a value that it cannot read, a score that is null
        return rules.unopposed(
            limit.name,
            value,
            f"the champion cannot read these rows, so it does not stand in the way: {error}",
        )
    return rules.not_worse_than_champion(limit.name, value, theirs[limit.metric], limit.value)
