"""Finds and ends every process of a server by the mark in its environment: Airflow's tasks leave
their parent's process group.
"""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from headwater.local.environment import MARK

PROC = Path("/proc")
KILL_SECONDS = 10


class StillRunningError(RuntimeError):
    """Processes survived SIGKILL; the message names them."""


def processes_of(home: Path) -> list[int]:
    """Ids of the living processes that the server of this home started, without this one."""
    processes = _marked_in_proc(home) if PROC.is_dir() else _marked_in_ps(home)
    return [pid for pid in processes if pid != os.getpid()]


def stop_all(home: Path, grace_seconds: float) -> int:
    """Ends them: SIGTERM, after the grace period SIGKILL, until none is left. Returns how many
    there were.

    Raises:
        StillRunningError: some are still there ten seconds after SIGKILL.
    """
    ended: set[int] = set()
    for number, seconds in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, KILL_SECONDS)):
        signalled: set[int] = set()
        deadline = time.monotonic() + seconds
        while left := processes_of(home):
            for pid in (
                left if number == signal.SIGKILL else set(left) - signalled
            ):  # a polite signal once: Airflow takes a second one as "at once"
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
            signalled.update(left)
            ended.update(left)
            if time.monotonic() > deadline:
                break
            time.sleep(0.1)
    if left := processes_of(home):
        raise StillRunningError(f"processes {left} of {home} did not end; end them by hand")
    return len(ended)


def _marked_in_proc(home: Path) -> list[int]:
    mark = f"{MARK}={home}".encode()
    processes = []
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            with suppress(OSError):  # ended meanwhile, or another user's
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    processes.append(int(entry.name))
    return processes


def _marked_in_ps(home: Path) -> list[int]:
    listing = subprocess.run(
        ["ps", "axeww", "-o", "pid=,command="], capture_output=True, text=True, check=True
    ).stdout
    return [
        int(line.split()[0]) for line in listing.splitlines() if f"{MARK}={home} " in f"{line} "
    ]
