"""How much memory this process and all below it hold, sampled by a thread, in MiB."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import psutil

from bench.timeline import Interval

EVERY_SECONDS = 0.5
RSS_SHARE = 0.05
MIB = 2**20
KINDS = ("jvm", "python", "airflow", "command")
SUMS = {"spark": ("jvm", "python"), "all": KINDS}
MEASURES = (*KINDS, *SUMS)


class Process(NamedTuple):
    """What is looked at of one living process."""

    parent: int
    name: str
    mib: float


class Sample(NamedTuple):
    """Memory at an instant: per kind of process, of Spark (`jvm` and `python`), and of all."""

    at: float
    mib: dict[str, float]


@dataclass
class Recording:
    """The samples so far, and the processor seconds that taking them cost."""

    samples: list[Sample] = field(default_factory=list)
    processor_seconds: float = 0.0


class Meter:
    """Reads PSS only where it may have changed: the kernel needs 8 ms per GB for it, 0.01 ms for
    RSS.

    A process is read again when its RSS has moved by 5 %, and all are when one came or went,
    because its shared pages then count differently; in between, PSS moves with RSS.
    """

    def __init__(self) -> None:
        self._pids: set[int] = set()
        self._read: dict[int, tuple[int, int]] = {}

    def look_at(self, pids: set[int]) -> None:
        """Forgets everything when these are not the processes of the last look."""
        if pids != self._pids:
            self._pids, self._read = pids, {}

    def pss(self, pid: int, rss: int, read: Callable[[], int]) -> int:
        """Bytes of PSS of the process that has this RSS; calls `read` when that must be found
        out.
        """
        if pid not in self._read or abs(rss - self._read[pid][0]) > RSS_SHARE * self._read[pid][0]:
            self._read[pid] = rss, read()
        rss_then, pss_then = self._read[pid]
        return pss_then + rss - rss_then


@contextmanager
def recording(every_seconds: float = EVERY_SECONDS) -> Iterator[Recording]:
    """Samples while the block runs."""
    record, ended = Recording(), threading.Event()
    with ThreadPoolExecutor(1, thread_name_prefix="memory") as pool:
        sampling = pool.submit(_sample_until, ended, record, every_seconds)
        try:
            yield record
        finally:
            ended.set()
    sampling.result()


def peaks(samples: Iterable[Sample], intervals: Iterable[Interval]) -> dict[str, float | None]:
    """The highest value of each measure within the intervals, ends included; None when no sample
    was taken there.
    """
    spans = list(intervals)
    within = [
        sample.mib for sample in samples if any(start <= sample.at <= end for start, end in spans)
    ]
    return {measure: max((mib[measure] for mib in within), default=None) for measure in MEASURES}


def sums(root: int, processes: Mapping[int, Process]) -> dict[str, float]:
    """MiB per measure.

    `command` is the root itself, `jvm` every java, `python` what a java started (Spark's driver
    program and workers), `airflow` the rest.
    """
    mib = dict.fromkeys(KINDS, 0.0)
    for pid, process in processes.items():
        mib[_kind(pid, root, processes)] += process.mib
    return mib | {name: sum(mib[kind] for kind in kinds) for name, kinds in SUMS.items()}


def measure_name() -> str:
    """`PSS`, in which a page that several processes share counts once among them, or `RSS` where
    the system has no PSS.
    """
    return "PSS" if hasattr(psutil.Process().memory_full_info(), "pss") else "RSS"


def _kind(pid: int, root: int, processes: Mapping[int, Process]) -> str:
    if pid == root:
        return "command"
    if processes[pid].name == "java":
        return "jvm"
    while (pid := processes[pid].parent) in processes and pid != root:
        if processes[pid].name == "java":
            return "python"
    return "airflow"


def _sample_until(ended: threading.Event, record: Recording, every_seconds: float) -> None:
    root, began = psutil.Process(os.getpid()), time.thread_time()
    meter = Meter() if measure_name() == "PSS" else None
    while not ended.wait(every_seconds):
        at = time.time()
        record.samples.append(Sample(at, sums(root.pid, _living(root, meter))))
        record.processor_seconds = time.thread_time() - began


def _living(root: psutil.Process, meter: Meter | None) -> dict[int, Process]:
    living, tree = {}, [root, *root.children(recursive=True)]
    if meter:
        meter.look_at({process.pid for process in tree})
    for process in tree:
        with suppress(psutil.Error):  # ended meanwhile
            resident = process.memory_info().rss
            if meter:
                resident = meter.pss(process.pid, resident, partial(_pss, process))
            living[process.pid] = Process(process.ppid(), process.name(), resident / MIB)
    return living


def _pss(process: psutil.Process) -> int:
    return int(process.memory_full_info().pss)
