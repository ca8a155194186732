"""Answers what is in the lake: tables with contract and state, rows, lineage and runs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from rich.console import Console

from jobs.stages.pipeline import declare_tables
from lakehouse.base.graph import reached
from lakehouse.contract.columns import ColumnEntry, classes_of, column
from lakehouse.contract.old_names import present_column, present_table
from lakehouse.contract.table import TABLES, Table
from lakehouse.store import delta, ops, release
from lakehouse.store.context import lake_of
from lakehouse.store.table_reading import read_frame
from settings.model import Settings
from settings.nearest import did_you_mean
from settings.places import absolute


def table_entries(settings: Settings) -> list[dict[str, Any]]:
    """One entry per declared table: contract, path, version, rows and columns with type, unit,
    meaning and privacy class.
    """
    declare_tables()
    lake = lake_of(settings)
    entries = []
    for name, table in sorted(TABLES.items()):
        version = delta.version_of(lake / name)
        entries.append(
            {
                "name": name,
                "layer": table.layer,
                "description": table.description,
                "path": str(lake / name),
                "version": version,
                "rows": delta.row_count(lake / name) if version >= 0 else 0,
                "key": " ".join(table.key),
                "slice_by": table.slice_by,
                "owner": table.owner or settings.owner,
                "reads": list(table.inputs),
                "columns": _columns(settings, table),
            }
        )
    return entries


def _columns(settings: Settings, table: Table) -> list[dict[str, str]]:
    """Each column with the class that it has in this table; before them the delivered ones of a
    table of deliveries.
    """
    source = table.delivered_by(settings.tenant)
    classes = classes_of(table, source)
    delivered = (
        [
            ColumnEntry(name, "string", "", classes[name], "As delivered.")
            for name in source.all_columns
        ]
        if source
        else []
    )
    entries = [
        *delivered,
        *(replace(column(name), privacy=classes[name]) for name in table.columns),
    ]
    return [
        {aspect: value for aspect, value in vars(entry).items() if aspect != "synonyms"}
        for entry in entries
    ]


def place_of(settings: Settings, table: str) -> tuple[Path, int]:
    """Path and released version of a table; the newest version for one that is not released.

    Raises:
        ValueError: there is no such table; names the nearest match.
    """
    declare_tables()
    lake = lake_of(settings)
    there = [path.name for path in delta.tables(lake)]
    table = present_table(table, there)
    if table not in there:
        raise ValueError(
            f"{settings.tenant.name} has no table {table}."
            + did_you_mean(table, there or list(TABLES))
        )
    now = release.current(lake)
    released = now.tables.get(table) if now else None
    return lake / table, delta.version_of(lake / table) if released is None else released


def rows_of(
    settings: Settings,
    table: str,
    customer: str | None,
    as_of: date | None,
    limit: int,
    columns: Sequence[str] = (),
) -> pd.DataFrame:
    """The first rows of a table by its key, of one customer or date and in some columns if asked;
    only the files that hold them are read.

    Raises:
        ValueError: the table does not exist, has no such column, or has no customers or dates to
            choose by.
    """
    place, version = place_of(settings, table)
    table, rows = place.name, delta.dataset(place, version)
    wanted = {
        name: value
        for name, value in (("customer_id", customer), ("as_of", as_of))
        if value is not None
    }
    if absent := [name for name in wanted if name not in rows.schema.names]:
        raise ValueError(
            f"{table} has no column {', '.join(absent)} to choose by; it has"
            f" {', '.join(rows.schema.names)}"
        )
    chosen = ", ".join(f'"{name}"' for name in _chosen(rows.schema.names, columns)) or "*"
    where = " AND ".join(f"{name} = ?" for name in wanted) or "true"
    key = [
        f'"{k}"' for k in (TABLES[table].key if table in TABLES else ()) if k in rows.schema.names
    ]
    order = f"ORDER BY {', '.join(key)}" if key else ""
    with duckdb.connect() as database:
        database.register("rows", rows)
        query = f"SELECT {chosen} FROM rows WHERE {where} {order} LIMIT {int(limit)}"  # noqa: S608
        return database.execute(query, list(wanted.values())).df()


def _chosen(there: list[str], columns: Sequence[str]) -> list[str]:
    chosen = [present_column(name, there) for name in columns]
    for name in chosen:
        if name not in there:
            raise ValueError(f"no column {name}." + did_you_mean(name, there))
    return chosen


def age_of(settings: Settings, table: str) -> str:
    """How old the rows are that readers of a table get, in words, and whether days before them have
    changed since.
    """
    lake, table = lake_of(settings), place_of(settings, table)[0].name
    now = release.current(lake)
    if now is None or table not in now.tables:
        return f"{table} version {delta.version_of(lake / table)}, not part of a release"
    age = (
        f"{table} of release {now.release_id}, as of {now.as_of}, released"
        f" {_ago(ops.now() - now.created_at)} ago"
    )
    since = [
        stale.since
        for stale in ops.stale_snapshots(lake)
        if (stale.table_name, stale.as_of) == (table, now.as_of)
    ]
    return age + (
        f"; stale: days before {now.as_of} have changed since {since[0]:%Y-%m-%d %H:%M} UTC"
        if since
        else ""
    )


def _ago(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    return (
        f"{hours * 60:.0f} minutes"
        if hours < 2
        else f"{hours:.0f} hours"
        if hours < 48
        else f"{hours / 24:.0f} days"
    )


def newest_runs(settings: Settings, limit: int, *, stale: bool = False) -> pd.DataFrame:
    """The newest rows of `ops_runs`; or the snapshots that wait to be built again."""
    if stale:
        return pd.DataFrame(
            [vars(stale) for stale in ops.stale_snapshots(lake_of(settings))],
            columns=["table_name", "as_of", "run_id", "since"],
        ).head(limit)
    place, version = place_of(settings, "ops_runs")
    wanted = [
        "run_id",
        "stage",
        "table_name",
        "status",
        "seconds",
        "rows_kept",
        "rows_quarantined",
        "started_at",
        "error",
    ]
    runs = read_frame(place, version, columns=wanted)
    return runs.sort_values("started_at", ascending=False).head(limit)


def upstream(table: str) -> list[str]:
    """Every table that the table is built from, directly or not."""
    declare_tables()
    if table not in TABLES:
        raise ValueError(f"no table {table}." + did_you_mean(table, TABLES))
    return sorted(reached(table, lambda name: TABLES[name].inputs))


def downstream(table: str) -> list[str]:
    """Every table that is built from the table, directly or not."""
    declare_tables()
    return sorted(name for name in TABLES if table in upstream(name))


def summary(settings: Settings, console: Console) -> None:
    """What the run made, on one screen: segments, riskiest customers, checks, and where the page
    is.
    """
    lake = lake_of(settings)
    now = release.current(lake)
    if now is None:
        return
    segments = rows_of(settings, "gold_segment_summary", None, now.as_of, 50)
    scores = rows_of(settings, "gold_customer_scores", None, now.as_of, 10**9)
    checks = ops.newest_checks(lake)
    console.print(
        f"\n[bold]{settings.tenant.name}[/] as of {now.as_of}, release {now.release_id}."
        f" {settings.tenant.source_note}"
    )
    console.print(
        segments[["rfm_segment", "customer_count", "amount_share", "churn_probability_mean"]]
        .round(3)
        .to_string(index=False)
    )
    risky = scores.sort_values(["churn_probability", "customer_id"], ascending=[False, True]).head(
        3
    )
    console.print(
        risky[["customer_id", "churn_probability", "reason_1", "reason_2"]].to_string(index=False)
    )
    console.print(
        f"checks: {(checks['status'] == 'passed').sum()} passed,"
        f" {(checks['status'] == 'failed').sum()} failed"
    )
    console.print(f"page: {absolute(settings.paths.report) / settings.tenant.name / 'index.html'}")
