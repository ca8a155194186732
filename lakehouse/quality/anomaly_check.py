"""The gate between bronze and silver: arrivals that are not as usual stop before silver, until they
are delivered again or waived.

It stands at the silver table, not at ingest: bronze keeps what was delivered as evidence, and no
later run can carry an unusual day into silver unseen, because silver takes in every day of bronze
that it was not built from yet, and each of them is judged. It reads `ops_metrics` alone.
"""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from lakehouse.contract.checks import ERROR, WARN
from lakehouse.contract.layers import bronze_of
from lakehouse.contract.table import TABLES
from lakehouse.quality import metrics
from lakehouse.quality.anomalies import KINDS, LIMITS, WEEKS, Unusual, judged_days, unusual
from lakehouse.quality.waivers import Waiver, waived
from lakehouse.store.context import Context
from lakehouse.store.records import Outcome, outcome
from settings.model import Tenant


def outcomes(context: Context, table: str, days: list[date] | None) -> list[Outcome]:
    """One outcome per kind of metric over all arrival days (None: every day of the bronze table),
    and how many days could be judged.

    A run over several days warns and does not stop, unless `gate.backfill` says `error`: of a
    year's clean days two are unusual (docs/quality.md), so that every backfill of a year would stop
    for them. Only daily sources are judged: the others have no weekdays to be compared with. A
    failed outcome names source, day, column, observed value, expected range, and how to waive it.
    """
    source, tenant = TABLES[table].source, context.settings.tenant
    if tenant.sources[source].delivery != "daily":
        return []
    found = found_in(context.lake, tenant, table, days)
    if len(context.run.days) > 1 and context.settings.gate.backfill == "warn":
        found = [replace(one, level=WARN) for one in found]
    known = waived(context.lake, table, found)
    return [
        _outcome(
            tenant.name,
            source,
            kind,
            [one for one in found if LIMITS[one.metric].kind == kind],
            known,
        )
        for kind in KINDS
    ] + [_judged(context.lake, table, days)]


def found_in(lake: Path, tenant: Tenant, table: str, days: list[date] | None) -> list[Unusual]:
    """What is unusual about the arrival days of a bronze table (None: all that were measured),
    waived or not.
    """
    rows = metrics.read(lake, table, min(days) - timedelta(weeks=WEEKS) if days else None)
    return unusual(
        rows, sorted(set(rows["arrived_on"])) if days is None else days, tenant.closed_days
    )


def _outcome(
    tenant: str, source: str, kind: str, values: list[Unusual], known: dict[Unusual, Waiver]
) -> Outcome:
    """Failed with the gravest level of the values that nobody waived; the observed number counts
    them.
    """
    left = sorted(
        (one for one in values if one not in known),
        key=lambda one: (one.level != ERROR, one.day, one.check),
    )
    level = ERROR if not left or left[0].level == ERROR else WARN
    return outcome(
        f"usual_{kind}",
        level,
        not left,
        float(len(left)),
        "= 0 unusual values",
        _message(tenant, source, kind, left),
    )


def _message(tenant: str, source: str, kind: str, left: list[Unusual]) -> str:
    if not left:
        return ""
    said = "; ".join(_said(source, one) for one in left)
    days = sorted({str(one.day) for one in left if one.level == ERROR})
    how = f"headwater quality waive {source} {' '.join(days)} --tenant {tenant} --why REASON"
    act = (
        f". Look at the rows in {bronze_of(source)}. Wrong: deliver the file again and run its day"
        f" again. Right: {how}, and run again"
    )
    return f"{kind} is not as usual: {said}" + (act if days else "")


def _said(source: str, one: Unusual) -> str:
    warned = "" if one.level == ERROR else " (warning)"
    return (
        f"{source} {one.day}: {one.check} is {one.observed:.6g}, expected {one.low:.6g} to"
        f" {one.high:.6g}{warned}"
    )


def _judged(lake: Path, table: str, days: list[date] | None) -> Outcome:
    """Cold start, said in a number: days with too few earlier ones of their weekday pass
    unjudged.
    """
    rows = metrics.read(lake, table, min(days) - timedelta(weeks=WEEKS) if days else None)
    judged = judged_days(rows, sorted(set(rows["arrived_on"])) if days is None else days)
    return outcome(
        "days_judged",
        WARN,
        True,
        float(len(judged)),
        "days with 4 earlier ones of their weekday in 8 weeks; others pass",
        "",
    )
