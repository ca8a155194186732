"""What set-up leaves on the disk: its state folder, one lock against a second run, and the stamp of
a finished run.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from setup.problems import SetupProblem, explain

STATE = Path(".cache/setup")
# Measured on an empty machine: 2.1 GB for both environments, 1.1 GB more in the installer's
# download cache.
NEEDED_BYTES = 4 * 10**9


def say(message: str) -> None:
    """One line to the person who waits."""
    sys.stdout.write(f"setup: {message}\n")
    sys.stdout.flush()


def require_disk(root: Path) -> None:
    """Refuse to begin what the disk cannot hold."""
    free = shutil.disk_usage(root).free
    if free < NEEDED_BYTES:
        raise SetupProblem(
            f"the disk of {root} has {free / 1e9:.1f} GB free and set-up needs"
            f" {NEEDED_BYTES / 1e9:.0f} GB.\n  To do: free some space, or clone the project onto"
            " another disk."
        )


@contextmanager
def alone(root: Path) -> Iterator[int]:
    """Hold the set-up lock; a second run waits. Yields its descriptor, which tools inherit.

    A tool that outlives a killed run still holds the lock, so the next run cannot write into the
    same environment beside it.
    """
    (root / STATE).mkdir(parents=True, exist_ok=True)
    with (root / STATE / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another `make setup` is at work here; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def start_tool(
    root: Path, name: str, command: Sequence[str | Path], lock: int
) -> subprocess.Popen[bytes]:
    """Start a tool whose output goes to `.cache/setup/<name>.log`."""
    with (root / STATE / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            command,
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=[lock],
        )


def finish_tool(root: Path, name: str, task: str, process: subprocess.Popen[bytes]) -> None:
    """Wait for a started tool; its failure becomes a problem in words."""
    if process.wait() != 0:
        log = root / STATE / f"{name}.log"
        raise explain(task, log.read_text(errors="replace"), log)


def run_tool(root: Path, name: str, task: str, command: Sequence[str | Path], lock: int) -> None:
    """Start a tool and wait for it."""
    process = start_tool(root, name, command, lock)
    try:
        finish_tool(root, name, task, process)
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a tool that is still at work."""
    if process.poll() is None:
        process.terminate()
        process.wait()


def fingerprint(root: Path) -> str:
    """Hash of all that set-up depends on: locks, jars, this code, the Python, the folder, the
    packages that the editable install maps.
    """
    names = [
        "setup.cfg",
        "pyproject.toml",
        "settings/places.py",
        "lakehouse/base/java.py",
        "lakehouse/base/class_archive.py",
    ]
    files = [
        *(root / "conf/locks").iterdir(),
        *(root / "conf/jars").iterdir(),
        *(root / "setup").glob("*.py"),
        *(root / name for name in names),
    ]
    digest = hashlib.sha256(f"{sys.version} {sys.base_prefix} {root}".encode())
    for path in sorted(files):
        digest.update(f"\0{path.name}\0".encode() + path.read_bytes())
    digest.update(
        " ".join(sorted(path.parent.name for path in root.glob("*/__init__.py"))).encode()
    )
    return digest.hexdigest()


def read_stamp(root: Path) -> str:
    """Fingerprint of the last finished set-up, empty when there is none."""
    stamp = root / STATE / "stamp"
    return stamp.read_text() if stamp.is_file() else ""


def drop_stamp(root: Path) -> None:
    """From here on set-up is unfinished."""
    (root / STATE / "stamp").unlink(missing_ok=True)


def write_stamp(root: Path, text: str) -> None:
    """Set-up is finished; written whole or not at all."""
    new = root / STATE / "stamp.new"
    new.write_text(text)
    new.replace(root / STATE / "stamp")
