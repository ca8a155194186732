"""What was fetched for an arrival day: a folder that is there whole, with what it says of itself,
or not at all.

While it is being made its name begins with a dot, so that nobody sees it. Rows and mark (watermark,
counts) become visible by one rename: no crash leaves one without the other.
"""

import json
import os
import shutil
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from lakehouse.base.errors import UserError

MARK = "_fetched.json"


class FetchError(UserError):
    """A source cannot be fetched; the message names source and day, says what happened and what to
    do, and holds no credential.
    """


def is_there(folder: Path, day: date) -> bool:
    """Whether the day was fetched, or delivered by hand."""
    here = folder / str(day)
    return here.is_dir() and any(
        p.name == MARK or not p.name.startswith((".", "_")) for p in here.iterdir()
    )


def part_of(folder: Path, day: date, purpose: str = "part") -> Path:
    """The folder of a fetch under way."""
    return folder / f".{day}.{purpose}"


def publish(made: Path, folder: Path, day: date, mark: Mapping[str, object]) -> None:
    """Make a finished delivery visible, in place of an older one of that day."""
    write_json(made / MARK, mark)
    for path in (*made.iterdir(), made):
        _to_disk(path)
    target, old = folder / str(day), part_of(folder, day, "old")
    if target.exists():
        target.rename(old)
    made.rename(target)
    _to_disk(folder)
    shutil.rmtree(old, ignore_errors=True)


def recover(folder: Path) -> None:
    """Bring back the older delivery of a day whose replacement was killed between its two
    renames.
    """
    for old in folder.glob(".*.old"):
        target = folder / old.name.removeprefix(".").removesuffix(".old")
        if target.exists():
            shutil.rmtree(old)
        else:
            old.rename(target)


def fetched_before(folder: Path, day: date) -> list[tuple[date, dict[str, Any]]]:
    """The fetched days before this one, oldest first, with their marks."""
    marks = {path.parent.name: path for path in folder.glob(f"[0-9]*/{MARK}")}
    return [
        (date.fromisoformat(name), json.loads(path.read_text()))
        for name, path in sorted(marks.items())
        if name < str(day)
    ]


def filled(text: str, day: date) -> str:
    """`{day}` and `{next_day}` replaced; other braces are left alone."""
    return text.replace("{day}", str(day)).replace("{next_day}", str(day + timedelta(days=1)))


def write_json(path: Path, value: Mapping[str, object]) -> None:
    """Write whole or not at all: a reader, and a resumed fetch, never see half of it."""
    beside = path.with_name(f".{path.name}")
    beside.write_text(json.dumps(value))
    beside.replace(path)


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
