import os
import shutil
import subprocess
from collections import namedtuple
from pathlib import Path

import pytest

from setup import environments, machine
from setup.problems import SetupProblem, explain

ROOT = Path(__file__).resolve().parents[2]
Usage = namedtuple("Usage", "total used free")


def fake_tool(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def run_setup(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    path = f"{folder}:/usr/bin:/bin"
    return subprocess.run(
        ["bash", ROOT / "setup/run"],
        env={"PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_wrong_python_says_which_was_found_and_how_to_get_the_right_one(tmp_path: Path) -> None:
    fake_tool(tmp_path, "python3.11", "echo 3.12.1 /usr/bin/python3.12")
    done = run_setup(tmp_path, PYTHON="python3.11")
    assert done.returncode == 1
    assert "'python3.11' is Python 3.12.1" in done.stderr
    assert "apt-get install python3.11" in done.stderr
    assert "PYTHON=" in done.stderr


def test_missing_python_names_the_other_one_that_is_there(tmp_path: Path) -> None:
    fake_tool(tmp_path, "python3", "echo 3.9.2 /usr/bin/python3")
    done = run_setup(tmp_path, PYTHON="python3.11-that-is-not-there")
    assert done.returncode == 1
    assert "not on PATH or does not start; 'python3' is Python 3.9.2" in done.stderr


def test_full_disk_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(9e9, 7.8e9, 1.2e9))
    with pytest.raises(
        SetupProblem, match=r"1\.2 GB free and set-up needs 4 GB(?s:.*)To do: free some space"
    ):
        machine.require_disk(tmp_path)


def test_python_without_venv_names_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conf/locks").mkdir(parents=True)
    (tmp_path / "conf/locks/spark.txt").write_text("uv==1.0 \\\n    --hash=sha256:00\n")
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda module: None if module == "ensurepip" else object()
    )
    with pytest.raises(
        SetupProblem, match=r"without venv or ensurepip(?s:.*)apt-get install python3\.11-venv"
    ):
        environments.install_uv(tmp_path, lock=0)


def test_uv_is_pinned_by_the_lock_file_alone() -> None:
    before, pin, after = (
        "uc==1 \\\n    --hash=sha256:aa\n",
        "uv==1.2 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\n",
        "uvicorn==3 \\\n    --hash=sha256:dd\n",
    )
    assert environments.uv_pin(before + pin + after) == pin
    with pytest.raises(SetupProblem, match="names no uv"):
        environments.uv_pin("uvicorn==3 \\\n    --hash=sha256:dd\n")


NO_NETWORK, OTHER_BYTES = "index was not reached", "not the one that the lock file names"
# What pip, uv and Ivy said on machines where we took the network, the disk or the right bytes away.
SAID = {
    "uv, no network": (
        "error: Failed to fetch: `x`\n  Caused by: dns error: failed to lookup address information",
        "index was not reached",
    ),
    "pip, no network": (
        "NewConnectionError(...): Failed to establish a new connection: [Errno -3]\nERROR: No matching",
        "index was not reached",
    ),
    "Ivy, no network": (
        ":::: ERRORS\n\tServer access error at url x (java.net.UnknownHostException: x)",
        NO_NETWORK,
    ),
    "Ivy, no name server": (
        "WARNINGS\n\tHost a.example not found. url=x\n\t:: org#jar;1: not found",
        NO_NETWORK,
    ),
    "Ivy, unknown authority": (
        "(javax.net.ssl.SSLHandshakeException: PKIX path building failed)",
        NO_NETWORK,
    ),
    "uv, full disk": (
        "error: Failed to fetch: `x`\n  Caused by: No space left on device (os error 28)",
        "disk is full",
    ),
    "pip, other bytes": (
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
        "not the one that the lock file names",
    ),
    "uv, other bytes": ("error: Hash mismatch for `x==1`\n\nExpected:\n  sha256:00", OTHER_BYTES),
    "unknown": ("error: something new", "failed"),
}


@pytest.mark.parametrize("case", SAID)
def test_a_tools_failure_is_explained(case: str) -> None:
    output, cause = SAID[case]
    text = str(explain("installing", output, Path("tool.log")))
    assert cause in text
    assert "tool.log" in text
    assert "To do: " in text
    assert output.splitlines()[-1].strip() in text


def test_a_failing_tool_ends_in_its_explanation(tmp_path: Path) -> None:
    (tmp_path / machine.STATE).mkdir(parents=True)
    with (
        machine.alone(tmp_path) as lock,
        pytest.raises(SetupProblem, match="index was not reached"),
    ):
        machine.run_tool(
            tmp_path, "tool", "installing", ["sh", "-c", "echo dns error >&2; exit 2"], lock
        )


def test_the_lock_is_held_until_the_tool_of_a_killed_run_is_gone(tmp_path: Path) -> None:
    with machine.alone(tmp_path) as lock:
        orphan = machine.start_tool(tmp_path, "tool", ["sleep", "60"], lock)
    try_lock: list[str | Path] = ["flock", "--nonblock", tmp_path / machine.STATE / "lock", "true"]
    assert subprocess.run(try_lock, check=False).returncode == 1
    machine.stop(orphan)
    assert subprocess.run(try_lock, check=False).returncode == 0


def project(folder: Path) -> Path:
    for name in (
        "conf/locks/spark.txt",
        "conf/jars/jars.txt",
        "setup/x.py",
        "setup.cfg",
        "pyproject.toml",
        "settings/places.py",
        "lakehouse/base/java.py",
        "lakehouse/base/class_archive.py",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


@pytest.mark.parametrize(
    "changed",
    [
        "conf/locks/spark.txt",
        "conf/jars/jars.txt",
        "setup.cfg",
        "setup/x.py",
        "features/__init__.py",
    ],
)
def test_a_change_of_what_setup_reads_changes_the_fingerprint(tmp_path: Path, changed: str) -> None:
    root = project(tmp_path)
    before = machine.fingerprint(root)
    assert machine.fingerprint(root) == before
    (root / changed).parent.mkdir(exist_ok=True)
    (root / changed).write_text("changed")
    assert machine.fingerprint(root) != before


def test_an_interrupted_environment_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / machine.STATE).mkdir(parents=True)
    half_written = tmp_path / ".venv/lib/half.py"
    half_written.parent.mkdir(parents=True)
    half_written.touch()
    monkeypatch.setattr(environments, "run_tool", lambda *_: None)
    environments._unfinished(tmp_path, environments.SPARK).touch()
    environments._sync(tmp_path, Path("uv"), environments.SPARK, lock=0)
    assert not half_written.exists()
    assert environments._unfinished(tmp_path, environments.SPARK).exists(), (
        "still unfinished until the whole set-up is through"
    )


def test_the_stamp_is_read_back_and_dropped(tmp_path: Path) -> None:
    (tmp_path / machine.STATE).mkdir(parents=True)
    assert machine.read_stamp(tmp_path) == ""
    machine.write_stamp(tmp_path, "abc")
    assert machine.read_stamp(tmp_path) == "abc"
    machine.drop_stamp(tmp_path)
    assert machine.read_stamp(tmp_path) == ""


def test_make_alone_prints_every_target_with_one_line() -> None:
    done = subprocess.run(
        ["make", "--no-print-directory"],
        cwd=ROOT,
        env={**os.environ, "MAKEFLAGS": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    targets = {line.split()[1] for line in done.stdout.splitlines()}
    assert targets >= {
        "setup",
        "demo",
        "test",
        "test-system",
        "check",
        "up",
        "down",
        "doctor",
        "lock",
        "format",
        "bench-demo",
        "docs",
        "clean",
    }
    phony = {
        line.split()[1]
        for line in (ROOT / "Makefile").read_text().splitlines()
        if line.startswith(".PHONY:")
    }
    assert targets == phony
