"""Which tenants Airflow schedules, and from when to when."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import ConfigDict
from pydantic_settings import BaseSettings

from settings.model import Calendar, Settings, tenant_file
from settings.places import conf_folder, tenant_names
from settings.reading import CONFIG, YamlFile, load, refuse_unknown_variables


class Schedule(Calendar):
    """As much of a tenant as a schedule needs.

    A mistake in the rest of a tenant's file stops its runs, and no DAG of another tenant.
    """

    model_config = ConfigDict(extra="ignore")

    @property
    def start_date(self) -> datetime:
        """Midnight of the first day in the tenant's zone."""
        return self._midnight(self.first_day)

    @property
    def end_date(self) -> datetime | None:
        """The last second in which a scheduled interval may begin.

        `active_until` is exclusive, Airflow's end date is not.
        """
        return (
            self._midnight(self.active_until) - timedelta(seconds=1) if self.active_until else None
        )

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), tzinfo=ZoneInfo(self.zone))


class Scheduled(BaseSettings):
    """The part of a tenant's settings that is read here."""

    model_config = CONFIG

    tenant: Schedule


def load_schedules() -> tuple[Schedule, ...]:
    """Read the schedules of all tenants, by name.

    Raises:
        SettingsError: a file is not YAML, or one of these keys is missing or wrong.
    """
    refuse_unknown_variables(Settings)
    return tuple(_schedule(tenant) for tenant in tenant_names())


def _schedule(tenant: str) -> Schedule:
    file = YamlFile(Scheduled, tenant_file(tenant, conf_folder()), "tenant")
    return load(Scheduled, [file], tenant).tenant
