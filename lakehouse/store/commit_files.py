"""The files of a table's `_delta_log` as they lie on disk: which versions have one, which of them
are harmed, and putting those aside.
"""

import json
import re
import shutil
from pathlib import Path

import pyarrow.parquet as pq

LOG = "_delta_log"
COMMIT = re.compile(r"(\d{20})\.json")
# commits, checkpoints and checksums, and Hadoop's own checksums of each, which begin with a dot
OF_VERSION = re.compile(r"\.?(\d{20})\.(json|crc|checkpoint\..*parquet)(\.crc)?")
ASIDE = "damaged-"
RETIRED = "_retired_log"


def has_any(path: Path) -> bool:
    """Whether a version was ever committed: a log without one is what a writer left that was killed
    before its first commit.
    """
    return (path / LOG).is_dir() and bool(_commits(path) or _checkpoints(path))


def newest(path: Path) -> int:
    """The highest version with a commit file, whatever is in it; -1 when there is none."""
    return max(_commits(path), default=-1)


def newest_version(path: Path) -> int:
    """The newest version of a table, by its commit files and checkpoints; -1 without any."""
    if not (path / LOG).is_dir():
        return -1
    return max([*_commits(path), *_checkpoints(path)], default=-1)


def first_harmed(path: Path) -> int | None:
    """The lowest version since the newest checkpoint whose commit file is empty, torn or missing;
    None when all are whole.

    That one is missing is seen from a later commit, or from its own checksum file, which Delta
    writes after it.
    """
    there = _commits(path)
    least = max(_checkpoints(path), default=min(there, default=0))
    for version in range(least, max([*there, *_checksums(path)], default=-1) + 1):
        if (version not in there and version > least) or (
            version in there and is_torn(there[version])
        ):
            return version
    return None


def is_torn(file: Path) -> bool:
    """Whether a commit file does not end as it was written: it is empty, or a line of it is not
    JSON.
    """
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    try:
        return not lines or not all(isinstance(json.loads(line), dict) for line in lines)
    except ValueError:
        return True


def from_version(path: Path, version: int) -> list[Path]:
    """Every file of the log that belongs to this version or a later one, and the pointer to the
    last checkpoint with them.
    """
    versions = [
        file
        for file in (path / LOG).iterdir()
        if (match := OF_VERSION.fullmatch(file.name)) and int(match[1]) >= version
    ]
    return sorted([*versions, *(path / LOG).glob("*_last_checkpoint*")] if versions else versions)


def statistics(path: Path) -> dict[str, str]:
    """What the log said last of every file that a commit added and none has removed: its rows and
    the extremes of columns, as JSON.
    """
    checkpoints, stats = _checkpoints(path), dict[str, str]()
    since = max(checkpoints, default=-1)
    for part in (path / LOG).glob(f"{since:020}.checkpoint*.parquet"):
        added = pq.ParquetFile(part).read(columns=["add.path", "add.stats"])["add"].to_pylist()
        stats |= {add["path"]: add["stats"] or "" for add in added if add and add["path"]}
    for _, file in sorted(
        (version, file) for version, file in _commits(path).items() if version > since
    ):
        actions = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        for removed in (action["remove"] for action in actions if "remove" in action):
            stats.pop(removed["path"], None)
        stats |= {
            action["add"]["path"]: action["add"].get("stats") or ""
            for action in actions
            if "add" in action
        }
    return stats


def put_aside(files: list[Path], mark: str) -> list[Path]:
    """Rename the files, highest version first, out of every reader's sight:
    `damaged-<mark>-<name>`; returns the new places.
    """
    moved = []
    for file in sorted(files, reverse=True):
        target = file.with_name(f"{ASIDE}{mark}-{file.name.removeprefix('.')}")
        target = target if not target.exists() else target.with_name(f"{target.name}.hidden")
        moved.append(file.rename(target))
    return moved


def _commits(path: Path) -> dict[int, Path]:
    return {
        int(match[1]): file
        for file in (path / LOG).iterdir()
        if (match := COMMIT.fullmatch(file.name))
    }


def _checksums(path: Path) -> list[int]:
    return [
        int(file.stem) for file in (path / LOG).glob("*.crc") if re.fullmatch(r"\d{20}", file.stem)
    ]


def _checkpoints(path: Path) -> list[int]:
    return [
        int(file.name[:20])
        for file in (path / LOG).glob("*.checkpoint*.parquet")
        if file.name[:20].isdigit()
    ]


def retire(path: Path) -> None:
    """Take a table out of every reader's sight in one step, by the name of its log; its rows must
    be elsewhere.
    """
    (path / LOG).rename(path / RETIRED)


def is_retired(path: Path) -> bool:
    """Whether a folder is what is left of a table that was taken out of sight."""
    return (path / RETIRED).is_dir() and not (path / LOG).exists()


def delete_retired(path: Path) -> None:
    """Delete the folder of a table that was taken out of sight, its mark last: killed, it is begun
    again.
    """
    for entry in path.iterdir():
        if entry.name != RETIRED:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    shutil.rmtree(path / RETIRED)
    path.rmdir()
