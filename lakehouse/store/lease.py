"""One run at a time writes a tenant's lake: a lease with a fencing number that only grows; whoever
was overtaken cannot commit.
"""

import fcntl
import json
import os
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TextIO

import psutil

from lakehouse.base.errors import UserError, storage_errors
from lakehouse.store import commit_files, delta, ops
from lakehouse.store.lake_format import admit_writer, refuse_other_format
from settings.model import LeaseSettings

FILE, LOCK = "ops_lease.json", "ops_lease.lock"
# Six beats are missed before a holder elsewhere counts as dead at the default of 60 s: one late
# write of a busy disk is no death.
BEATS_PER_LIFE = 6
# a waiting run looks twice a second: nothing beside the 10 s that a session takes to start
POLL_SECONDS = 0.5
# Airflow 3 exports them to what a task starts
RETRY_OF = ("AIRFLOW_CTX_DAG_ID", "AIRFLOW_CTX_TASK_ID", "AIRFLOW_CTX_DAG_RUN_ID")


class LeaseTaken(UserError):
    """Another run that is alive holds the lake, longer than this one may wait."""


class Fenced(UserError):
    """A newer run has taken the lake: this one may not commit any more."""


@dataclass(frozen=True)
class Holder:
    """Who holds the lease; `number` stays when it is given back, and `records` are the versions of
    the house's own tables by then.
    """

    number: int = 0
    run_id: str = ""
    work: str = ""
    task: str = ""
    host: str = ""
    pid: int = 0
    pid_started: float = 0.0
    since: str = ""
    records: dict[str, int] = field(default_factory=dict)

    @property
    def is_free(self) -> bool:
        """Whether nobody holds it."""
        return not self.run_id


@dataclass(frozen=True)
class Lease:
    """The right to commit to a lake, as long as no newer number was given out."""

    lake: Path
    holder: Holder

    @property
    def number(self) -> int:
        """The fencing number: what every commit of this run says in its metadata."""
        return self.holder.number

    def check(self) -> None:
        """Refuse to go on once a newer run holds the lake.

        Raises:
            Fenced: names both runs.
        """
        now = holder_of(self.lake)
        if (now.number, now.run_id) != (self.number, self.holder.run_id):
            raise Fenced(
                f"run {self.holder.run_id} ({self.holder.work}, number {self.number}) may not"
                f" commit to {self.lake}: {_holder_text(now)} has taken over. What this run had"
                " committed stays; the newer run redoes the rest. Nothing is to be done"
            )

    @contextmanager
    def committing(self) -> Iterator[None]:
        """Check, and let no newer run take over until the commit in the block is done.

        Raises:
            Fenced: a newer run holds the lake.
        """
        with (self.lake / LOCK).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)  # shared: two tables of one run commit side by side
            self.check()
            yield


@contextmanager
def leased(
    lake: Path, run_id: str, work: str, settings: LeaseSettings, *, older: bool = False
) -> Iterator[Lease]:
    """Hold the lake's lease in the block: waits for a run that is alive, takes over from one that
    is dead or that this one retries. With `older`, a lake of an older format is taken as it is.

    Raises:
        OlderLake: the lake must be migrated first.
        NewerLake: a newer Headwater has written to it.
        LeaseTaken: another run still holds it after `wait_seconds`.
        StorageError: the lake cannot be written.
    """
    with storage_errors(lake):
        lake.mkdir(parents=True, exist_ok=True)
        lease, own_file = _taken(lake, run_id, work, settings)
    stop = threading.Event()
    beat = threading.Thread(
        target=_beat, args=(own_file, settings.stale_seconds / BEATS_PER_LIFE, stop), daemon=True
    )
    beat.start()
    try:
        with storage_errors(lake):
            _admitted(lake, older=older)
        yield lease
        _give_back(lease, settings.stale_seconds)
    except BaseException as error:
        try:
            _give_back(lease, settings.stale_seconds)
        except OSError as second:
            # a full or read-only disk: the first error says so, and a dead holder is taken over
            error.add_note(f"the lease of {lake} could not be given back: {second}")
        raise
    finally:
        stop.set()
        beat.join()
        os.close(own_file)


def _admitted(lake: Path, *, older: bool) -> None:
    if older:
        refuse_other_format(lake, older=True)
    else:
        admit_writer(lake)


