"""What can be set, but for Airflow: conf/base.yml, an environment's file and a tenant's."""

import os
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from settings.airflow import Airflow
from settings.places import ENVIRONMENT_AT, conf_folder
from settings.reading import CONFIG, YamlFile, load, refuse_unknown_variables
from settings.sources import Source
from settings.strict import Folder, Strict


class Paths(Strict):
    """Where things live, relative to HEADWATER_HOME or the repository unless absolute."""

    landing: Folder
    lake: Folder
    work: Folder
    report: Folder
    models: Folder
    profiles: Folder


class SparkSettings(Strict):
    """Size of one Spark application."""

    master: str
    driver_memory: str = Field(pattern=r"^\d+[mg]$")
    shuffle_partitions: int = Field(ge=1)
    tables_at_once: int = Field(ge=1)
    few_rows: int = Field(ge=0)
    conf: dict[str, str] = Field(default_factory=dict)


# The days of the shortest label of a published kind, which features/labels.py declares.
LABEL_DAYS = 28


class Training(Strict):
    """How many windows a training learns from, and the days between the as-of dates of two of them.

    A label is of 28 days in any case. A step that is shorter divides them: of another, the newest
    label that a model may learn would end some days before the day that is judged.
    """

    windows: int = Field(ge=2)
    window_days: int = Field(ge=1)

    @field_validator("window_days")
    @classmethod
    def divides_a_label(cls, days: int) -> int:
        """Refuse a step by which the windows of churn move away from the end of their labels."""
        if days < LABEL_DAYS and LABEL_DAYS % days:
            steps = [step for step in range(1, LABEL_DAYS) if LABEL_DAYS % step == 0]
            raise ValueError(
                f"{days} days do not divide the {LABEL_DAYS} days of a label, so models would learn"
                f" from windows that end {-LABEL_DAYS % days} days too early: choose"
                f" {', '.join(map(str, steps))}, or {LABEL_DAYS} and more"
            )
        return days


class Snapshots(Strict):
    """How many days after the newest delivery a snapshot may lie at most."""

    days_ahead: int = Field(ge=1)


class Lineage(Strict):
    """Where OpenLineage events go: a file per run under `path`, and the server at `url`, if any.

    The key of the server is no setting.
    """

    path: Folder
    url: str | None = Field(default=None, pattern=r"^https?://")


class Catalog(Strict):
    """Where tables are known by name besides their paths: nowhere, or in a catalog of Hive's kind.

    It is at `uri`; without one Spark makes a catalog of its own in the folder `path`, which one
    process at a time can open.
    """

    kind: Literal["none", "hive"]
    uri: str | None = Field(default=None, pattern=r"^thrift://")
    path: Folder


class LeaseSettings(Strict):
    """How long a run waits for another of its tenant, and how long a silent one counts as alive."""

    wait_seconds: float = Field(ge=0)
    stale_seconds: float = Field(gt=0)


class AnomalySettings(Strict):
    """What the anomaly check before silver does in a run of several days: it warns, or it stops the
    run with an error.

    A run of one day always stops at an anomaly.
    """

    backfill: Literal["warn", "error"]


class Calendar(Strict):
    """The days of one shop: its zone, its first day, and the day after its last one."""

    name: str
    zone: str
    first_day: date
    active_until: date | None = None


class Tenant(Calendar):
    """One shop: its days, currency, sources and what never to recommend."""

    currency: str
    source_note: str = ""
    excluded_departments: list[str] = Field(default_factory=list)
    # "12-25" is each year, "2017-11-23" once; a file with a header alone is normal on such a day.
    closed_days: list[str] = Field(default_factory=list)
    sources: dict[str, Source]


class Common(BaseSettings):
    """What all tenants and Airflow share."""

    model_config = CONFIG

    owner: str
    seed: int
    threads: int = Field(ge=1)
    paths: Paths
    mlflow_uri: str
    spark: SparkSettings
    training: Training
    snapshots: Snapshots
    anomalies: AnomalySettings
    lineage: Lineage
    catalog: Catalog
    lease: LeaseSettings


class SharedSettings(Common):
    """What DAGs and the server of Airflow need to know."""

    airflow: Airflow


class Settings(Common):
    """Everything a run needs to know that is not data; a run needs no Airflow."""

    airflow: Airflow | None = None
    tenant: Tenant


def load_settings(tenant: str, conf: Path | None = None) -> Settings:
    """Read the settings of a tenant, from the folder `conf` or the one that `conf_folder` names.

    Raises:
        SettingsError: a file, variable, key or value is wrong; lists each with its place.
    """
    conf = conf or conf_folder()
    refuse_unknown_variables(Settings)
    files = [YamlFile(Settings, tenant_file(tenant, conf), "tenant"), *shared_files(Settings, conf)]
    return load(Settings, files, tenant)


def load_shared() -> SharedSettings:
    """Read what all tenants share.

    Raises:
        SettingsError: as of `load_settings`.
    """
    refuse_unknown_variables(Settings)
    return load(SharedSettings, shared_files(SharedSettings, conf_folder()))


def tenant_file(tenant: str, conf: Path) -> Path:
    """Return where a tenant is described."""
    return conf / "tenants" / f"{tenant}.yml"


def shared_files(model: type[Common], conf: Path) -> list[YamlFile]:
    """Read the files that no tenant owns, what overrides before what is overridden."""
    environment = os.environ.get(ENVIRONMENT_AT, "laptop")
    airflow = conf / "airflow.yml"
    needed = model is SharedSettings or airflow.exists()
    return [
        YamlFile(model, conf / "environments" / f"{environment}.yml"),
        *([YamlFile(model, airflow, "airflow")] if needed else []),
        YamlFile(model, conf / "base.yml"),
    ]
