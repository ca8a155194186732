"""Who may import whom: the rooms of the repository, and the floors inside each room; dags read
settings alone, and set-up stands apart.
"""

import sys
from pathlib import Path

import pytest

from tests.repository.tree import ROOMS, imports, python_files

OURS = {*ROOMS, "bench", "tests"}
MAY_IMPORT = {
    "settings": {"settings"},
    "lakehouse": {"lakehouse", "settings"},
    "features": {"features", "lakehouse", "settings"},
    # not features: a model learns from the columns of a frame, whoever made them
    "models": {"models", "lakehouse", "settings"},
    "jobs": {"jobs", "models", "features", "lakehouse", "settings"},
    "headwater": {"headwater", "jobs", "models", "features", "lakehouse", "settings", "setup"},
    # the one room that Airflow's environment can import; their own package is `house`
    "dags": {"settings"},
}
# Inside a room, a package imports only packages on floors below its own; packages of one line do
# not know each other.
FLOORS = {
    "lakehouse": ["base", "contract", "store", "quality", "intake", "lineage fetch", "build"],
    "models": ["learning", "kind", "judging", "kinds", "registry", "store"],
    "jobs": ["silver", "features", "models gold", "report", "stages", "main"],
    "headwater": ["local", "docs demo", "operate onboarding", "cli", "__main__"],
}
STANDARD = sys.stdlib_module_names


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_rooms_before_it(room: str) -> None:
    wrong = [
        f"{path}:{line} imports {name}"
        for path in python_files(room)
        for line, name in imports(path)
        if name.split(".")[0] in OURS - MAY_IMPORT[room]
    ]
    assert python_files(room)
    assert wrong == []


@pytest.mark.parametrize("room", FLOORS)
def test_a_package_imports_only_packages_below_it(room: str) -> None:
    level = {
        f"{room}.{name}": number
        for number, line in enumerate(FLOORS[room])
        for name in line.split()
    }
    placed = [
        (path, ".".join(path.with_suffix("").parts[:2]))
        for path in python_files(room)
        if path.parts[1] != "__init__.py"
    ]
    assert {package for _, package in placed} == {*level}, "every package has its floor"
    wrong = [
        f"{path}:{line} imports {name}"
        for path, package in placed
        for line, name in imports(path)
        if (other := ".".join(name.split(".")[:2])) in level
        and other != package
        and level[other] >= level[package]
    ]
    assert wrong == []


def test_set_up_needs_nothing_that_it_installs() -> None:
    """It runs before there is an environment: the standard library, its own files, and a few of
    other rooms that need no more.
    """
    modules = (
        "settings.errors",
        "settings.places",
        "lakehouse.base.java",
        "lakehouse.base.class_archive",
    )
    packages = [Path(f"{room}/__init__.py") for room in ("settings", "lakehouse", "lakehouse/base")]
    shared = [Path(f"{module.replace('.', '/')}.py") for module in modules]
    wrong = [
        f"{path}:{line} imports {name}"
        for path in [*python_files("setup"), *packages, *shared]
        for line, name in imports(path)
        if name.split(".")[0] not in {*STANDARD, "setup"}
        and not f"{name}.".startswith(tuple(f"{module}." for module in modules))
    ]
    assert wrong == []


def test_settings_need_nothing_but_what_reads_them() -> None:
    """Both environments have these packages, which Airflow requires too."""
    packages = {*STANDARD, "settings", "pydantic", "pydantic_core", "pydantic_settings", "yaml"}
    wrong = [
        f"{path}:{line} imports {name}"
        for path in python_files("settings")
        for line, name in imports(path)
        if name.split(".")[0] not in packages
    ]
    assert wrong == []
