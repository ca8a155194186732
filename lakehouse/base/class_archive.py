"""The archive of the classes that a driver loads, which a JVM maps instead of reading and checking
them anew. Standard library only.

`make setup` makes it (`setup/classes.py`). Java itself compares Java and class path with those of
the archive, and goes on without one that does not fit; nothing here can make a run fail.
"""

import json
import os
from pathlib import Path

from lakehouse.base.java import JAR_FOLDER
from settings.places import ROOT

FOLDER = Path(".cache/classes")
BASE, TOP, STAMP = "base.jsa", "driver.jsa", "made_for.json"
# A file that does not fit is no news for those who read a run's output.
SILENT = "-Xshare:auto -Xlog:cds*=off -Xlog:cds+dynamic=off"


def options(root: Path = ROOT) -> str:
    """JVM options that use the archive; empty where there is none, or where its path would be read
    as two.
    """
    folder = (root / FOLDER).absolute()
    if not (folder / TOP).is_file() or any(
        mark in str(folder) for mark in (os.pathsep, " ", '"', "'", "\\")
    ):
        return ""
    files = [str(folder / name) for name in (BASE, TOP) if (folder / name).is_file()]
    return f"-XX:SharedArchiveFile={os.pathsep.join(files)} {SILENT}"


def megabytes(root: Path = ROOT) -> int:
    """What the archive takes on the disk, in MB; 0 without one."""
    return sum(path.stat().st_size for path in (root / FOLDER).glob("*.jsa")) // 10**6


def describe_archive(java: Path, root: Path = ROOT) -> str:
    """Whether drivers of this Java have an archive, and what there is to do."""
    if not megabytes(root):
        advice = (
            "`make clean setup` tries again to make one"
            if is_current(root, java)
            else "`make setup` makes one"
        )
        return f"without an archive of Spark's classes, so that runs start slower ({advice})"
    if not is_current(root, java):
        return (
            "whose archive of Spark's classes is for another Java or other jars, so that runs start"
            " slower (`make setup` makes it anew)"
        )
    return f"with an archive of Spark's classes of {megabytes(root)} MB"


def is_current(root: Path = ROOT, java: Path | None = None) -> bool:
    """Whether set-up has made the archive, or tried to, for the jars that are there now and this
    Java, or the one it was made with.
    """
    try:
        stamp = json.loads((root / FOLDER / STAMP).read_text())
        return bool(stamp == made_for(root, java or Path(stamp["java"])))
    except (OSError, ValueError, TypeError, KeyError):
        return False


def made_for(root: Path, java: Path) -> dict[str, object]:
    """What an archive depends on: this Java and every jar of the class path, by size and time as
    Java itself compares them.
    """
    jars = [
        *(root / JAR_FOLDER).glob("*.jar"),
        *(root / ".venv").glob("lib/python*/site-packages/pyspark/jars/*.jar"),
    ]
    files = [java / "lib/server/libjvm.so", *sorted(jars)]
    return {
        "java": str(java),
        "files": [[str(path), path.stat().st_size, path.stat().st_mtime_ns] for path in files],
    }
