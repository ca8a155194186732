"""Settings as a new shell reads them: a Spark session of another test's sets variables of its
own.
"""

from __future__ import annotations

import os

import pytest

from settings.places import PREFIX


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
