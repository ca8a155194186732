"""The wheel holds what the command reads: settings, the dictionary of columns, page templates, the
list of jars.
"""

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from shutil import copy, copytree, ignore_patterns

import pytest

from settings.places import ROOT

BUILD = "import os, sys; os.chdir(sys.argv[1]); from setuptools import build_meta; build_meta.build_wheel(sys.argv[2])"
# What `headwater` reads of its package: settings of every tenant, the dictionary, the jars, a page.
READS = """\
from jobs.report.page import templates
from lakehouse.contract.columns import dictionary
from lakehouse.base.java import jar_paths
from settings.airflow import airflow_home
from settings.model import load_settings
from settings.places import ROOT, absolute, tenant_names
print(ROOT)
print(absolute(load_settings("complete_journey").paths.lake))
print(airflow_home())
print(len(dictionary()) > 100, tenant_names(), len(jar_paths()))
print([templates().get_template(name).name for name in ("page.html.j2", "quality.html.j2")])
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the tree: setuptools leaves its own folders beside what it builds."""
    tree, made = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("wheel")
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        copy(ROOT / name, tree / name)
    for name in ("settings", "lakehouse", "features", "models", "jobs", "headwater", "conf"):
        copytree(ROOT / name, tree / name, symlinks=True, ignore=ignore_patterns("__pycache__"))
    subprocess.run(
        [sys.executable, "-c", BUILD, tree, made], check=True, capture_output=True, timeout=300
    )
    return next(made.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's files, as an installer puts them there."""
    place = tmp_path_factory.mktemp("site-packages")
    zipfile.ZipFile(wheel).extractall(place)
    return place


def headwater(
    installed: Path, work: Path, *words: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Python in the folder `work`, which finds our packages in `installed` alone and all others
    where they are.
    """
    bare = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HEADWATER_", "PYTHON"))
    }
    return subprocess.run(
        [sys.executable, *words],
        cwd=work,
        env={**bare, "PYTHONPATH": str(installed), **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_every_file_of_conf_but_the_locks_is_in_the_wheel(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    files = [path.relative_to(ROOT) for path in (ROOT / "conf").rglob("*") if path.is_file()]
    wanted = {f"settings/{path}" for path in files if path.parts[1] != "locks"}
    others = [
        path
        for room in ("settings", "lakehouse", "features", "models", "jobs", "headwater")
        for path in (ROOT / room).rglob("*")
    ]
    wanted |= {
        str(path.relative_to(ROOT))
        for path in others
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted - held == set()


def test_the_command_works_from_another_folder(installed: Path, tmp_path: Path) -> None:
    done = headwater(installed, tmp_path, "-m", "headwater", "--help")
    assert done.returncode == 0, done.stderr
    assert "evaluate" in done.stdout
    done = headwater(installed, tmp_path, "-c", READS, HEADWATER_JARS=str(ROOT / ".cache/jars"))
    assert done.returncode == 0, done.stderr
    package, lake, airflow, conf, pages = done.stdout.splitlines()
    assert package == str(installed / "settings")
    assert (lake, airflow) == (str(tmp_path / "data/lake"), str(tmp_path / "data/airflow")), (
        "data do not go into the package"
    )
    assert conf == "True ['complete_journey', 'ta_feng'] 4"
    assert pages == "['page.html.j2', 'quality.html.j2']"


def test_nothing_is_written_into_the_package(installed: Path, tmp_path: Path) -> None:
    """A new tenant would be lost with the next installation; the pages of docs/ are none of it."""
    (tmp_path / "orders.csv").write_text("order,customer\n1,2\n")
    done = headwater(
        installed,
        tmp_path,
        "-m",
        "headwater",
        "tenant",
        "new",
        "my_shop",
        "--orders",
        "orders.csv",
        "--yes",
    )
    assert (
        done.returncode,
        "copy it to a folder of yours and name that in HEADWATER_CONF" in done.stderr,
    ) == (2, True), done.stderr
    done = headwater(installed, tmp_path, "-m", "headwater", "docs")
    assert (done.returncode, "this is an installed package" in done.stderr) == (2, True), (
        done.stderr
    )


def test_jars_that_are_not_there_are_told_with_the_place_for_them(
    installed: Path, tmp_path: Path
) -> None:
    done = headwater(
        installed, tmp_path, "-c", "from lakehouse.base.java import jar_paths; jar_paths()"
    )
    assert (
        f"HEADWATER_JARS which folder has those that {installed / 'settings/conf/jars/jars.txt'} names"
        in done.stderr
    )
