"""Five customers and a few rows around them: enough for every section of the report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from jobs.report.page import ReportFrames

AS_OF = date(2018, 1, 1)


@dataclass(frozen=True)
class Customer:
    """One line of the example: who, RFM scores, decile, total spend."""

    customer_id: str
    scores: tuple[int, int, int] | None
    decile: int
    amount: str
    why: str


CUSTOMERS = [
    Customer("01", (1, 2, 2), 10, "90", "in the highest decile, but spent less than 04"),
    Customer("02", (5, 5, 4), 1, "900", "spent the most, but 03 has the better scores"),
    Customer("03", (5, 5, 5), 1, "800", "the best customer, and not the first row"),
    Customer("04", (2, 3, 3), 10, "300", "the one at risk: highest decile, most spent there"),
    Customer(
        "05",
        (3, 3, 3),
        5,
        "200",
        "nearest to the median of those left over (01: 90, 02: 900, 05: 200)",
    ),
    Customer("06", None, 1, "0", "no orders: on no map, never a sample"),
]


@pytest.fixture
def frames() -> ReportFrames:
    """A full report; money comes as Decimal and dates as dates, as Spark delivers them."""
    return ReportFrames(
        **HEADER,
        kpis=_kpis(),
        segments=_segments(),
        segment_summary=_summary(),
        scores=_scores(),
        recommendations=_recommendations(),
        profiles=_profiles(),
        products=pd.DataFrame(
            [("p1", "GROCERY", "National", "MILK", "FLUID MILK")], columns=PRODUCT_COLUMNS
        ),
        checks=_checks(),
        runs=_runs(),
        model_metrics=pd.DataFrame(
            [
                ("churn", "published", date(2017, 12, 1), "auc", 0.888, 0.873, 0.902),
                ("churn", "published", date(2017, 12, 1), "ece", 0.016, None, None),
                ("churn_91d", "not published", date(2017, 9, 1), "auc", 0.9, None, None),
            ],
            columns=["model_name", "state", "as_of", "metric", "value", "low", "high"],
        ),
        curves=_curves(),
    )


@pytest.fixture
def empty() -> ReportFrames:
    """A tenant that has nothing yet."""
    return ReportFrames(**HEADER)


HEADER: dict[str, Any] = {
    "tenant": "corner_shop",
    "currency": "USD",
    "zone": "America/New_York",
    "as_of": AS_OF,
    "release_id": "release-1",
    # 2 January, 23:30 in New York: one day old
    "released_at": datetime(2018, 1, 3, 4, 30, tzinfo=UTC),
    "source_note": "Made-up rows of a test.",
}
PRODUCT_COLUMNS = ["product_id", "department", "brand", "product_category", "product_type"]


def _curves() -> dict[str, bytes]:
    """The page takes any picture: these cost nothing to draw."""
    return dict.fromkeys(
        ("roc", "calibration", "lift"), b'<svg xmlns="http://www.w3.org/2000/svg"/>'
    )


def _kpis() -> pd.DataFrame:
    rows = [
        # before the first order's day: covered only in part
        (date(2017, 12, 11), 2, Decimal("10.0000")),
        (date(2017, 12, 18), 5, Decimal("120.0000")),
        (date(2017, 12, 25), 4, Decimal("100.0000")),  # its seven days end on the as-of date: whole
        (date(2018, 1, 1), 1, Decimal("3.0000")),  # begins on the as-of date: not over
    ]
    frame = pd.DataFrame(rows, columns=["week_start", "active_customers", "amount_sum"])
    return frame.assign(
        as_of=AS_OF,
        order_count=4,
        amount_per_order=25.0,
        repeat_rate=0.5,
        new_customers=1,
        lost_customers=0,
    )


def _segments() -> pd.DataFrame:
    rows = [
        (
            c.customer_id,
            *(c.scores or (None,) * 3),
            "champions" if c.scores and c.scores[0] == 5 else "others",
        )
        for c in CUSTOMERS
    ]
    columns = ["customer_id", "recency_score", "frequency_score", "monetary_score", "rfm_segment"]
    return pd.DataFrame(rows, columns=columns).assign(as_of=AS_OF, micro_segment="weekly shoppers")


def _summary() -> pd.DataFrame:
    rows = [
        ("others", 4, 0.667, 3.0, 20.0, Decimal("147.5"), 0.258, 0.6),
        ("champions", 2, 0.333, 9.0, 1.0, Decimal("850"), 0.742, None),
    ]
    columns = "rfm_segment customer_count customer_share order_count_median days_since_last_order_median amount_sum_mean amount_share"
    return pd.DataFrame(rows, columns=[*columns.split(), "churn_probability_mean"]).assign(
        as_of=AS_OF
    )


def _scores() -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "customer_id": [c.customer_id for c in CUSTOMERS],
            "churn_decile": [c.decile for c in CUSTOMERS],
        }
    )
    return frame.assign(
        as_of=AS_OF,
        churn_probability=frame["churn_decile"] / 10,
        reason_1="last order 40 days ago",
        reason_2="few orders",
        reason_3=None,
        score_status="scored",
        model_name="churn",
        model_version="3",
    )


def _recommendations() -> pd.DataFrame:
    rows = [
        ("03", 2, "p2", "popular in your segment"),
        ("03", 1, "p1", "bought in 9 of 12 orders"),
        ("04", 1, "p1", "bought once"),
    ]
    return pd.DataFrame(rows, columns=["customer_id", "rank", "product_id", "reason"]).assign(
        as_of=AS_OF, score=1.0, strategy="buy_again"
    )


def _profiles() -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "customer_id": [c.customer_id for c in CUSTOMERS],
            "amount_sum": [Decimal(c.amount) for c in CUSTOMERS],
        }
    )
    has_orders = [c.scores is not None for c in CUSTOMERS]
    return frame.assign(
        as_of=AS_OF,
        first_order_date=pd.Series(
            [date(2017, 12, 14) if has else None for has in has_orders], dtype=object
        ),
        last_order_date=pd.Series(
            [date(2017, 12, 31) if has else None for has in has_orders], dtype=object
        ),
        days_since_last_order=[1.0 if has else float("nan") for has in has_orders],
        order_count=[3 if has else 0 for has in has_orders],
        order_count_91d=2,
        amount_sum_91d=50.0,
        favourite_department="GROCERY",
        rfm_segment="others",
        micro_segment="weekly shoppers",
        demographic_age=["45-54", *["unknown"] * 5],
    )


def _checks() -> pd.DataFrame:
    rows = [
        ("silver", "silver_order_lines", "unique(order_id)", "ERROR", "passed", "1.0", "1.0", ""),
        (
            "silver",
            "silver_order_lines",
            "joins(product_id)",
            "WARN",
            "failed",
            "0.98",
            ">= 0.99",
            "20 lines name a product nobody knows",
        ),
        (
            "gold",
            "gold_kpis",
            "complete(week_start)",
            "ERROR",
            "failed",
            "0.9",
            "1.0",
            "one week has no start",
        ),
        ("gold", "gold_kpis", "unique(week_start)", "ERROR", "passed", "1.0", "1.0", ""),
    ]
    return pd.DataFrame(
        rows,
        columns=[
            "stage",
            "table_name",
            "check_name",
            "level",
            "status",
            "observed",
            "expected",
            "message",
        ],
    )


def _runs() -> pd.DataFrame:
    """Gold is listed before silver, but started after it."""
    start = datetime(2018, 1, 2, 6, tzinfo=UTC)
    rows = [
        ("gold", "gold_kpis", start + timedelta(minutes=2), 30.0, "failed", None),
        ("silver", "silver_order_lines", start, 60.0, "done", 1000),
        ("silver", "silver_products", start + timedelta(minutes=1), 30.5, "done", 10),
    ]
    return pd.DataFrame(
        rows, columns=["stage", "table_name", "started_at", "seconds", "status", "rows_kept"]
    ).assign(run_id="run-1")
