"""Refused rows: look at them, run them again after a fix, or put them aside for good with a
reason.
"""

import re

import pandas as pd

from headwater.docs.dictionary import refusing_tables
from jobs.stages.pipeline import declare_tables, run
from lakehouse.base.run import Run, spans_of
from lakehouse.contract.layers import BRONZE, SILVER
from lakehouse.contract.table import TABLES
from lakehouse.intake.landing import landing_of
from lakehouse.store import ops
from lakehouse.store.context import lake_of
from lakehouse.store.lake_format import admit_writer
from lakehouse.store.table_reading import read_frame
from settings.model import Settings
from settings.nearest import did_you_mean

# what differs from row to row in a sentence
VALUES = re.compile(r"'.*'|\d[\d.,:/-]*|(?<=columns: ).*", re.DOTALL)


def refused_rows(settings: Settings, table: str | None = None) -> pd.DataFrame:
    """One row per refused row that nobody has put aside: its table, file, line, days, reasons and
    text as delivered.

    Raises:
        ValueError: the table keeps no quarantine; names the nearest match.
    """
    declare_tables()
    lake, tables = lake_of(settings), refusing_tables()
    if table is not None and table not in tables:
        raise ValueError(
            f"{table} refuses no rows."
            + did_you_mean(table, tables)
            + f" There are: {', '.join(tables)}"
        )
    frames = [read_frame(lake / f"{name}_quarantine") for name in ([table] if table else tables)]
    rows = pd.concat(frames, ignore_index=True)
    aside = read_frame(lake / "ops_dropped")
    if aside.empty or rows.empty:
        return rows
    replayed = set(
        zip(aside["table_name"], aside["source_file"], aside["source_line"], strict=True)
    )
    keys = zip(rows["quarantined_for"], rows["source_file"], rows["source_line"], strict=True)
    return rows[[key not in replayed for key in keys]].reset_index(drop=True)


def summary(settings: Settings) -> pd.DataFrame:
    """One row per table and kind of reason: how many rows, of which arrival days, and one of
    them.
    """
    rows = refused_rows(settings)
    if rows.empty:
        return pd.DataFrame(
            columns=["table_name", "reason", "rows", "first_day", "last_day", "example"]
        )
    each = rows.explode("reasons").assign(
        reason=lambda frame: [VALUES.sub("…", str(text)) for text in frame["reasons"]]
    )
    each["example"] = each["source_file"] + ":" + each["source_line"].astype(str)
    grouped = each.groupby(["quarantined_for", "reason"], sort=True)
    days = {"first_day": ("arrived_on", "min"), "last_day": ("arrived_on", "max")}
    reasons = grouped.agg(rows=("example", "size"), **days, example=("example", "first"))
    return reasons.reset_index().rename(columns={"quarantined_for": "table_name"})


def replay(settings: Settings, table: str) -> tuple[int, int, list[str]]:
    """Run the arrival days of the table's refused rows again, whatever was mended: file, mapping,
    rule, or a rate that was lacking.

    Returns how many rows were refused before and are refused now, and what was run. Where a day's
    files have left the landing zone, its rows are taken from bronze. Running a day again replaces
    what it gave before: a row arrives where it belongs once, however often.
    """
    rows = refused_rows(settings, table)
    source = TABLES[table].reads_source
    messages = []
    for start, end in spans_of(rows["arrived_on"] if len(rows) else []):
        here = rows[(rows["arrived_on"] >= start) & (rows["arrived_on"] < end)]
        there = all((landing_of(settings) / name).exists() for name in set(here["source_file"]))
        stages = [BRONZE.stage, SILVER.stage] if there else [SILVER.stage]
        run(settings, Run(settings.tenant.name, start, end), stages)
        messages.append(
            f"{' '.join(stages)} of {source} from {start} to {end}"
            + ("" if there else " (its files are no longer in landing)")
        )
    return len(rows), len(refused_rows(settings, table)), messages


def drop(settings: Settings, table: str, file: str, line: int | None, why: str, who: str) -> int:
    """Put refused rows of a file (or one line of it) aside for good; their text stays in bronze,
    and `ops_dropped` says who and why.

    Raises:
        ValueError: no refused row is of that file and line.
    """
    admit_writer(lake_of(settings))
    rows = refused_rows(settings, table)
    chosen = (
        rows[
            (rows["source_file"] == file)
            & (rows["source_line"] == line if line is not None else True)
        ]
        if len(rows)
        else rows
    )
    if chosen.empty:
        raise ValueError(
            f"no refused row of {table} is of {file}"
            + (f", line {line}" if line is not None else "")
        )
    ops.set_aside(lake_of(settings), table, file, [int(n) for n in chosen["source_line"]], why, who)
    return len(chosen)
