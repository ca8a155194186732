"""The archive of Spark's classes: made once, made anew for another Java, and never in the way."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lakehouse.base import class_archive
from lakehouse.base.class_archive import FOLDER, is_current, options
from lakehouse.base.java import JAR_FOLDER, java_home
from setup import __main__ as steps
from setup import classes

# A run that leaves the archive where its settings ask for it, and the options it was given; as a
# JVM would at its exit.
LEAVES = """\
import json, os, pathlib, re, sys
asked = json.loads(os.environ["HEADWATER_SPARK__CONF"])["spark.driver.extraJavaOptions"]
pathlib.Path("asked").write_text(asked)
pathlib.Path(re.search("ArchiveClassesAtExit=(\\\\S+)", asked)[1]).write_bytes(b"classes" * 1000000)
"""
WRITES_BASE = """#!/bin/sh
for word in "$@"; do case $word in -XX:SharedArchiveFile=*) echo base > "${word#*=}" ;; esac; done
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with one jar and a Java that has a base archive."""
    for name in (
        JAR_FOLDER / "tool.jar",
        Path("java/bin/java"),
        Path("java/lib/server/libjvm.so"),
        Path("java/lib/server/classes.jsa"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "java/bin/java").chmod(0o755)
    return tmp_path


def made(root: Path, program: str = LEAVES) -> None:
    classes.ensure_archive(root, root / "java", [sys.executable, "-c", program])


def test_it_is_made_over_the_base_of_this_java_and_said_with_its_size(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made(root)
    assert f"Spark's classes in {FOLDER}, 7 MB" in capsys.readouterr().out
    assert is_current(root)
    assert (
        options(root) == f"-XX:SharedArchiveFile={root / FOLDER}/driver.jsa {class_archive.SILENT}"
    )
    assert "SharedArchiveFile" not in (root / "asked").read_text()
    assert (
        class_archive.describe_archive(root / "java", root)
        == "with an archive of Spark's classes of 7 MB"
    )


def test_a_java_without_a_base_gets_one_first(root: Path) -> None:
    (root / "java/lib/server/classes.jsa").unlink()
    (root / "java/bin/java").write_text(WRITES_BASE)
    made(root)
    base, top = root / FOLDER / "base.jsa", root / FOLDER / "driver.jsa"
    assert f"-XX:SharedArchiveFile={base} -XX:ArchiveClassesAtExit=" in (root / "asked").read_text()
    assert options(root).startswith(f"-XX:SharedArchiveFile={base}:{top} ")


def test_what_is_there_and_fits_is_not_made_again(root: Path) -> None:
    made(root)
    made(root, "raise SystemExit('made again')")
    assert options(root)


@pytest.mark.parametrize("changed", ["java/lib/server/libjvm.so", ".cache/jars/tool.jar"])
def test_another_java_or_jar_makes_it_stale_and_setup_makes_it_anew(
    root: Path, changed: str
) -> None:
    made(root)
    (root / changed).write_text("another")
    assert not is_current(root)
    assert "is for another Java or other jars" in class_archive.describe_archive(
        root / "java", root
    )
    made(root)
    assert is_current(root)


def test_a_run_that_fails_leaves_no_archive_and_is_not_tried_again(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made(root, "raise SystemExit(3)")
    assert "ended with 3" in capsys.readouterr().out
    assert (options(root), is_current(root)) == ("", True)
    made(root)
    assert options(root) == "", (
        "it was tried again, which costs half a minute at each start of make"
    )
    assert class_archive.describe_archive(root / "java", root).endswith(
        "so that runs start slower (`make clean setup` tries again to make one)"
    )


def test_an_archive_that_was_left_out_is_one_that_setup_makes(root: Path) -> None:
    assert class_archive.describe_archive(root / "java", root).endswith(
        "so that runs start slower (`make setup` makes one)"
    )


@pytest.mark.parametrize(
    ("archived", "asked", "finished"),
    [(False, [], 1), (False, ["--without-classes"], 0), (True, [], 0)],
)
def test_whether_set_up_is_finished_without_an_archive_is_asked(
    monkeypatch: pytest.MonkeyPatch, archived: bool, asked: list[str], finished: int
) -> None:
    there = {
        "read_stamp": "state",
        "fingerprint": "state",
        "are_whole": True,
        "missing_jars": [],
        "wrong_jars": [],
        "is_current": archived,
    }
    for name, value in there.items():
        monkeypatch.setattr(f"setup.__main__.{name}", lambda *_, value=value: value)
    monkeypatch.setattr(sys, "argv", ["setup", "--finished", *asked])
    assert steps.main() == finished


def test_a_java_that_writes_no_archive_is_said(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made(root, "pass")
    assert "Java wrote none" in capsys.readouterr().out


def test_a_base_that_cannot_be_made_is_said(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "java/lib/server/classes.jsa").unlink()
    (root / "java/bin/java").write_text("#!/bin/sh\nexit 1\n")
    made(root)
    assert "no archive of Spark's classes (java ended with 1" in capsys.readouterr().out


@pytest.mark.own_jvm("what Java itself says")
def test_a_broken_archive_changes_nothing_that_java_says(root: Path) -> None:
    """With this machine's Java: random bytes, a file that is cut, and none."""
    home = java_home()
    plain = subprocess.run(
        [home / "bin/java", "-XshowSettings:none", "-version"],
        capture_output=True,
        text=True,
        check=True,
    )
    (root / FOLDER).mkdir(parents=True)
    for content in (os.urandom(5000), b""):
        (root / FOLDER / "driver.jsa").write_bytes(content)
        words = [str(home / "bin/java"), *options(root).split(), "-XshowSettings:none", "-version"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr.replace(", sharing", ""), done.stdout) == (
            0,
            plain.stderr.replace(", sharing", ""),
            "",
        )
