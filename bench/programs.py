"""Programs that a bench runs one after the other: their seconds, start of Python and JVM included,
and their peak memory.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path

from pyspark import SparkContext

from bench.memory import recording
from jobs import DEMO
from settings.places import ROOT


@dataclass(frozen=True)
class Program:
    """One that has ended: seconds, and the peak of its memory and that of all below it in MiB."""

    name: str
    seconds: float
    peak: float


def headwater(*stages: str, start: date, end: date) -> list[str]:
    """The command line that runs the stages over arrival days of the demo's shop."""
    return [
        sys.executable,
        "-m",
        "jobs.main",
        "run",
        *stages,
        "--tenant",
        DEMO,
        "--start",
        str(start),
        "--end",
        str(end),
    ]


def measured(name: str, words: list[str]) -> Program:
    """Run it to its end; what it prints goes to standard error.

    Raises:
        CalledProcessError: it failed.
    """
    with recording() as record:
        began = time.monotonic()
        subprocess.run(words, check=True, cwd=ROOT, stdout=sys.stderr)
        seconds = time.monotonic() - began
    return Program(
        name, seconds, max(sample.mib["all"] - sample.mib["command"] for sample in record.samples)
    )


def cleared(lake: Path) -> None:
    """The lake as if nothing had been run."""
    shutil.rmtree(lake, ignore_errors=True)


def apart(work: Callable[..., object], *arguments: object) -> None:
    """Do the work in a process of its own and wait for its end.

    Raises:
        RuntimeError: it failed; its traceback is on standard error.
    """
    process = get_context("spawn").Process(target=_done_with_java, args=(work, *arguments))
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError("the process failed, for the reason above")


def _done_with_java(work: Callable[..., object], *arguments: object) -> None:
    """The work, and the end of its Java: what that took counts for this process only then."""
    work(*arguments)
    java = SparkContext._gateway
    assert java is not None
    java.shutdown()
    java.proc.stdin.close()
    java.proc.wait()
