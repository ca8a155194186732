"""Settings: typed models over `conf/`, overridable by environment variables, strict about names."""

import os
import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError

from lakehouse.base.java import JARS_AT, ROOT
from lakehouse.nearest import did_you_mean
from lakehouse.sources import Source
from lakehouse.strict import Strict
from lakehouse.yaml_files import YamlError, mapping_of, value_of

REPOSITORY = ROOT
# else an installed package, which holds conf/ and takes no data
IS_CHECKOUT = (REPOSITORY / "setup.cfg").is_file()
PREFIX = "HEADWATER_"
# read elsewhere; HEADWATER_TENANT__KEY is a setting
OUTSIDE = {"ENVIRONMENT", "CONF", "HOME", "TENANT", JARS_AT.removeprefix(PREFIX)}
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")
# overrides of conf/airflow.yml, which dags/ and headwater/local read
OF_AIRFLOW = PREFIX + "AIRFLOW__"


class SettingsError(ValueError):
    """A setting is unknown, missing or of the wrong type; the message names file, key and nearest
    match.
    """


def no_url(value: Any) -> Any:
    """What names a folder of this machine.

    Raises:
        ValueError: it is a URL, which would become a folder of that name.
    """
    if URL.match(str(value)):
        raise ValueError(
            f"{value} is a URL, and tables and files are kept in folders only: name a path, such as"
            " one of a mounted storage"
        )
    return value


Folder = Annotated[Path, BeforeValidator(no_url)]


class Paths(Strict):
    """Where things live, relative to HEADWATER_HOME or the repository unless absolute."""

    landing: Folder
    lake: Folder
    work: Folder
    report: Folder
    models: Folder


class SparkSettings(Strict):
    """Size of one Spark application."""

    master: str
    driver_memory: str = Field(pattern=r"^\d+[mg]$")
    shuffle_partitions: int = Field(ge=1)
    tables_at_once: int = Field(ge=1)
    conf: dict[str, str] = Field(default_factory=dict)


class Training(Strict):
    """How many windows a training learns from, and the days between the as-of dates of two of them;
    a label is of 28 days in any case.
    """

    windows: int = Field(ge=2)
    window_days: int = Field(ge=1)


class Snapshots(Strict):
    """How many days after the newest delivery a snapshot may lie at most."""

    days_ahead: int = Field(ge=1)


class Lineage(Strict):
    """Where OpenLineage events go: a file per run under `path`, and the server at `url` if there is
    one; its key is no setting.
    """

    path: Folder
    url: str | None = Field(default=None, pattern=r"^https?://")


class Catalog(Strict):
    """Where tables are known by name besides their paths: nowhere, or in a catalog that speaks
    Hive's protocol, at `uri`.

    Without a `uri` Spark makes a catalog of its own in the folder `path`, which one process at a
    time can open.
    """

    kind: Literal["none", "hive"]
    uri: str | None = Field(default=None, pattern=r"^thrift://")
    path: Folder


class LeaseSettings(Strict):
    """How long a run waits for another of its tenant, and when a silent one elsewhere counts as
    dead, in seconds.
    """

    wait_seconds: float = Field(ge=0)
    stale_seconds: float = Field(gt=0)


class Gate(Strict):
    """What the gate before silver does with unusual days in a run over more than one day; a daily
    run always stops.
    """

    backfill: Literal["warn", "error"]


class Tenant(Strict):
    """One shop: its zone, currency, sources and what never to recommend."""

    name: str
    zone: str
    currency: str
    first_day: date
    active_until: date | None = None
    source_note: str = ""
    excluded_departments: list[str] = Field(default_factory=list)
    # "12-25" each year, "2017-11-23" once: a header alone is normal
    closed_days: list[str] = Field(default_factory=list)
    sources: dict[str, Source]


class Settings(Strict):
    """Everything a run needs to know that is not data."""

    owner: str
    seed: int
    threads: int = Field(ge=1)
    paths: Paths
    mlflow_uri: str
    spark: SparkSettings
    training: Training
    snapshots: Snapshots
    gate: Gate
    lineage: Lineage
    catalog: Catalog
    lease: LeaseSettings
    tenant: Tenant


