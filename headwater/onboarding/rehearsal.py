"""The rehearsal: the first rows of a delivery through the functions of the pipeline, up to where it
would write, and nothing is written.
"""

import csv
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from headwater.onboarding.sample import ROWS
from jobs.stages.declaring import declared_sources, reader_of
from jobs.stages.pipeline import declare_tables
from lakehouse.base.caching import cached, caching
from lakehouse.base.spark import session
from lakehouse.build.binding import for_tenant
from lakehouse.build.delivered_tables import judged
from lakehouse.contract.columns import types_of
from lakehouse.contract.conforming import conformed
from lakehouse.contract.errors import ContractError
from lakehouse.contract.layers import bronze_of
from lakehouse.contract.mapping import event_date, mapped, refuse_senseless
from lakehouse.contract.table import TABLES
from lakehouse.intake.compression import opened
from lakehouse.intake.files import delivered_rows
from lakehouse.intake.landing import Delivery, DeliveryError, deliveries, folder_of
from lakehouse.intake.type_drift import refuse_type_drift
from lakehouse.quality import deequ, verdicts
from lakehouse.store.ops import Counts
from settings.model import Settings
from settings.sources import Source

SHOWN = 10


@dataclass(frozen=True)
class Refusal:
    """Rows that would be quarantined for one reason: how many, and the first of them."""

    rows: int
    sentence: str
    file: str
    line: int


@dataclass
class Rehearsal:
    """What would become of a source's delivery."""

    source: str
    day: date | None = None
    states: dict[str, int] = field(default_factory=dict)
    first: pd.DataFrame = field(default_factory=pd.DataFrame)
    refusals: list[Refusal] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    is_cut: bool = False


def rehearse(settings: Settings) -> list[Rehearsal]:
    """Every source of the tenant, its newest delivery each; what is wrong with one does not hide
    the others.
    """
    declare_tables()
    spark = session(settings)
    return [_rehearsed(spark, settings, name) for name in settings.tenant.sources]


def _rehearsed(spark: SparkSession, settings: Settings, name: str) -> Rehearsal:
    rehearsal = Rehearsal(name, newest_day(settings, name))
    if rehearsal.day is None:
        rehearsal.wrong.append(
            f"{name}: nothing in {folder_of(settings, name)}. Put a file into a folder there named"
            " after its arrival day"
        )
        return rehearsal
    if bronze_of(name) not in TABLES:
        rehearsal.wrong.append(
            f"{name}: no table takes a source of this name; there are"
            f" {', '.join(declared_sources())}"
        )
        return rehearsal
    try:
        with caching(), tempfile.TemporaryDirectory() as folder:
            _look(spark, settings, rehearsal, Path(folder))
    except (DeliveryError, ContractError) as error:
        rehearsal.wrong.append(str(error))
    except PySparkException as error:
        rehearsal.wrong.append(
            f"the mapping of {name} cannot be computed: {str(error).splitlines()[0]}. Mend the"
            " tenant's file"
        )
    return rehearsal


def newest_day(settings: Settings, name: str) -> date | None:
    """The newest arrival day of the source in the landing zone."""
    days = [
        path.name
        for path in folder_of(settings, name).glob("????-??-??")
        if path.is_dir() and any(path.iterdir())
    ]
    return date.fromisoformat(max(days)) if days else None


def _look(spark: SparkSession, settings: Settings, rehearsal: Rehearsal, folder: Path) -> None:
    name, source = rehearsal.source, settings.tenant.sources[rehearsal.source]
    marked = cached(_marked(spark, settings, rehearsal, folder))
    table = for_tenant(reader_of(name), settings.tenant)
    rehearsal.states = {
        row["state"]: row["count"] for row in marked.groupBy("state").count().collect()
    }
    kept = conformed(marked.where("state = 'kept'").select(*table.columns), table)
    shown = conformed(
        marked.where("state = 'kept'")
        .orderBy("source_file", "source_line")
        .limit(SHOWN)
        .select(*table.columns),
        table,
    )
    rows = shown.select(*(F.col(c).cast("string") for c in shown.columns)).toPandas()
    rehearsal.first = rows.loc[:, [c for c in rows if rows[c].notna().any()]]
    rehearsal.refusals = _refusals(marked)
    # what joins other tables is for a run to tell
    checks = [check for check in table.every_check if not check.table]
    outcomes, written = deequ.measure(cached(kept), checks, {})
    counts = Counts(sum(rehearsal.states.values()), **rehearsal.states)
    outcomes += verdicts.conservation(table, counts, {}, written)
    rehearsal.wrong += verdicts.refused(outcomes)
    if not counts.kept:
        rehearsal.wrong.append(f"{name}: no row is kept")
    if source.event_date and counts.duplicate + counts.superseded:
        key = ", ".join(table.key)
        days_text = (
            f"{counts.superseded} rows give way to a later one with their {key}, {counts.duplicate}"
            " repeat one to the letter"
        )
        rehearsal.warnings.append(
            f"{days_text}. If they are lines of their own, count them: repeats_within"
        )


