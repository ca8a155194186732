"""`python -m setup`: everything the project needs beside Python 3.11, once; nothing when nothing
changed.

`--finished` only looks. `--without-classes` leaves out the archive of Spark's classes: it takes
half a minute, which several runs win back and one demo on a new machine does not.
"""

import subprocess
import sys
import time

from lakehouse.base.class_archive import is_current
from settings.places import ROOT
from setup.environments import SPARK, are_whole, install_environments, python_of
from setup.jars import missing_jars, wrong_jars
from setup.machine import alone, drop_stamp, fingerprint, read_stamp, require_disk, say, write_stamp
from setup.problems import SetupProblem


def main() -> int:
    """0 when everything is there, 1 when something is missing, 130 when interrupted."""
    classes = "--without-classes" not in sys.argv
    if "--finished" in sys.argv:
        return 0 if is_finished(classes=classes) else 1
    try:
        if not is_finished(classes=classes):
            set_up(classes=classes)
    except SetupProblem as problem:
        sys.stderr.write(f"setup: {problem}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("setup: interrupted; `make setup` goes on from here\n")
        return 130
    return 0


def is_finished(*, classes: bool) -> bool:
    """Whether the last set-up was for exactly this state, and what it made is still there and
    right.
    """
    is_there = (
        read_stamp(ROOT) == fingerprint(ROOT)
        and are_whole(ROOT)
        and not missing_jars(ROOT)
        and not wrong_jars(ROOT)
    )
    return is_there and (not classes or is_current(ROOT))


def set_up(*, classes: bool) -> None:
    """Do all the steps, each of which does only what is left to do."""
    started = time.monotonic()
    with alone(ROOT) as lock:
        if is_finished(classes=classes):
            return
        state = fingerprint(ROOT)
        if read_stamp(ROOT) != state or not are_whole(ROOT):
            drop_stamp(ROOT)
            make_environments(lock)
        if (
            subprocess.run(
                [python_of(ROOT, SPARK), "-m", "setup.jars"], cwd=ROOT, pass_fds=[lock], check=False
            ).returncode
            != 0
        ):
            raise SetupProblem("the environments are in place, Java or the jars are not (above).")
        if classes:
            subprocess.run(
                [python_of(ROOT, SPARK), "-m", "setup.classes"],
                cwd=ROOT,
                pass_fds=[lock],
                check=False,
            )
        write_stamp(ROOT, state)
    say(f"done in {time.monotonic() - started:.0f} s")


def make_environments(lock: int) -> None:
    """Install both environments, on a disk that has room for them."""
    if not are_whole(ROOT):
        require_disk(ROOT)
        say("making the environments takes about two minutes the first time")
    install_environments(ROOT, lock)


if __name__ == "__main__":
    sys.exit(main())