def holder_of(lake: Path) -> Holder:
    """Who holds the lake now; the free number 0 when there is no lease yet, or when its file was
    harmed.
    """
    try:
        return Holder(**json.loads((lake / FILE).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return Holder()


def host_name() -> str:
    """This machine since its start and this container: where a process id means something."""
    boot, pids = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
    return " ".join(
        [
            socket.gethostname(),
            *([boot.read_text()[:8], str(pids.readlink())] if boot.exists() else []),
        ]
    )


def _taken(lake: Path, run_id: str, work: str, settings: LeaseSettings) -> tuple[Lease, int]:
    """The lease and its open file, by whose time the others see that we live."""
    deadline = time.monotonic() + settings.wait_seconds
    while True:
        with (lake / LOCK).open("a") as lock:
            before = holder_of(lake)
            if _is_takeable(lake, before, settings):
                _wait_for_commits(lock, settings.stale_seconds)
                before = holder_of(lake)  # another may have been faster
                if _is_takeable(lake, before, settings):
                    return _write(lake, _next(lake, before, run_id, work))
        if time.monotonic() >= deadline:
            raise LeaseTaken(
                f"{lake} is being written by {_holder_text(before)}; waited"
                f" {settings.wait_seconds:g} s (lease.wait_seconds of conf/base.yml). Let it end,"
                " or end that process, and run again"
            )
        time.sleep(POLL_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311 - two that wait shall not knock at the same instant


def _is_takeable(lake: Path, holder: Holder, settings: LeaseSettings) -> bool:
    """Free, left by a dead process, silent for too long, or held by an earlier try of the same
    Airflow task.
    """
    if holder.is_free or (holder.task and holder.task == _task()):
        return True
    if holder.host == host_name() and not _is_alive(holder):
        return True
    return ops.now().timestamp() - (lake / FILE).stat().st_mtime > settings.stale_seconds


def _is_alive(holder: Holder) -> bool:
    try:
        process = psutil.Process(holder.pid)
        # a pid is used again: only one that started at that moment is the holder's
        return (
            process.status() != psutil.STATUS_ZOMBIE
            and abs(process.create_time() - holder.pid_started) < 1
        )
    except psutil.NoSuchProcess:
        return False


def _wait_for_commits(lock: TextIO, seconds: float) -> None:
    """Lock out commits under way. One that takes longer belongs to a process that stands still:
    Delta itself refuses it later.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(POLL_SECONDS / 10)
        else:
            return


def _next(lake: Path, before: Holder, run_id: str, work: str) -> Holder:
    number = before.number or _highest_committed(lake)
    started = psutil.Process().create_time()
    return Holder(
        number + 1,
        run_id,
        work,
        _task(),
        host_name(),
        os.getpid(),
        started,
        f"{ops.now():%Y-%m-%dT%H:%M:%SZ}",
        before.records,
    )


def _highest_committed(lake: Path) -> int:
    """Where the numbers go on when the lease file was lost: at the highest that a table's newest
    commit names.
    """
    return max(
        (c.fence for path in delta.tables(lake) for c in delta.readable_commits(path)[:1]),
        default=0,
    )


def _write(lake: Path, holder: Holder) -> tuple[Lease, int]:
    """Put the file in place in one step, on disk before anything is committed under its number."""
    draft = lake / f"{FILE}.{holder.run_id}"
    draft.write_text(json.dumps(asdict(holder)))
    own_file = os.open(draft, os.O_RDWR)
    os.fsync(own_file)
    draft.replace(lake / FILE)
    return Lease(lake, holder), own_file


def _give_back(lease: Lease, seconds: float) -> None:
    with (lease.lake / LOCK).open("a") as lock:
        _wait_for_commits(lock, seconds)
        if holder_of(lease.lake) == lease.holder:
            records = {
                path.name: commit_files.newest(path)
                for path in delta.tables(lease.lake)
                if path.name.startswith("ops_")
            }
            _, own_file = _write(lease.lake, replace(lease.holder, run_id="", records=records))
            os.close(own_file)


def _beat(own_file: int, seconds: float, stop: threading.Event) -> None:
    """Touch the file that we wrote; once another has replaced it, that touches nothing of the
    other's.
    """
    # a disk that takes no beat takes no commit either: the run's next write says what is wrong with
    # it
    with suppress(OSError):
        while not stop.wait(seconds):
            os.utime(own_file)


def _task() -> str:
    """Which Airflow task this process is a try of; empty outside of Airflow."""
    return "/".join(os.environ.get(name, "") for name in RETRY_OF).strip("/")


def _holder_text(holder: Holder) -> str:
    name = holder.run_id or "unknown"
    return (
        f"run {name} ({holder.work}, number {holder.number}, process {holder.pid} of {holder.host},"
        f" since {holder.since})"
    )
