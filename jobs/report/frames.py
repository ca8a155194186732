"""What the report page is made of: pandas frames as read from the released tables, and where they
come from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from difflib import get_close_matches

import pandas as pd

# The columns the page reads. A frame may hold more; an empty frame may hold none.
REQUIRED = {
    "kpis": "as_of week_start active_customers amount_sum amount_per_order repeat_rate",
    "segments": (
        "customer_id as_of recency_score frequency_score monetary_score rfm_segment micro_segment"
    ),
    "segment_summary": (
        "as_of rfm_segment customer_count customer_share order_count_median"
        " days_since_last_order_median amount_sum_mean amount_share churn_probability_mean"
    ),
    "scores": (
        "customer_id as_of churn_probability churn_decile reason_1 reason_2 reason_3 score_status"
        " model_name model_version"
    ),
    "recommendations": "customer_id as_of rank product_id reason strategy",
    "profiles": (
        "customer_id as_of first_order_date last_order_date days_since_last_order order_count"
        " amount_sum order_count_91d amount_sum_91d favourite_department rfm_segment micro_segment"
    ),
    "products": "product_id department brand product_category product_type",
    "checks": "stage table_name check_name level status observed expected message",
    "runs": "run_id stage table_name started_at seconds status rows_kept",
    "model_metrics": "model_name state as_of metric value low high",
}


class ReportInputError(ValueError):
    """A frame or picture that the page cannot show, with what is wrong and what was expected."""


def _empty() -> pd.DataFrame:
    return pd.DataFrame()


@dataclass(frozen=True)
class ReportFrames:
    """One release of one tenant, ready to be shown; every frame may be empty.

    Frames with an `as_of` column are cut to the report's `as_of` here, except `model_metrics`,
    whose dates are the evaluated ones: one row per (model_name, as_of, metric), `low` and `high`
    the bounds of its interval or null. `checks` and `runs` are the rows of the runs to be reported.
    `curves` maps a name (roc, calibration, lift, ...) to a PNG or SVG picture. A `released_at`
    without a zone is UTC.

    Raises:
        ReportInputError: a frame with rows lacks columns of `REQUIRED`; the message lists all of
            them.
    """

    tenant: str
    currency: str
    zone: str
    as_of: date
    release_id: str
    released_at: datetime
    source_note: str
    kpis: pd.DataFrame = field(default_factory=_empty)
    segments: pd.DataFrame = field(default_factory=_empty)
    segment_summary: pd.DataFrame = field(default_factory=_empty)
    scores: pd.DataFrame = field(default_factory=_empty)
    recommendations: pd.DataFrame = field(default_factory=_empty)
    profiles: pd.DataFrame = field(default_factory=_empty)
    products: pd.DataFrame = field(default_factory=_empty)
    checks: pd.DataFrame = field(default_factory=_empty)
    runs: pd.DataFrame = field(default_factory=_empty)
    model_metrics: pd.DataFrame = field(default_factory=_empty)
    curves: Mapping[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse frames without their columns, then keep the rows of the report's date."""
        problems = [
            problem
            for name, columns in REQUIRED.items()
            for problem in _missing(name, columns, getattr(self, name))
        ]
        if problems:
            raise ReportInputError(
                "report: "
                + "; ".join(problems)
                + ". Pass these columns, or an empty frame to leave the section out."
            )
        if self.released_at.tzinfo is None:
            object.__setattr__(self, "released_at", self.released_at.replace(tzinfo=UTC))
        for name in frame_names():
            object.__setattr__(
                self,
                name,
                _tidy(getattr(self, name), None if name == "model_metrics" else self.as_of),
            )


def frame_names() -> list[str]:
    """The fields of `ReportFrames` that hold a frame, in the order of the page."""
    return [entry.name for entry in fields(ReportFrames) if entry.name in REQUIRED]


def _missing(name: str, columns: str, frame: pd.DataFrame) -> list[str]:
    if frame.empty:
        return []
    present = [str(column) for column in frame.columns]
    absent = [column for column in columns.split() if column not in present]
    near = {column: get_close_matches(column, present, n=1) for column in absent}
    return [
        f"frame {name} lacks column {column}"
        + (f" (it has {near[column][0]})" if near[column] else "")
        for column in absent
    ]


def _tidy(frame: pd.DataFrame, as_of: date | None) -> pd.DataFrame:
    """The rows of the date, numbered from 0, ids as text and decimals as floats (the page shows
    them, it does not add money up).
    """
    if frame.empty:
        return frame
    kept = (
        frame
        if as_of is None or "as_of" not in frame
        else frame[pd.to_datetime(frame["as_of"]).dt.date == as_of]
    )
    tidy = kept.reset_index(drop=True).copy()
    for column in tidy.columns:
        if column in {"customer_id", "product_id"}:
            tidy[column] = tidy[column].astype(str)
        elif _is_number(str(column)):
            tidy[column] = tidy[column].astype(float)
    return tidy


NUMBERS = frozenset(
    {
        "seconds",
        "rank",
        "value",
        "low",
        "high",
        "rows_kept",
        "repeat_rate",
        "churn_decile",
        "active_customers",
        "days_since_last_order",
    }
)
NUMBER_STEMS = (
    "amount_",
    "order_count",
    "customer_count",
    "customer_share",
    "churn_probability",
    "days_since_last_order",
)


def _is_number(column: str) -> bool:
    return column in NUMBERS or column.endswith("_score") or column.startswith(NUMBER_STEMS)
