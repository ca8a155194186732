"""Spark's event logs of runs that are profiled: where they lie, how a session writes one, and when
they are deleted.

A log holds plans, and so values of people: only its owner can read it, and it is deleted after 30
days. Spark itself leaves out what it takes for a credential (`spark.redaction.regex`).
"""

import shutil
import time
from pathlib import Path

from lakehouse.base.spark import end_session
from settings.model import Settings
from settings.places import absolute

# Chosen: long enough to compare a slow day with that of a month ago.
KEPT_DAYS = 30
SECONDS_PER_DAY = 86_400


def folder_of(settings: Settings, run_id: str) -> Path:
    """The folder of a run's event log."""
    return _of_tenant(settings) / run_id


def with_event_log(settings: Settings, run_id: str) -> Settings:
    """The settings by which the session of a run writes its event log, into a folder that only its
    owner can read.
    """
    folder = folder_of(settings, run_id)
    folder.mkdir(parents=True, mode=0o700)
    conf = settings.spark.conf | {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": folder.absolute().as_uri(),
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
    }
    spark = settings.spark.model_copy(update={"conf": conf})
    return settings.model_copy(update={"spark": spark})


def ended(folder: Path) -> list[Path]:
    """End the session, so that its log is whole; returns the logs in the folder, which only their
    owner can read.
    """
    end_session()
    logs = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    for path in logs:
        path.chmod(0o600)
    return logs


def delete_old(settings: Settings, *, now: float | None = None) -> int:
    """Delete the logs of the tenant that are older than 30 days; returns of how many runs."""
    oldest = (time.time() if now is None else now) - KEPT_DAYS * SECONDS_PER_DAY
    place = _of_tenant(settings)
    old = [path for path in place.glob("*") if path.stat().st_mtime < oldest]
    for path in old:
        shutil.rmtree(path)
    return len(old)


def _of_tenant(settings: Settings) -> Path:
    return absolute(settings.paths.profiles) / settings.tenant.name
