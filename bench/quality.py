"""`make bench-quality`: plants faults into the real year and counts how many of them the anomaly
check stops, and how many clean days it stops.

The code under test is the runner's own: `lakehouse.quality.metrics.of_frame` measures the rows and
`lakehouse.quality.anomalies.anomalies_of` judges the numbers. Only the pipeline around them is left
out: a faulty day is made from the delivered rows and measured in one pass together with all others,
instead of being delivered and run 250 times. A fault counts as stopped when its day has an unusual
value of level ERROR.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

import pandas as pd
import typer
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from bench.demo import refuse_foreign_places, temporary_home
from headwater.demo.shops import land
from jobs import DEMO
from lakehouse.base.run import Run
from lakehouse.base.spark import session
from lakehouse.contract.checks import ERROR
from lakehouse.contract.expressions import parsed_mapping
from lakehouse.intake.files import delivered_rows
from lakehouse.intake.landing import deliveries, work_of
from lakehouse.quality import metrics
from lakehouse.quality.anomalies import WEEKS, Anomaly, anomalies_of, judged_days
from settings.model import Settings, load_settings
from settings.sources import Source

SEED = 20170305
# the goal is set for orders; redemptions bring five rows a day and are reported beside them
FAULTS = {"orders": 200, "redemptions": 50}
# the days before and from then on are reported apart, since a rate over a year can hide a bad
# season
UNTIL = date(2017, 9, 1)
RESCALED = 100
LARGE_PART = (0.3, 1.0)  # of the rows, when not all of them are nulled or rescaled
HALF, CUSTOMERS, TAIL, ALL = (
    "drop half of the rows",
    "drop half of the customers",
    "drop the file's second half",
    "drop all but the header",
)
TWICE, NEW_IDS = "duplicate every row", "duplicate with new order ids"


@dataclass(frozen=True)
class Fault:
    """One planted fault: what is done to which column ('' for whole rows) of which arrival day, in
    which share of its rows.
    """

    number: int
    kind: str
    column: str
    day: date
    share: float


@dataclass(frozen=True)
class Result:
    """What the anomaly check found in one source: which faults it stopped, which clean days it
    judged, and which of those it stopped.
    """

    source: str
    faults: dict[Fault, list[Anomaly]]
    clean: list[date]
    false: list[Anomaly]


def main(
    tenant: Annotated[
        str, typer.Option(help="Whose year: a shop that `headwater land` can play.")
    ] = DEMO,
    faults: Annotated[
        int | None, typer.Option(min=1, help="Faults per source, instead of 200 and 50.")
    ] = None,
) -> None:
    """Land the year in a temporary home, plant the faults and print which of them are stopped."""
    with temporary_home(keep=False):
        settings = load_settings(tenant)
        refuse_foreign_places(settings)
        land(settings)
        for source, count in FAULTS.items():
            if source in settings.tenant.sources:
                print(as_text(measured(settings, source, faults or count)))


def measured(settings: Settings, name: str, count: int) -> Result:
    """Judge every clean day of the year and every planted fault of one source."""
    tenant = settings.tenant
    source, first, end = (
        tenant.sources[name],
        tenant.first_day,
        tenant.active_until or tenant.first_day,
    )
    run = Run(tenant.name, first, end)
    rows = delivered_rows(
        session(settings), source, deliveries(settings, name, run.days), work_of(settings, name)
    )[0].persist()
    clean = _with_empty_days(
        pd.DataFrame(metrics.of_frame(rows, source), columns=COLUMNS), run.days
    )
    days = judged_days(clean, run.days)
    delivered = set(clean[clean["value"] > 0]["arrived_on"])
    faults = planted(source, [day for day in days if day in delivered], count, random.Random(SEED))  # noqa: S311
    measured_faults = pd.DataFrame(
        metrics.of_frame(faulty(rows, source, faults), source, by="fault"),
        columns=["fault", *COLUMNS[1:]],
    )
    rows.unpersist()
    stopped = {
        fault: _stops(
            clean,
            measured_faults[measured_faults["fault"] == fault.number],
            fault.day,
            tenant.closed_days,
        )
        for fault in faults
    }
    false = [a for a in anomalies_of(clean, days, tenant.closed_days) if a.level == ERROR]
    return Result(name, stopped, days, false)


COLUMNS = ["arrived_on", "column_name", "metric", "value"]


def _with_empty_days(of_days: pd.DataFrame, days: list[date]) -> pd.DataFrame:
    """With `size` 0 for the days without rows, as `lakehouse.quality.metrics.keep` writes it."""
    empty = [
        (day, metrics.WHOLE_ROW, "size", 0.0)
        for day in sorted(set(days) - set(of_days["arrived_on"]))
    ]
    return (
        pd.concat([of_days, pd.DataFrame(empty, columns=COLUMNS)], ignore_index=True)
        if empty
        else of_days
    )


def _stops(
    clean: pd.DataFrame, faulty_day: pd.DataFrame, day: date, closed: list[str]
) -> list[Anomaly]:
    """What stops the faulty day after the clean weeks before it."""
    before = clean[
        (clean["arrived_on"] < day) & (clean["arrived_on"] >= day - timedelta(weeks=WEEKS))
    ]
    history = (
        pd.concat([before, faulty_day.assign(arrived_on=day)[COLUMNS]], ignore_index=True)
        if len(faulty_day)
        else before
    )
    return [
        anomaly
        for anomaly in anomalies_of(_with_empty_days(history, [day]), [day], closed)
        if anomaly.level == ERROR
    ]


def planted(source: Source, days: list[date], count: int, dice: random.Random) -> list[Fault]:
    """So many faults: nulled columns, rescaled numbers (where there are any) and whole rows by
    turns, each column and kind in turn.
    """
    whole = [TWICE, HALF, CUSTOMERS, TAIL, ALL, *([NEW_IDS] if _named(source, "order_id") else [])]
    rescaled = [
        ("rescale x 100", name) for name in source.columns if metrics.is_number(name, source)
    ]
    groups = [
        [("null", name) for name in source.columns],
        *([rescaled] if rescaled else []),
        [(kind, "") for kind in whole],
    ]
    faults = []
    for number in range(count):
        group = groups[number % len(groups)]
        kind, column = group[number // len(groups) % len(group)]
        share = dice.choice([1.0, dice.uniform(*LARGE_PART)]) if column else 1.0
        faults.append(Fault(number, kind, column, dice.choice(days), share))
    return faults


def _named(source: Source, standard: str) -> str:
    """The delivered column that is mapped to a standard one as it is; '' when there is none."""
    expression = parsed_mapping(source).expressions.get(standard)
    return next((name for name in source.columns if expression and expression.is_column(name)), "")


def faulty(rows: DataFrame, source: Source, faults: list[Fault]) -> DataFrame:
    """The rows of each fault's day with the fault in them, and its number in `fault`; chance is a
    hash, the same each time.
    """
    table = [(fault.number, fault.kind, fault.column, fault.day, fault.share) for fault in faults]
    planted_rows = rows.sparkSession.createDataFrame(
        table, "fault int, kind string, hurt string, day date, share double"
    )
    both = rows.join(F.broadcast(planted_rows), rows["arrived_on"] == planted_rows["day"])
    middle = F.max("source_line").over(Window.partitionBy("fault")) / 2
    kept = (
        F.when(F.col("kind") == HALF, _chance("source_line") < 0.5)
        .when(F.col("kind") == CUSTOMERS, _chance(_named(source, "customer_id")) < 0.5)
        .when(F.col("kind") == TAIL, F.col("source_line") <= middle)
        .otherwise(F.col("kind") != ALL)
    )
    times = F.when(F.col("kind").isin(TWICE, NEW_IDS), 2).otherwise(1)
    left = (
        both.withColumn("kept", kept)
        .where("kept")
        .withColumn("copy", F.explode(F.sequence(F.lit(1), times)))
    )
    return left.select(
        "fault",
        "arrived_on",
        "source_file",
        "source_line",
        *(_hurt(name, source).alias(name) for name in source.columns),
    )


def _hurt(name: str, source: Source) -> Column:
    """The value of one column with the fault of its row."""
    is_hit = (F.col("hurt") == name) & (_chance("source_line") < F.col("share"))
    value = F.when((F.col("kind") == "null") & is_hit, F.lit(None)).otherwise(F.col(name))
    if metrics.is_number(name, source):
        larger = (F.expr(f"try_cast(`{name}` as decimal(18,4))") * RESCALED).cast("string")
        value = F.when((F.col("kind") == "rescale x 100") & is_hit, larger).otherwise(value)
    if name == _named(source, "order_id"):
        value = F.when(
            (F.col("kind") == NEW_IDS) & (F.col("copy") == 2), F.concat(F.col(name), F.lit("-2"))
        ).otherwise(value)
    return value


def _chance(column: str) -> Column:
    """A number in [0, 1) for each fault and value of the column."""
    return F.pmod(F.xxhash64(F.col("fault"), F.col(column)), F.lit(1_000_003)) / 1_000_003


def as_text(result: Result) -> str:
    """Stopped faults by kind and column, those that passed, and the false stops; both parts of the
    year apart.
    """
    rows = pd.DataFrame(
        [
            {
                "fault": f"{fault.kind} {fault.column}".strip(),
                "stopped": bool(anomalies),
                "by": _by(anomalies),
            }
            for fault, anomalies in result.faults.items()
        ]
    )
    lines = [
        f"{result.source}: {len(rows)} faults, seed {SEED}",
        f"  {'fault':<36}{'stopped':>9}  most often by",
    ]
    for kind, part in rows.groupby("fault", sort=True):
        often = part[part["stopped"]]["by"].mode()
        lines.append(
            f"  {kind!s:<36}{part['stopped'].sum():>5}/{len(part):<3} "
            f" {'' if often.empty else often.iloc[0]}"
        )
    for title, is_in in PARTS.items():
        lines += [_summary(result, title, is_in)] if any(map(is_in, result.clean)) else []
    lines += [
        f"  passed: {fault.kind} {fault.column}, {fault.day}, {fault.share:.0%} of the rows"
        for fault, anomalies in result.faults.items()
        if not anomalies
    ]
    lines += [
        f"  false stop: {stop.day} {stop.check} {stop.observed:.4g}, expected {stop.low:.4g} to"
        f" {stop.high:.4g}"
        for stop in result.false
    ]
    return "\n".join([*lines, ""])


PARTS: dict[str, Callable[[date], bool]] = {
    f"before {UNTIL}": lambda day: day < UNTIL,
    f"from {UNTIL} on": lambda day: day >= UNTIL,
    "all days": lambda _: True,
}


def _by(anomalies: list[Anomaly]) -> str:
    """The value that is furthest out, counted from the middle of its range."""
    return (
        max(
            anomalies,
            key=lambda anomaly: (
                abs(anomaly.observed - (anomaly.low + anomaly.high) / 2)
                / max(anomaly.high - anomaly.low, 1e-9)
            ),
        ).check
        if anomalies
        else ""
    )


def _summary(result: Result, title: str, is_in: Callable[[date], bool]) -> str:
    faults = [bool(anomalies) for fault, anomalies in result.faults.items() if is_in(fault.day)]
    clean, false = (
        [day for day in result.clean if is_in(day)],
        {fault.day for fault in result.false if is_in(fault.day)},
    )
    stopped = (
        f"{sum(faults)} of {len(faults)} faults stopped ({sum(faults) / max(len(faults), 1):.1%})"
    )
    return (
        f"  {title}: {stopped}, {len(false)} of {len(clean)} clean days stopped"
        f" ({len(false) / max(len(clean), 1):.1%})"
    )


if __name__ == "__main__":
    typer.run(main)
