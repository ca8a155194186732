"""The archive of the classes that a driver loads: made once by a small run of Spark, so that later
runs start with 7 CPU seconds, not 12.

Runs as `python -m setup.classes` in the Spark environment. Whatever fails, set-up goes on: without
an archive runs only start slower.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from lakehouse.base.class_archive import BASE, FOLDER, STAMP, TOP, is_current, made_for, megabytes
from lakehouse.base.java import JavaError, java_home
from settings.places import ROOT
from setup.machine import STATE, say

LOADING = [sys.executable, "-m", "headwater.operate.class_loading"]
# it took 63 on two busy cores (36 CPU seconds); a machine that needs longer has other work
SECONDS = 300
FIRST_COMPILER = "-XX:TieredStopAtLevel=1"  # the archive is the same, and made with fewer seconds


def main() -> int:
    """Make the archive unless it is there for this Java and these jars; always 0."""
    try:
        ensure_archive(ROOT, java_home(), LOADING)
    except (OSError, JavaError, subprocess.SubprocessError) as problem:
        say(f"no archive of Spark's classes ({problem}); runs go on without, and start slower")
    return 0


def ensure_archive(root: Path, java: Path, loading: list[str]) -> None:
    """Have the archive that fits, or say why there is none; a failure is not tried again until Java
    or a jar changes.

    Raises:
        OSError: the disk refuses it.
    """
    folder, wanted = root / FOLDER, made_for(root, java)
    stamp = folder / STAMP
    if is_current(root, java):
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        _make(root, java, loading)
        say(
            f"Spark's classes in {FOLDER}, {megabytes(root)} MB: a driver starts with 7 CPU seconds"
            " instead of 12"
        )
    except subprocess.SubprocessError as problem:
        for path in folder.glob("*.jsa"):
            path.unlink()
        log = STATE / "classes.log"
        say(
            f"no archive of Spark's classes ({_short(problem)}; see {log}); runs go on without, and"
            " start slower"
        )
    stamp.write_text(json.dumps(wanted))


def _make(root: Path, java: Path, loading: list[str]) -> None:
    """The base where this Java has none of its own, then, over it, what the small run loads."""
    folder = root / FOLDER
    say("archiving the classes that Spark loads: half a minute, once")
    below = ""
    if not (java / "lib/server/classes.jsa").is_file():
        _run(
            root, [str(java / "bin/java"), "-Xshare:dump", f"-XX:SharedArchiveFile={folder / BASE}"]
        )
        below = f"-XX:SharedArchiveFile={folder / BASE}"
    part = folder / f"{TOP}.part"
    asked = f"{below} -XX:ArchiveClassesAtExit={part} {FIRST_COMPILER}".strip()
    with tempfile.TemporaryDirectory(prefix="headwater-classes-") as home:
        small = {
            "HEADWATER_HOME": home,
            "HEADWATER_SPARK__DRIVER_MEMORY": "1g",
            "JAVA_HOME": str(java),
        }
        _run(
            root,
            loading,
            {
                **small,
                "HEADWATER_SPARK__CONF": json.dumps({"spark.driver.extraJavaOptions": asked}),
            },
        )
    if not part.is_file():
        raise subprocess.SubprocessError("Java wrote none")
    part.replace(folder / TOP)


def _run(root: Path, command: list[str], more: dict[str, str] | None = None) -> None:
    (root / STATE).mkdir(parents=True, exist_ok=True)
    bare = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HEADWATER_", "SPARK_", "PYSPARK_"))
    }
    with (root / STATE / "classes.log").open("ab") as log:
        subprocess.run(
            command,
            cwd=root,
            env=bare | (more or {}),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=True,
            timeout=SECONDS,
        )


def _short(problem: subprocess.SubprocessError) -> str:
    """Without the command, which is a page of options."""
    if isinstance(problem, subprocess.CalledProcessError):
        return f"{Path(problem.cmd[0]).name} ended with {problem.returncode}"
    return "it took too long" if isinstance(problem, subprocess.TimeoutExpired) else str(problem)


if __name__ == "__main__":
    sys.exit(main())
