"""Each page of docs/recipes/ is carried out as it is written, all of them in one copy of the
checkout: its files, its diffs, then its commands.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from settings.places import ROOT
from tests.repository.tree import files

PAGES = sorted(path.stem for path in (ROOT / "docs/recipes").glob("*.md") if path.stem != "README")
FILE = re.compile(r"^Write `([^`]+)`:\n\n```\w+\n(.*?)^```", re.M | re.S)
DIFF = re.compile(r"^```diff\n(.*?)^```", re.M | re.S)
COMMANDS = re.compile(r"^```sh\n(.*?)^```", re.M | re.S)
PYTEST = ".venv/bin/python -m pytest "


def page(name: str) -> str:
    return (ROOT / f"docs/recipes/{name}.md").read_text(encoding="utf-8")


def apply(root: Path, diff: str) -> None:
    """Change the files of a diff; the lines that a hunk leaves or removes stand once in its file."""
    for part in re.split(r"^--- a/", diff, flags=re.M)[1:]:
        path = root / part.partition("\n")[0]
        for hunk in re.split(r"^@@.*\n", part, flags=re.M)[1:]:
            lines = [line or " " for line in hunk.splitlines()]
            before, after = (
                "".join(line[1:] + "\n" for line in lines if line[0] in kinds)
                for kinds in (" -", " +")
            )
            text = path.read_text(encoding="utf-8")
            assert text.count(before) == 1, f"{path.name} has not exactly once:\n{before}"
            path.write_text(text.replace(before, after), encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout with what all pages add; its environments and jars are those of this one."""
    root = tmp_path_factory.mktemp("recipes")
    for path in files():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, root / path, follow_symlinks=False)
    for name in (".venv", ".cache"):
        (root / name).symlink_to(ROOT / name)
    (root / "settings/conf").symlink_to("../conf")
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)  # its tests list its files
    for name in PAGES:
        for path, text in FILE.findall(page(name)):
            (root / path).write_text(text, encoding="utf-8")
        for diff in DIFF.findall(page(name)):
            apply(root, diff)
    return root


def carried_out(root: Path, command: str) -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HEAD")}
    done = subprocess.run(
        ["bash", "-ec", command],
        cwd=root,
        env=environment | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def commands_of(name: str) -> str:
    """The commands of a page without its tests and `make docs`, which are for all pages at once."""
    lines = "".join(COMMANDS.findall(page(name))).splitlines()
    return "\n".join(line for line in lines if not line.startswith((PYTEST, "make docs")))


def test_what_they_write_is_formatted_as_ours(copy: Path) -> None:
    printed = carried_out(copy, ".venv/bin/ruff check . && .venv/bin/ruff format --check .")
    assert "All checks passed!" in printed


@pytest.mark.own_jvm("the code is that of a copy")
def test_their_tests_pass(copy: Path) -> None:
    tests = {
        word
        for name in PAGES
        for line in "".join(COMMANDS.findall(page(name))).splitlines()
        if line.startswith(PYTEST)
        for word in line.removeprefix(PYTEST).split()
    }
    assert len(tests) > len(PAGES) / 2, "most pages name a test"
    carried_out(copy, f"{PYTEST} -q -p no:cacheprovider {' '.join(sorted(tests))}")


@pytest.mark.own_jvm("the code is that of a copy")
def test_their_pages_are_written_anew(copy: Path) -> None:
    carried_out(copy, ".venv/bin/python -m headwater docs")
    tables = (copy / "docs/tables.md").read_text(encoding="utf-8")
    for added in ("### gold_segment_sizes", "### silver_stock", "`largest_day_amount`"):
        assert added in tables


@pytest.mark.own_jvm("the code is that of a copy")
@pytest.mark.parametrize("name", [name for name in PAGES if commands_of(name)])
def test_its_commands_run(name: str, copy: Path) -> None:
    shown = {"source": "--stock", "tenant": "conf/tenants/village_shop.yml"}
    commands = commands_of(name).replace(".venv/bin/headwater", ".venv/bin/python -m headwater")
    assert shown[name] in carried_out(copy, commands)