def load_settings(tenant: str, conf: Path | None = None) -> Settings:
    """Read base, environment and tenant files, then environment variables.

    Raises:
        SettingsError: a file, key or value is wrong; every difference is listed with its file.
    """
    conf = conf or conf_folder()
    environment = os.environ.get(PREFIX + "ENVIRONMENT", "laptop")
    files = {
        "base": conf / "base.yml",
        "environment": conf / "environments" / f"{environment}.yml",
        "tenant": conf / "tenants" / f"{tenant}.yml",
    }
    values = _merged(_read(files["base"]), _read(files["environment"]))
    values["tenant"] = {"name": tenant, **_read(files["tenant"])}
    values = _merged(values, _overrides(os.environ))
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(item, files) for item in error.errors())) from None


def conf_folder() -> Path:
    """HEADWATER_CONF, or conf/ of the checkout or of the installed package."""
    return Path(os.environ.get(PREFIX + "CONF") or REPOSITORY / "conf")


def tenant_names() -> list[str]:
    """The file names in conf/tenants/, sorted."""
    return sorted(path.stem for path in (conf_folder() / "tenants").glob("*.yml"))


def own_conf_folder() -> Path:
    """The same, to write into.

    Raises:
        SettingsError: it is the installed package's, which the next installation replaces.
    """
    if not IS_CHECKOUT and not os.environ.get(PREFIX + "CONF"):
        raise SettingsError(
            f"{conf_folder()} belongs to the installed package: copy it to a folder of yours and"
            f" name that in {PREFIX}CONF"
        )
    return conf_folder()


def home() -> Path:
    """Where relative paths begin: HEADWATER_HOME, else the checkout, and for an installed package
    the current folder.

    Raises:
        SettingsError: HEADWATER_HOME is a URL.
    """
    named = os.environ.get(PREFIX + "HOME")
    if named and URL.match(named):
        raise SettingsError(
            f"{PREFIX}HOME: {named} is a URL, and tables and files are kept in folders only: name a"
            " path"
        )
    return Path(named) if named else REPOSITORY if IS_CHECKOUT else Path.cwd()


def absolute(path: Path) -> Path:
    """The path itself when absolute, else under `home`."""
    return path if path.is_absolute() else home() / path


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise SettingsError(
            f"{path} does not exist."
            + did_you_mean(path.stem, [p.stem for p in path.parent.glob("*.yml")])
        )
    try:
        return mapping_of(path)
    except YamlError as error:
        raise SettingsError(str(error)) from None


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        merged[key] = (
            _merged(merged[key], value)
            if isinstance(value, dict) and isinstance(merged.get(key), dict)
            else value
        )
    return merged


def _overrides(environment: "os._Environ[str]") -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, text in environment.items():
        if (
            not name.startswith(PREFIX)
            or name.removeprefix(PREFIX) in OUTSIDE
            or name.startswith(OF_AIRFLOW)
        ):
            continue
        *path, last = name.removeprefix(PREFIX).lower().split("__")
        place = values
        for key in path:
            place = place.setdefault(key, {})
        try:
            place[last] = value_of(text, name)
        except YamlError as error:
            raise SettingsError(str(error)) from None
    return values


def _sentence(item: Any, files: dict[str, Path]) -> str:
    path = [str(part) for part in item["loc"]]
    file = files["tenant"] if path and path[0] == "tenant" else files["base"]
    key = ".".join(path[1:] if path and path[0] == "tenant" else path)
    meant = did_you_mean(path[-1], _known(path[:-1])) if item["type"] == "extra_forbidden" else ""
    return f"{file}: {key}: {item['msg']}" + (f".{meant}" if meant else "")


def _known(path: list[str]) -> list[str]:
    model: Any = Settings
    for part in path:
        field = getattr(model, "model_fields", {}).get(part)
        if field is None:
            return list(Source.model_fields)
        model = field.annotation
    return list(getattr(model, "model_fields", {}))
