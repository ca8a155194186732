"""One self-contained page per tenant: what the newest release says about its customers, for a
person to read.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import date, datetime
from math import isnan
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from jobs.report import views
from jobs.report.charts import weekly_chart
from jobs.report.frames import ReportFrames, ReportInputError
from jobs.report.samples import sample_customers

__all__ = ["ReportFrames", "ReportInputError", "render_report", "write_report"]

NOTHING = "–"
ABBREVIATIONS = frozenset({"auc", "ece", "ap", "ndcg"})
PNG_START = b"\x89PNG\r\n\x1a\n"
CURVES = {  # by the name of the picture, as models.judging.curves draws it; in the page's order
    "roc": (
        "ROC",
        (
            "True positive rate against false positive rate at every threshold; the dotted line is"
            " a random score."
        ),
    ),
    "calibration": (
        "Calibration",
        (
            "Observed share of churn against the predicted probability; on the dotted line the two"
            " are equal."
        ),
    ),
    "lift": (
        "Lift",
        "Share of churn in each decile, divided by the mean share, the highest risk on the right.",
    ),
    "precision_recall": (
        "Precision and recall",
        "Precision against recall; the dotted line is the share of customers who churn.",
    ),
    "importance": (
        "Importance",
        "Mean gain of a feature in the splits that use it; the 15 strongest features.",
    ),
}


def write_report(frames: ReportFrames, target: Path) -> Path:
    """Write the page to `target` (a file; its folder is made) in one step, so that a reader never
    sees half a page, and return the path.
    """
    return write_text(render_report(frames), target)


def write_text(page: str, target: Path) -> Path:
    """Write a page in one step; returns the path."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.part")
    unfinished.write_text(page, encoding="utf-8")
    unfinished.replace(target)
    return target


def render_report(frames: ReportFrames) -> str:
    """The page as HTML; the same frames give the same text."""
    return templates().get_template("page.html.j2").render(_context(frames))


def templates() -> Environment:
    """The templates beside this file, with the filters that say numbers, days and names as people
    write them.
    """
    rooms = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    rooms.filters.update(
        whole=_whole,
        money=_money,
        percent=_percent,
        decimals=_decimals,
        day=_day,
        words=_words,
        duration=_duration,
        metric=_metric,
    )
    return rooms


def _context(frames: ReportFrames) -> dict[str, Any]:
    metric_names, metrics = views.metric_table(frames)
    return {
        "frames": frames,
        "age": _age(frames),
        "headline": views.headline(frames),
        "weekly": _weekly_pictures(frames),
        "rfm": views.rfm_map(frames),
        "segments": views.segment_rows(frames),
        "micro_segments": views.micro_segment_rows(frames),
        "metric_names": metric_names,
        "metrics": metrics,
        "curves": [_curve(name, frames.curves[name]) for name in _curve_order(frames)],
        "statuses": views.status_rows(frames),
        "deciles": views.decile_rows(frames),
        "samples": sample_customers(frames),
        "checks": views.check_rows(frames),
        "failures": views.failed_checks(frames),
        "stages": views.stage_rows(frames),
        "slowest": views.slowest_tables(frames),
    }


def _age(frames: ReportFrames) -> int:
    """Whole days from the as-of date to the release, both in the tenant's zone."""
    return (frames.released_at.astimezone(ZoneInfo(frames.zone)).date() - frames.as_of).days


def _weekly_pictures(frames: ReportFrames) -> dict[str, Any]:
    """The weekly chart for a wide and a narrow screen, with its description; empty without
    weeks.
    """
    weeks = views.weeks(frames)
    if weeks.empty:
        return {}
    first, last = weeks.iloc[0], weeks.iloc[-1]
    return {
        "wide": data_uri("weekly", weekly_chart(weeks, frames.currency, width=11.6, height=4.6)),
        "narrow": data_uri("weekly", weekly_chart(weeks, frames.currency, width=4.4, height=4.8)),
        "count": len(weeks),
        "partial": int((~weeks["is_whole"]).sum()),
        "first": first["week_start"],
        "last": last["week_start"],
        "least": weeks.loc[weeks["is_whole"], "amount_sum"].min(),
        "greatest": weeks.loc[weeks["is_whole"], "amount_sum"].max(),
    }


def _curve_order(frames: ReportFrames) -> list[str]:
    ordered = [name for name in CURVES if name in frames.curves]
    return ordered + sorted(set(frames.curves) - set(ordered))


def _curve(name: str, picture: bytes) -> dict[str, str]:
    title, caption = CURVES.get(name, (_words(Path(name).stem).capitalize(), ""))
    return {"title": title, "caption": caption, "uri": data_uri(name, picture)}


def data_uri(name: str, picture: bytes) -> str:
    """The picture within the page. As the source of an image, an SVG can neither run scripts nor
    load anything.
    """
    if picture.startswith(PNG_START):
        kind = "image/png"
    elif b"<svg" in picture[:2000]:
        kind = "image/svg+xml"
    else:
        raise ReportInputError(
            f"report: curve {name} is neither a PNG nor an SVG (it starts with {picture[:12]!r});"
            " pass the picture's bytes."
        )
    return f"data:{kind};base64,{b64encode(picture).decode()}"


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NaT or (isinstance(value, float) and isnan(value))


def _whole(value: float | None) -> str:
    return NOTHING if value is None or _is_missing(value) else f"{value:,.0f}"


def _money(value: float | None) -> str:
    return NOTHING if value is None or _is_missing(value) else f"{value:,.2f}"


def _decimals(value: float | None, digits: int = 3) -> str:
    return NOTHING if value is None or _is_missing(value) else f"{value:,.{digits}f}"


def _percent(value: float | None, digits: int = 1) -> str:
    return NOTHING if value is None or _is_missing(value) else f"{value:.{digits}%}"


def _day(value: date | datetime | str | None) -> str:
    if value is None or _is_missing(value):
        return NOTHING
    stamp = pd.Timestamp(value)
    return f"{stamp.day} {stamp:%B %Y}"


def _words(value: object) -> str:
    """A name as people write it: `at_risk` -> `at risk`."""
    return NOTHING if _is_missing(value) else str(value).replace("_", " ")


def _metric(name: str) -> str:
    """A metric's name with its abbreviations as people write them: `auc_recency_alone` -> `AUC
    recency alone`.
    """
    return " ".join(word.upper() if word in ABBREVIATIONS else word for word in name.split("_"))


def _duration(seconds: float | None) -> str:
    if seconds is None or _is_missing(seconds):
        return NOTHING
    return (
        f"{seconds:.1f} s"
        if seconds < 60
        else f"{int(seconds // 60)} min {int(seconds % 60):02d} s"
    )
