"""What work takes: CPU seconds of this process and all below it, and seconds of the clock. Standard
library only: the tests of Airflow's environment count with it too.
"""

import resource
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from os import getpid, sysconf
from pathlib import Path
from typing import NamedTuple

TICKS = sysconf("SC_CLK_TCK")  # per second; what /proc counts in


class Spent(NamedTuple):
    """CPU seconds and seconds of the clock."""

    cpu_seconds: float
    seconds: float


def spent(work: Callable[[], object]) -> Spent:
    """What the work takes, with all processes below that have ended or run."""
    began, before = time.monotonic(), cpu_seconds()
    work()
    return Spent(cpu_seconds() - before, time.monotonic() - began)


def cpu_seconds() -> float:
    """User and system seconds of this process, of all programs below it that have ended, and of
    those that run.
    """
    own = sum(
        spent
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        for spent in resource.getrusage(who)[:2]
    )
    return own + _below(getpid(), _processes()) / TICKS


def _below(pid: int, children: Mapping[int, list[tuple[int, int]]]) -> int:
    """Ticks of the living processes below one."""
    return sum(ticks + _below(child, children) for child, ticks in children.get(pid, ()))


def _processes() -> dict[int, list[tuple[int, int]]]:
    """By parent each living process with its ticks, those of its ended children included; nothing
    where there is no /proc.
    """
    children = defaultdict(list)
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # ended meanwhile
            # proc(5): after the name, which may hold blanks, come state and parent; fields 14 to
            # 17 are the ticks
            words = path.read_text(errors="replace").rpartition(")")[2].split()
            children[int(words[1])].append((int(path.parent.name), sum(map(int, words[11:15]))))
    return children
