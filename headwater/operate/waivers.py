"""A person's word on unusual arrivals: which there are, and that some of them are right."""

from datetime import date
from typing import Any

from jobs.stages.pipeline import declare_tables
from lakehouse.contract.checks import ERROR
from lakehouse.contract.layers import bronze_of
from lakehouse.contract.table import TABLES
from lakehouse.quality import anomaly_check
from lakehouse.quality.waivers import Waiver, waive, waived
from lakehouse.store.context import lake_of
from lakehouse.store.lake_format import admit_writer, refuse_other_format
from settings.model import Settings
from settings.nearest import did_you_mean


def anomaly_rows(settings: Settings, source: str) -> list[dict[str, Any]]:
    """One row per unusual value of any measured day of the source, with who waived it and why.

    Raises:
        ValueError: the tenant has no such source.
    """
    table, lake = _measured_table(settings, source), lake_of(settings)
    refuse_other_format(lake)
    anomalies = anomaly_check.anomalies_in(lake, settings.tenant, table, None)
    waivers_by_anomaly = waived(lake, table, anomalies)
    rows = [
        {"day": anomaly.day, "check": anomaly.check, "level": anomaly.level, **_range(anomaly)}
        for anomaly in anomalies
    ]
    people = [
        vars(waivers_by_anomaly[anomaly])
        if anomaly in waivers_by_anomaly
        else {"waived_by": "", "reason": ""}
        for anomaly in anomalies
    ]
    return [row | who for row, who in zip(rows, people, strict=True)]


def waive_days(
    settings: Settings, source: str, days: list[date], check: str | None, who: str, why: str
) -> int:
    """Waive what stops these days of the source, or only the check of that name; returns how many
    values.

    Raises:
        ValueError: there is no such source, no reason is given, or nothing of a day is unusual.
    """
    table, lake = _measured_table(settings, source), lake_of(settings)
    if not why.strip():
        raise ValueError("--why is empty: say why the values are right")
    admit_writer(lake)
    anomalies = [
        anomaly
        for anomaly in anomaly_check.anomalies_in(lake, settings.tenant, table, days)
        if anomaly.level == ERROR and check in {None, anomaly.check}
    ]
    if missing := [str(day) for day in days if day not in {anomaly.day for anomaly in anomalies}]:
        of = f" in {check}" if check else ""
        how = f"headwater quality anomalies {source} --tenant {settings.tenant.name}"
        raise ValueError(
            f"nothing unusual{of} of {source} on {', '.join(missing)}; `{how}` lists what is"
        )
    waive(lake, settings.tenant.name, table, anomalies, Waiver(who, why))
    return len(anomalies)


def _range(anomaly: Any) -> dict[str, float]:
    return {name: float(f"{getattr(anomaly, name):.6g}") for name in ("observed", "low", "high")}


def _measured_table(settings: Settings, source: str) -> str:
    declare_tables()
    sources = [name for name in settings.tenant.sources if bronze_of(name) in TABLES]
    if source not in sources:
        raise ValueError(
            f"{settings.tenant.name} has no source {source}." + did_you_mean(source, sources)
        )
    return bronze_of(source)
