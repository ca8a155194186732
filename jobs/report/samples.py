"""Three customers to look at: chosen by rule, so that the same release always shows the same
three.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from jobs.report.frames import ReportFrames

SHOWN_RECOMMENDATIONS = 5
UNKNOWN = "unknown"


@dataclass(frozen=True)
class SampleCustomer:
    """One customer as the page shows it: who, why this one, and everything the release says about
    it.
    """

    role: str
    why: str
    profile: dict[str, Any]
    demographics: list[tuple[str, str]]
    score: dict[str, Any]
    reasons: list[str]
    recommendations: list[dict[str, Any]]


def sample_customers(frames: ReportFrames) -> list[SampleCustomer]:
    """A best customer, one at risk and one in the middle, never the same twice; fewer when there
    are not so many.
    """
    if frames.profiles.empty:
        return []
    pool = frames.profiles.merge(_ratings(frames), on="customer_id", how="left")
    pool = pool[pool["order_count"] > 0].sort_values("customer_id").reset_index(drop=True)
    chosen: list[SampleCustomer] = []
    for role, why, pick in (
        (
            "A best customer",
            "highest recency, frequency and monetary scores together, then the most spent",
            _best,
        ),
        (
            "At risk",
            "in the highest churn decile, and there the most spent: the one most worth keeping",
            _at_risk,
        ),
        (
            "In the middle",
            "total spend nearest to the median of the other customers with orders",
            _middle,
        ),
    ):
        customers = pick(pool)
        if customers is not None:
            chosen.append(_described(frames, customers, role, why))
            pool = pool[pool["customer_id"] != customers]
    return chosen


def _ratings(frames: ReportFrames) -> pd.DataFrame:
    """One row per customer: the sum of its three RFM scores and its churn decile, null where there
    is none.
    """
    ratings = frames.profiles[["customer_id"]].copy()
    ratings["rating"], ratings["decile"] = float("nan"), float("nan")
    if not frames.segments.empty:
        by_customer = frames.segments.set_index("customer_id")
        total = (
            by_customer["recency_score"]
            + by_customer["frequency_score"]
            + by_customer["monetary_score"]
        )
        ratings["rating"] = ratings["customer_id"].map(total)
    if not frames.scores.empty:
        ratings["decile"] = ratings["customer_id"].map(
            frames.scores.set_index("customer_id")["churn_decile"]
        )
    return ratings


def _best(pool: pd.DataFrame) -> str | None:
    return _first(
        pool.sort_values(["rating", "amount_sum", "customer_id"], ascending=[False, False, True])
    )


def _at_risk(pool: pd.DataFrame) -> str | None:
    riskiest = pool[pool["decile"] == pool["decile"].max()]
    return _first(riskiest.sort_values(["amount_sum", "customer_id"], ascending=[False, True]))


def _middle(pool: pd.DataFrame) -> str | None:
    distance = (pool["amount_sum"] - pool["amount_sum"].median()).abs()
    return _first(pool.assign(distance=distance).sort_values(["distance", "customer_id"]))


def _first(ordered: pd.DataFrame) -> str | None:
    return None if ordered.empty else str(ordered["customer_id"].iloc[0])


def _described(frames: ReportFrames, customer_id: str, role: str, why: str) -> SampleCustomer:
    profile = _row(frames.profiles, customer_id)
    score = _row(frames.scores, customer_id)
    reasons = [
        str(score[name])
        for name in ("reason_1", "reason_2", "reason_3")
        if name in score and pd.notna(score[name])
    ]
    return SampleCustomer(
        role,
        why,
        profile,
        _demographics(profile),
        score,
        reasons,
        _recommended(frames, customer_id),
    )


def _row(frame: pd.DataFrame, customer_id: str) -> dict[str, Any]:
    if frame.empty:
        return {}
    rows = frame[frame["customer_id"] == customer_id].to_dict("records")
    return {str(name): value for name, value in rows[0].items()} if rows else {}


def _demographics(profile: dict[str, Any]) -> list[tuple[str, str]]:
    """What is known beyond the orders, as (label, value)."""
    attributes = {
        name: value
        for name, value in profile.items()
        if name.startswith("demographic_") and pd.notna(value) and value != UNKNOWN
    }
    return [
        (name.removeprefix("demographic_").replace("_", " "), str(value))
        for name, value in attributes.items()
    ]


def _recommended(frames: ReportFrames, customer_id: str) -> list[dict[str, Any]]:
    if frames.recommendations.empty:
        return []
    mine = (
        frames.recommendations[frames.recommendations["customer_id"] == customer_id]
        .sort_values("rank")
        .head(SHOWN_RECOMMENDATIONS)
    )
    names = (
        {}
        if frames.products.empty
        else _product_names(frames.products[frames.products["product_id"].isin(mine["product_id"])])
    )
    return [
        {
            "rank": row["rank"],
            "reason": row["reason"],
            "strategy": row["strategy"],
            **_named(names, str(row["product_id"])),
        }
        for row in mine.to_dict("records")
    ]


def _named(names: dict[str, tuple[str, str]], product_id: str) -> dict[str, str]:
    name, about = names.get(product_id, (f"Product {product_id}", ""))
    return {"name": name, "about": about}


def _product_names(products: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """product_id -> (what it is, the rest that tells two of a kind apart)."""
    return {str(row["product_id"]): _name_of(row) for row in products.to_dict("records")}


def _name_of(row: dict[Any, Any]) -> tuple[str, str]:
    texts = {name: str(value).strip() for name, value in row.items() if pd.notna(value)}
    name = (
        texts.get("product_type")
        or texts.get("product_category")
        or texts.get("department")
        or f"Product {row['product_id']}"
    )
    rest = [
        texts.get("department", ""),
        f"{texts['brand']} brand" if texts.get("brand") else "",
        str(row["product_id"]),
    ]
    return name.capitalize(), " · ".join(part.capitalize() for part in rest if part)
