"""The anomaly check: an arrival day with an anomaly does not reach silver until its file is
delivered again or a person waives the anomaly.

The check belongs to the silver table and not to ingest, so that bronze keeps what was delivered as
evidence. No later run can bring such a day into silver unseen, because silver reads every arrival
day that it was not built from yet, and each of them is judged. The check reads `ops_metrics` alone.
"""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from lakehouse.contract.checks import ERROR, WARN
from lakehouse.contract.layers import bronze_of
from lakehouse.contract.table import TABLES
from lakehouse.quality import metrics
from lakehouse.quality.anomalies import KINDS, LIMITS, WEEKS, Anomaly, anomalies_of, judged_days
from lakehouse.quality.waivers import Waiver, waived
from lakehouse.store.context import Context
from lakehouse.store.records import Outcome, outcome
from settings.model import Tenant


def outcomes(context: Context, table: str, days: list[date] | None) -> list[Outcome]:
    """One outcome per kind of metric over the arrival days (None: every day of the bronze table),
    and one that says how many days could be judged.

    A run over several days warns and does not stop, unless `anomalies.backfill` is `error`: two of
    the clean days of a year have an anomaly (docs/quality.md), and each backfill of a year would
    stop at them. Only daily sources are judged, since the others have no weekdays to be compared
    with. A failed outcome names source, day, column, observed value and expected range, and says
    how to waive it.
    """
    source, tenant = TABLES[table].source, context.settings.tenant
    if tenant.sources[source].delivery != "daily":
        return []
    anomalies = anomalies_in(context.lake, tenant, table, days)
    if len(context.run.days) > 1 and context.settings.anomalies.backfill == "warn":
        anomalies = [replace(anomaly, level=WARN) for anomaly in anomalies]
    waivers = waived(context.lake, table, anomalies)
    return [
        _outcome(
            tenant.name,
            source,
            kind,
            [anomaly for anomaly in anomalies if LIMITS[anomaly.metric].kind == kind],
            waivers,
        )
        for kind in KINDS
    ] + [_judged(context.lake, table, days)]


def anomalies_in(lake: Path, tenant: Tenant, table: str, days: list[date] | None) -> list[Anomaly]:
    """The anomalies of the arrival days of a bronze table (None: of all days that were measured),
    whether they are waived or not.
    """
    rows = metrics.read(lake, table, min(days) - timedelta(weeks=WEEKS) if days else None)
    return anomalies_of(
        rows, sorted(set(rows["arrived_on"])) if days is None else days, tenant.closed_days
    )


def _outcome(
    tenant: str, source: str, kind: str, values: list[Anomaly], waivers: dict[Anomaly, Waiver]
) -> Outcome:
    """The outcome of one kind of metric. It fails when a value is not waived, with the gravest
    level of such values; its observed number counts them.
    """
    left = sorted(
        (anomaly for anomaly in values if anomaly not in waivers),
        key=lambda anomaly: (anomaly.level != ERROR, anomaly.day, anomaly.check),
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


def _message(tenant: str, source: str, kind: str, left: list[Anomaly]) -> str:
    if not left:
        return ""
    text = "; ".join(_sentence(source, anomaly) for anomaly in left)
    days = sorted({str(anomaly.day) for anomaly in left if anomaly.level == ERROR})
    how = f"headwater quality waive {source} {' '.join(days)} --tenant {tenant} --why REASON"
    act = (
        f". Look at the rows in {bronze_of(source)}. Wrong: deliver the file again and run its day"
        f" again. Right: {how}, and run again"
    )
    return f"{kind} is not as usual: {text}" + (act if days else "")


def _sentence(source: str, anomaly: Anomaly) -> str:
    warned = "" if anomaly.level == ERROR else " (warning)"
    return (
        f"{source} {anomaly.day}: {anomaly.check} is {anomaly.observed:.6g}, expected"
        f" {anomaly.low:.6g} to {anomaly.high:.6g}{warned}"
    )


def _judged(lake: Path, table: str, days: list[date] | None) -> Outcome:
    """The outcome that counts the days that could be judged; it always passes.

    A day with too few earlier days of its weekday is not judged.
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
