"""Who may import whom: lakehouse <- features, models <- jobs; dags and set-up stand apart."""

import sys
from pathlib import Path

import pytest

from tests.repository.tree import ROOMS, imports, python_files

OURS = {*ROOMS, "bench", "tests"}
MAY_IMPORT = {
    "lakehouse": {"lakehouse"},
    "features": {"features", "lakehouse"},
    "models": {"models", "lakehouse"},  # not features: a model learns from the columns of a frame, whoever made them
    "jobs": {"jobs", "models", "features", "lakehouse", "setup"},
    "dags": set(),  # Airflow's environment has none of the rooms; its own package is `house`
}
STANDARD = sys.stdlib_module_names


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_rooms_to_its_left(room: str) -> None:
    wrong = [
        f"{path}:{line} imports {name}"
        for path in python_files(room)
        for line, name in imports(path)
        if name.split(".")[0] in OURS - MAY_IMPORT[room]
    ]
    assert python_files(room)
    assert wrong == []


def test_set_up_needs_nothing_that_it_installs() -> None:
    """It runs before there is an environment: the standard library, its own files, and two files of lakehouse that have no more."""
    shared = [Path("lakehouse/__init__.py"), Path("lakehouse/java.py"), Path("lakehouse/class_archive.py")]
    wrong = [
        f"{path}:{line} imports {name}"
        for path in [*python_files("setup"), *shared]
        for line, name in imports(path)
        if name.split(".")[0] not in {*STANDARD, "setup"} and not f"{name}.".startswith(("lakehouse.java.", "lakehouse.class_archive."))
    ]
    assert wrong == []
