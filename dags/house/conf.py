"""The values DAGs are built from: conf/airflow.yml and, of each file in conf/tenants/, zone and
dates.
"""

import os
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from house.yaml_files import mapping_of, value_of

ROOT = Path(__file__).resolve().parents[2]
OVERRIDE = "HEADWATER_AIRFLOW__"
# before any data of ours; Airflow wants a start date, and refuses runs before it
DEFAULT_FIRST_DAY = date(2015, 1, 1)


class Strict(BaseModel):
    """Settings whose unknown keys are an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Pool(Strict):
    """One Airflow pool per tenant; `{tenant}` in the name is filled in."""

    name: str
    slots: int = Field(ge=1)


class Size(Strict):
    """What an application asks of Spark, as SparkSubmitOperator names it; driver memory by default
    that of every run.
    """

    driver_memory: str | None = None
    executor_memory: str | None = None
    executor_cores: int | None = None
    num_executors: int | None = None
    conf: dict[str, str] = {}


class Email(Strict):
    """Where failures are mailed from and to."""

    host: str
    port: int = 25
    sender: str
    recipients: list[str] = Field(min_length=1)
    starttls: bool = False


class Notify(Strict):
    """The channels that hear of a failed task; a relative log path starts at HEADWATER_HOME or the
    repository.
    """

    log: Path
    webhook_url: str | None = None
    email: Email | None = None

    @field_validator("log")
    @classmethod
    def _from_root(cls, value: Path) -> Path:
        return Path(os.environ.get("HEADWATER_HOME") or ROOT) / value


class Conf(Strict):
    """conf/airflow.yml, with owner and driver memory of conf/base.yml; `server` belongs to
    headwater/local, which checks it.
    """

    owner: str
    driver_memory: str
    retries: int = Field(ge=1)
    retry_delay_seconds: int = Field(ge=1)
    timeout_minutes: int = Field(ge=1)
    connection: str
    pool: Pool
    applications: dict[str, list[list[str]]]
    sizes: dict[str, Size]
    notify: Notify
    server: dict[str, Any]

    @model_validator(mode="after")
    def _every_dag_has_a_size(self) -> "Conf":
        unsized = set(self.applications) ^ set(self.sizes)
        if unsized:
            raise ValueError(
                "`applications` and `sizes` must name the same DAGs; only one of them names"
                f" {', '.join(sorted(unsized))}"
            )
        if len(self.applications.get("backfill", [])) != 1:
            raise ValueError(
                "`applications.backfill` must be one application: its stages are a parameter of"
                " the run"
            )
        return self


class Tenant(BaseModel):
    """One shop, as much of it as a schedule needs; the jobs check the rest of its file."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    zone: str
    first_day: date = DEFAULT_FIRST_DAY
    active_until: date | None = None

    @property
    def start_date(self) -> datetime:
        """Midnight of the first day in the tenant's zone."""
        return self._midnight(self.first_day)

    @property
    def end_date(self) -> datetime | None:
        """The last second in which a scheduled interval may begin: `active_until` is exclusive,
        Airflow's end date is not.
        """
        return (
            self._midnight(self.active_until) - timedelta(seconds=1) if self.active_until else None
        )

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), tzinfo=ZoneInfo(self.zone))


@cache
def conf() -> Conf:
    """The settings of conf/airflow.yml with the environment's overrides."""
    folder = conf_folder()
    environment = (
        folder / "environments" / f"{os.environ.get('HEADWATER_ENVIRONMENT', 'laptop')}.yml"
    )
    base, above = mapping_of(folder / "base.yml"), mapping_of(environment)
    memory = (
        os.environ.get("HEADWATER_SPARK__DRIVER_MEMORY")
        or {**base["spark"], **above.get("spark", {})}["driver_memory"]
    )
    values = {
        "owner": above.get("owner", base["owner"]),
        "driver_memory": memory,
        **mapping_of(folder / "airflow.yml"),
    }
    for name, text in os.environ.items():
        if name.startswith(OVERRIDE):
            _override(values, name.removeprefix(OVERRIDE).lower().split("__"), value_of(text, name))
    return Conf.model_validate(values)


@cache
def tenants() -> tuple[Tenant, ...]:
    """One per file in conf/tenants/, by name."""
    files = sorted((conf_folder() / "tenants").glob("*.yml"))
    return tuple(Tenant(**{**mapping_of(path), "name": path.stem}) for path in files)


def conf_folder() -> Path:
    """HEADWATER_CONF, or conf/ of the repository."""
    return Path(os.environ.get("HEADWATER_CONF") or ROOT / "conf")


def _override(values: dict[str, Any], keys: list[str], value: Any) -> None:
    for key in keys[:-1]:
        inner = values.get(key)
        values[key] = dict(inner) if isinstance(inner, dict) else {}
        values = values[key]
    values[keys[-1]] = value
