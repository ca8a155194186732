"""The settings that DAGs are built from, read once per process of Airflow."""

from functools import cache

from settings.airflow import Airflow
from settings.model import SharedSettings, load_shared
from settings.schedules import Schedule, load_schedules


@cache
def shared() -> SharedSettings:
    """Return what all tenants share, such as the owner of tasks and the driver's memory."""
    return load_shared()


def airflow() -> Airflow:
    """Return the settings of conf/airflow.yml."""
    return shared().airflow


@cache
def tenants() -> tuple[Schedule, ...]:
    """Return the schedules of all tenants, by name."""
    return load_schedules()
