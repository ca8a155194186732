"""What the runtime reads of conf/: `pool` and `server` of airflow.yml (dags/ checks the rest of
it).
"""

import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lakehouse.settings import conf_folder, home
from lakehouse.yaml_files import YamlError, mapping_of, value_of

OVERRIDE = "HEADWATER_AIRFLOW__"


class AirflowSettingsError(ValueError):
    """conf/airflow.yml is missing or wrong; the message names file and key."""


class Pool(BaseModel):
    """One Airflow pool per tenant; `{tenant}` in the name is filled in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    slots: int = Field(ge=1)


class Server(BaseModel):
    """Where Airflow listens on 127.0.0.1, how much it does at once and how long it is waited
    for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    port: int = Field(ge=0, le=65535)
    parallelism: int = Field(ge=1)
    start_seconds: int = Field(ge=1)
    stop_seconds: int = Field(ge=1)
    run_minutes: int = Field(ge=1)


class AirflowSettings(BaseModel):
    """The runtime's part of conf/airflow.yml."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    pool: Pool
    server: Server


def airflow_settings() -> AirflowSettings:
    """Reads conf/airflow.yml and the HEADWATER_AIRFLOW__ overrides.

    Raises:
        AirflowSettingsError: a key is missing, unknown, said twice or of the wrong type.
    """
    path = conf_folder() / "airflow.yml"
    try:
        values = mapping_of(path)
        for name, text in os.environ.items():
            if name.startswith(OVERRIDE):
                _override(
                    values, name.removeprefix(OVERRIDE).lower().split("__"), value_of(text, name)
                )
        return AirflowSettings.model_validate(values)
    except YamlError as error:  # names its place itself
        raise AirflowSettingsError(str(error)) from error
    except (OSError, ValidationError) as error:
        raise AirflowSettingsError(f"{path}: {error}") from error


def airflow_home() -> Path:
    """data/airflow, under HEADWATER_HOME or the repository: Airflow's database, logs and keys."""
    return (home() / "data/airflow").resolve()


def _override(values: dict[str, Any], keys: list[str], value: Any) -> None:
    for key in keys[:-1]:
        inner = values.get(key)
        values[key] = dict(inner) if isinstance(inner, dict) else {}
        values = values[key]
    values[keys[-1]] = value
