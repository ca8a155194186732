"""The number of a lake's format: what its records and tables are called and hold. Who writes to a
lake of another format is refused; old releases can always be read.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from lakehouse.base.errors import UserError
from lakehouse.store.migration.steps import STEPS, Change

FILE = "headwater.json"
FORMAT = max(step.to for step in STEPS)


class OlderLake(UserError):
    """An older Headwater wrote the lake, and something in it must be changed first."""


class NewerLake(UserError):
    """A newer Headwater has written to the lake."""


def format_of(lake: Path) -> int:
    """The number in the lake; 0 for one without a number, which is older than numbers.

    Raises:
        NewerLake: the file of the number holds something else.
    """
    file = lake / FILE
    try:
        return int(json.loads(file.read_text())["format"]) if file.exists() else 0
    except (ValueError, KeyError, TypeError):
        raise NewerLake(
            f'{file} does not hold the number of a format, such as {{"format": {FORMAT}}}. Bring it'
            " back from a copy, or use the newer Headwater that wrote it"
        ) from None


def write_format(lake: Path, number: int) -> None:
    """Put the number into the lake in one step: a reader finds the old number or the new one."""
    draft = lake / f"{FILE}.{os.getpid()}"
    draft.write_text(json.dumps({"format": number}) + "\n")
    draft.replace(lake / FILE)


def pending(lake: Path) -> Iterator[Change]:
    """What is still to be changed in the lake, in order; each change is carried out before the next
    one is asked for, or none is.
    """
    since = format_of(lake)
    for step in STEPS:
        if step.to > since:
            yield from step.changes(lake)


def refuse_other_format(lake: Path, *, older: bool = False) -> None:
    """Refuse a lake of another format, unless it is an older one in which nothing is to be changed;
    with `older`, no older one is refused.

    Raises:
        OlderLake: names the command that changes it.
        NewerLake: says whose it is.
    """
    number = format_of(lake)
    if number > FORMAT:
        raise NewerLake(
            f"{lake} has format {number}, and this Headwater writes format {FORMAT}: use the newer"
            " Headwater"
        )
    if not older and any(True for _ in pending(lake)):
        raise OlderLake(
            f"{lake} has format {number}, and this Headwater writes format {FORMAT}: run"
            f" `headwater migrate --tenant {lake.name}` once, and then this again"
        )


def admit_writer(lake: Path) -> None:
    """Refuse what `refuse_other_format` refuses; a lake in which nothing is to be changed, such as
    a new one, is given the number.
    """
    refuse_other_format(lake)
    if format_of(lake) < FORMAT and lake.is_dir():
        write_format(lake, FORMAT)
