"""The rows of the page's tables: from frames to plain records, without any markup."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pandas as pd

from jobs.report.frames import ReportFrames

Rows = list[dict[str, Any]]
SCORES = (1, 2, 3, 4, 5)
SHADES = 5  # steps of colour in the RFM map; all of them light enough for dark text
SLOWEST = 8


def weeks(frames: ReportFrames) -> pd.DataFrame:
    """The weekly numbers in order, with `is_whole`: false for a first or last week that the data
    cover only in part.
    """
    if frames.kpis.empty:
        return frames.kpis
    ordered = (
        frames.kpis.assign(week_start=pd.to_datetime(frames.kpis["week_start"]))
        .sort_values("week_start")
        .reset_index(drop=True)
    )
    is_over = ordered["week_start"] + timedelta(days=7) <= pd.Timestamp(frames.as_of)
    return ordered.assign(is_whole=is_over & (ordered["week_start"] >= _first_day(frames, ordered)))


def _first_day(frames: ReportFrames, ordered: pd.DataFrame) -> pd.Timestamp:
    """The first day with an order; without profiles, the first week counts as whole."""
    days = (
        pd.to_datetime(frames.profiles["first_order_date"]).dropna()
        if not frames.profiles.empty
        else pd.Series(dtype="datetime64[ns]")
    )
    return pd.Timestamp(days.min() if len(days) else ordered["week_start"].min())


def headline(frames: ReportFrames) -> dict[str, Any]:
    """The newest whole week, the customers and the checks, for the tiles at the top; empty parts
    are absent.
    """
    shown: dict[str, Any] = {"customer_count": len(frames.profiles) or len(frames.segments)}
    whole = weeks(frames)
    whole = whole if whole.empty else whole[whole["is_whole"]]
    if not whole.empty:
        shown["week"] = whole.iloc[-1].to_dict()
    if not frames.scores.empty and frames.scores["churn_probability"].notna().any():
        shown["churn_mean"] = float(frames.scores["churn_probability"].mean())
    return shown


@dataclass(frozen=True)
class RfmCell:
    """One square of the RFM map: how many customers, what they spent on average, and what most of
    them are called.
    """

    recency: int
    frequency: int
    customer_count: int
    amount_mean: float
    segment: str
    shade: int


def rfm_map(frames: ReportFrames) -> list[list[RfmCell]]:
    """Five rows by frequency (5 first), five cells by recency (1 first); empty without a customer
    that has scores.
    """
    if frames.segments.empty:
        return []
    scored = frames.segments.dropna(subset=["recency_score", "frequency_score"])
    spent = (
        pd.Series(dtype=float)
        if frames.profiles.empty
        else frames.profiles.set_index("customer_id")["amount_sum"]
    )
    scored = scored.assign(amount_sum=scored["customer_id"].map(spent).astype(float))
    if scored.empty:
        return []
    largest = int(scored.groupby(["recency_score", "frequency_score"]).size().max())
    return [
        [_cell(scored, recency, frequency, largest) for recency in SCORES]
        for frequency in reversed(SCORES)
    ]


def _cell(scored: pd.DataFrame, recency: int, frequency: int, largest: int) -> RfmCell:
    mine = scored[(scored["recency_score"] == recency) & (scored["frequency_score"] == frequency)]
    names = mine["rfm_segment"].dropna().astype(str)
    segment = "" if names.empty else str(names.mode().sort_values().iloc[0])
    shade = -(-len(mine) * SHADES // largest)  # rounded up: only an empty cell has shade 0
    return RfmCell(recency, frequency, len(mine), float(mine["amount_sum"].mean()), segment, shade)


def segment_rows(frames: ReportFrames) -> Rows:
    """One row per RFM segment, the largest first."""
    if frames.segment_summary.empty:
        return []
    return _records(
        frames.segment_summary.sort_values(
            ["customer_count", "rfm_segment"], ascending=[False, True]
        )
    )


def micro_segment_rows(frames: ReportFrames) -> Rows:
    """One row per micro segment: name, customers, share of all customers."""
    if frames.segments.empty:
        return []
    counts = frames.segments.groupby("micro_segment").size().rename("customer_count").reset_index()
    ordered = counts.sort_values(["customer_count", "micro_segment"], ascending=[False, True])
    return _records(ordered.assign(customer_share=ordered["customer_count"] / len(frames.segments)))


def decile_rows(frames: ReportFrames) -> Rows:
    """One row per churn decile, the riskiest first: customers, mean, least and greatest
    probability, spend of the last 91 days.
    """
    if frames.scores.empty or frames.scores["churn_probability"].isna().all():
        return []
    spent = (
        pd.Series(dtype=float)
        if frames.profiles.empty
        else frames.profiles.set_index("customer_id")["amount_sum_91d"]
    )
    scored = frames.scores.dropna(subset=["churn_probability", "churn_decile"])
    scored = scored.assign(amount=scored["customer_id"].map(spent).astype(float))
    grouped = scored.groupby("churn_decile").agg(
        customer_count=("customer_id", "size"),
        mean=("churn_probability", "mean"),
        least=("churn_probability", "min"),
        greatest=("churn_probability", "max"),
        amount_sum_91d=("amount", lambda amounts: amounts.sum(min_count=1)),
    )
    return _records(grouped.sort_index(ascending=False).reset_index())


def status_rows(frames: ReportFrames) -> Rows:
    """One row per score status and model: how many customers."""
    if frames.scores.empty:
        return []
    keys = ["score_status", "model_name", "model_version"]
    return _records(
        frames.scores.groupby(keys, dropna=False)
        .size()
        .rename("customer_count")
        .reset_index()
        .sort_values(keys)
    )


def metric_table(frames: ReportFrames) -> tuple[list[str], Rows]:
    """The metrics' names as delivered, and one row per (model, as-of) with a dict of metric -> its
    row.
    """
    metrics = frames.model_metrics
    if metrics.empty:
        return [], []
    names = [str(name) for name in metrics["metric"].drop_duplicates()]
    rows: Rows = []
    for (model, state, as_of), part in metrics.groupby(["model_name", "state", "as_of"], sort=True):
        rows.append(
            {
                "model_name": model,
                "state": state,
                "as_of": as_of,
                "metrics": {str(row["metric"]): row for row in _records(part)},
            }
        )
    return names, rows


def check_rows(frames: ReportFrames) -> Rows:
    """One row per checked table: passed, failed with level WARN, failed with level ERROR; tables
    with failures first.
    """
    if frames.checks.empty:
        return []
    failed = frames.checks["status"] != "passed"
    is_error = frames.checks["level"] == "ERROR"
    judged = frames.checks.assign(
        passed=~failed, warned=failed & ~is_error, broken=failed & is_error
    )
    summed = judged.groupby("table_name")[["passed", "warned", "broken"]].sum().reset_index()
    return _records(
        summed.sort_values(["broken", "warned", "table_name"], ascending=[False, False, True])
    )


def failed_checks(frames: ReportFrames) -> Rows:
    """The checks that did not pass, errors first."""
    if frames.checks.empty:
        return []
    failed = frames.checks[frames.checks["status"] != "passed"]
    return _records(failed.sort_values(["level", "table_name", "check_name"]))


def stage_rows(frames: ReportFrames) -> Rows:
    """One row per stage in the order they first started: tables, failed tables, seconds (summed
    over tables), rows kept.
    """
    if frames.runs.empty:
        return []
    runs = frames.runs.assign(
        failed=frames.runs["status"] == "failed",
        started_at=pd.to_datetime(frames.runs["started_at"], utc=True),
    )
    stages = runs.groupby("stage").agg(
        tables=("table_name", "nunique"),
        failed=("failed", "sum"),
        seconds=("seconds", "sum"),
        rows_kept=("rows_kept", "sum"),
        started_at=("started_at", "min"),
    )
    return _records(stages.reset_index().sort_values(["started_at", "stage"]))


def slowest_tables(frames: ReportFrames) -> Rows:
    """The table writes that took longest."""
    if frames.runs.empty:
        return []
    return _records(
        frames.runs.sort_values(
            ["seconds", "table_name", "run_id"], ascending=[False, True, True]
        ).head(SLOWEST)
    )


def _records(frame: pd.DataFrame) -> Rows:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]
