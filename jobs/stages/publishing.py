"""The last stages: a release that readers follow, and the page that shows it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from jobs.models.registry import registry_of, setup_of
from jobs.report.frames import ReportFrames
from jobs.report.page import write_report
from jobs.report.quality import QualityFrames, write_quality
from lakehouse.contract.columns import types_of
from lakehouse.contract.layers import GOLD, bronze_of
from lakehouse.contract.table import TABLES
from lakehouse.quality import anomaly_check, metrics
from lakehouse.store import delta, ops
from lakehouse.store import release as releases
from lakehouse.store.arrow_types import with_columns
from lakehouse.store.context import Context, lake_of
from lakehouse.store.ops import NOTHING, Counts
from lakehouse.store.records import CheckRecord, RunRecord
from lakehouse.store.table_reading import read_frame
from models.kind import Kind
from models.kinds import declared
from models.learning.windows import judged_as_of
from models.registry import tracking
from settings.model import Settings
from settings.places import absolute

FRAMES = {
    "kpis": "gold_kpis",
    "segments": "gold_customer_segments",
    "segment_summary": "gold_segment_summary",
    "scores": "gold_customer_scores",
    "recommendations": "gold_recommendations",
    "profiles": "gold_customer_profiles",
}


def release(context: Context) -> None:
    """Publish the gold tables as they stand, with the models that scored them."""
    started = ops.now()
    gold = sorted(name for name, table in TABLES.items() if table.layer == GOLD.name)
    with context.committing():
        made = releases.publish(context.lake, context.run, gold, scoring_models(context.lake))
    ops.record(
        context.lake,
        context.run,
        "release",
        "ops_releases",
        started,
        "done" if made else "held",
        Counts(1, 1) if made else NOTHING,
    )


def scoring_models(lake: Path) -> dict[str, str]:
    """The version of each model that the newest predictions were made with, as their commits
    say.
    """
    newest = [
        delta.commits(lake / table.name)[:1]
        for table in TABLES.values()
        if any(read.kinds for read in table.reads.values())
    ]
    return {
        kind: version
        for commits in newest
        for commit in commits
        for kind, version in commit.models.items()
        if version
    }


def report(context: Context) -> None:
    """Write the page of the current release."""
    started = ops.now()
    target = write_page(context.settings)
    ops.record(context.lake, context.run, "report", target.name, started, "done", Counts(1, 1))


def write_page(settings: Settings) -> Path:
    """Write `index.html` of the tenant's current release; returns its path.

    Raises:
        ReleaseError: nothing is released yet.
    """
    lake, tenant = lake_of(settings), settings.tenant
    now = releases.current(lake)
    if now is None:
        raise releases.ReleaseError(
            f"{tenant.name} has no release yet: run the stage release first"
        )
    frames: dict[str, Any] = {
        name: _as_of(lake, table, now.tables.get(table), now.as_of)
        for name, table in FRAMES.items()
    }
    measured, curves = model_results(settings, now.models)
    write_quality_page(settings)
    return write_report(
        ReportFrames(
            tenant=tenant.name,
            currency=tenant.currency,
            zone=tenant.zone,
            as_of=now.as_of,
            release_id=now.release_id,
            released_at=now.created_at.astimezone(UTC),
            source_note=tenant.source_note,
            products=read_frame(lake / "silver_products").drop_duplicates(
                "product_id", keep="last"
            ),
            checks=ops.newest_checks(lake),
            runs=_runs_before(lake, now.created_at),
            model_metrics=measured,
            curves=curves,
            **frames,
        ),
        absolute(settings.paths.report) / tenant.name / "index.html",
    )


def write_quality_page(settings: Settings) -> Path:
    """Write `quality.html` beside the report, from the house's records as they stand, also before
    the first release; returns its path.
    """
    lake, tenant = lake_of(settings), settings.tenant
    now = releases.current(lake)
    sources = {
        bronze_of(name): source
        for name, source in tenant.sources.items()
        if bronze_of(name) in TABLES
    }
    frames = QualityFrames(
        tenant=tenant.name,
        release_id=now.release_id if now else "",
        metrics={name: metrics.read(lake, name) for name in sources},
        runs=read_frame(lake / RunRecord.TABLE),
        checks=read_frame(lake / CheckRecord.TABLE),
        unusual={
            name: anomaly_check.anomalies_in(lake, tenant, name, None)
            for name, source in sources.items()
            if source.delivery == "daily"
        },
    )
    return write_quality(frames, absolute(settings.paths.report) / tenant.name / "quality.html")


def model_results(
    settings: Settings, models: dict[str, str]
) -> tuple[pd.DataFrame, dict[str, bytes]]:
    """What the models of a release were judged by, as of the date that each had not learned from:
    one row per kind and metric; and the pictures of the first published kind that has some.

    A kind without a champion is there with the metrics of its newest challenger.
    """
    registry, tenant = registry_of(settings), settings.tenant.name
    rows: list[dict[str, Any]] = []
    shown: dict[str, bytes] = {}
    for kind in declared().values():
        version = models.get(kind.name) or tracking.challenger_version(registry, tenant, kind.name)
        if version is None:
            continue
        trained, metrics = tracking.results_of(registry, tenant, kind.name, version)
        as_of = judged_as_of(trained, setup_of(settings, kind))
        state = state_of(kind, models)
        rows += [
            {
                "model_name": kind.name,
                "state": state,
                "as_of": as_of,
                "metric": name,
                "value": value,
                "low": None,
                "high": None,
            }
            for name, value in sorted(metrics.items())
            if name in kind.measured_by.shown
        ]
        if not shown and kind.is_published and kind.name in models:
            shown = tracking.pictures_of(registry, tenant, kind.name, version)
    return pd.DataFrame(rows), shown


def state_of(kind: Kind, models: dict[str, str]) -> str:
    """What readers should know of a kind's scores in a release."""
    if kind.name not in models:
        return "refused by the gate"
    return "published" if kind.is_published else "not published"


def _as_of(lake: Path, table: str, version: int | None, as_of: date) -> pd.DataFrame:
    rows = with_columns(delta.read_arrow(lake / table, version), types_of(TABLES[table].columns))
    frame: pd.DataFrame = rows.to_pandas()
    return frame[frame["as_of"] == as_of].reset_index(drop=True)


def _runs_before(lake: Path, released: datetime) -> pd.DataFrame:
    """What the day before a release did: its own run, and a backfill or training that led to it."""
    runs = read_frame(lake / RunRecord.TABLE)
    return runs[
        (runs["started_at"] >= pd.Timestamp(released) - timedelta(days=1))
        & (runs["status"] != "stale")
    ]
