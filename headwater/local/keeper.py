"""Keeps one server: starts its processes, and ends all of them when it is told to, when one of them
ends, or when its owner is gone.

Run as `python -m headwater.local.keeper HOME OWNER GRACE`, in a session of its own; OWNER is the
process that must live on, 0 for none.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from headwater.local.environment import AIRFLOW_BIN
from headwater.local.processes import stop_all

COMPONENTS = {
    "api-server": ["api-server"],
    # its log server listens on all addresses; the API server reads the files itself
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
}


def main() -> None:
    """Starts the components and watches them."""
    home, owner, grace = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    signal.signal(signal.SIGTERM, _leave)
    started = {name: _start(home, name) for name in COMPONENTS}
    try:
        while (reason := _reason_to_end(started, owner)) is None:
            time.sleep(1)
        print(reason, flush=True)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        stop_all(home, grace)


def log_of(home: Path, component: str) -> Path:
    """Where a component's own output goes."""
    return home / f"{component}.log"


def _start(home: Path, name: str) -> subprocess.Popen[bytes]:
    with log_of(home, name).open("wb") as output:
        return subprocess.Popen(
            [AIRFLOW_BIN / "airflow", *COMPONENTS[name]],
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            cwd=home,
        )


def _reason_to_end(started: dict[str, subprocess.Popen[bytes]], owner: int) -> str | None:
    for name, process in started.items():
        if process.poll() is not None:
            return f"{name} ended with code {process.returncode}: the others are stopped too"
    if owner and not _lives(owner):
        return f"process {owner}, for which this server was started, is gone"
    return None


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    main()