def _marked(
    spark: SparkSession, settings: Settings, rehearsal: Rehearsal, folder: Path
) -> DataFrame:
    """The delivery's first rows as silver would judge them."""
    name, source = rehearsal.source, settings.tenant.sources[rehearsal.source]
    table = for_tenant(reader_of(name), settings.tenant)
    assert rehearsal.day is not None
    whole = deliveries(settings, name, [rehearsal.day])
    heads = [_head(delivery, source, folder) for delivery in whole]
    rehearsal.is_cut = any(
        head.path != delivery.path for head, delivery in zip(heads, whole, strict=True)
    )
    rows, _ = delivered_rows(spark, source, heads, folder / "unpacked")
    refuse_senseless(rows, source, name)
    own = bronze_of(name)
    bronze = TABLES[own].function(rows).withColumn("event_date", event_date(source))
    refuse_type_drift(cached(bronze), source, table)
    others = {n: _other(spark, settings, n, folder) for n in table.reads if n != own}
    return judged(table.function(**{own: mapped(bronze, source, table)}, **others), table)


def _other(spark: SparkSession, settings: Settings, name: str, folder: Path) -> Any:
    """What the table's function reads beside its delivery: settings, or a reference from its own
    newest delivery.
    """
    if name not in TABLES:
        return settings
    table = TABLES[name]
    source = table.reads_source
    day = newest_day(settings, source) if source in settings.tenant.sources else None
    if day is None:
        return spark.createDataFrame(
            [], ", ".join(f"{name} {kind}" for name, kind in types_of(table.columns).items())
        )
    return (
        _marked(spark, settings, Rehearsal(source, day), folder / source)
        .where("state = 'kept'")
        .select(*table.columns)
    )


def _head(delivery: Delivery, source: Source, folder: Path) -> Delivery:
    """The first rows of a file that has many, as it is written; a Parquet file and a document stay
    whole.
    """
    if source.format in ("json", "parquet"):
        return delivery
    encoding = source.csv.encoding if source.format == "csv" else "utf-8"
    target = folder / delivery.sha256[:12] / re.sub(r"\.(gz|bz2|zst)$", "", delivery.path.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        opened(delivery.path, encoding) as file,
        target.open("w", encoding=encoding, newline="") as head,
    ):
        head.writelines(islice(file, ROWS) if source.format != "csv" else _records(file, source))
        is_whole = not next(file, "")
    return delivery if is_whole else replace(delivery, path=target)


def _records(file: Iterator[str], source: Source) -> Iterator[str]:
    """The lines of the first records: a record whose quotes hold line breaks is not cut."""
    lines: list[str] = []

    def noted() -> Iterator[str]:
        """The lines of the file, each kept until its record is complete."""
        for line in file:
            lines.append(line)
            yield line

    for _ in islice(
        csv.reader(noted(), delimiter=source.csv.delimiter, quotechar=source.csv.quote), ROWS
    ):
        yield from lines
        lines.clear()


def _refusals(marked: DataFrame) -> list[Refusal]:
    """One per reason, a row counting for its first; sentences that differ in the values they quote
    are the same reason.
    """
    messages = marked.where("state = 'quarantined'").select(
        F.get("refused", F.lit(0)).alias("sentence"), "source_file", "source_line"
    )
    reason = F.regexp_replace(
        F.regexp_replace("sentence", "(declared columns): .*", "$1"), r"'[^']*'|-?\d[\d.,:-]*", "*"
    )
    place = F.struct("source_file", "source_line", "sentence")
    groups = messages.groupBy(reason.alias("reason")).agg(
        F.count(F.lit(1)).alias("rows"), F.min(place).alias("first")
    )
    reasons = groups.orderBy(F.desc("rows"), "reason").limit(20).collect()
    return [
        Refusal(
            r["rows"], r["first"]["sentence"], r["first"]["source_file"], r["first"]["source_line"]
        )
        for r in reasons
    ]
