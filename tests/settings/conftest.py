"""Settings as a new shell reads them: a Spark session of another test's sets variables of its
own.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from settings.places import PREFIX, ROOT


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the files of conf/, to be changed."""
    folder = shutil.copytree(
        ROOT / "conf", tmp_path / "conf", ignore=shutil.ignore_patterns("locks", "jars")
    )
    monkeypatch.setenv("HEADWATER_CONF", str(folder))
    return folder
