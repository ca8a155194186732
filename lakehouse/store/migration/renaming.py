"""How a table of records gets another name, and its columns other names: its rows are copied, and
it is deleted when the copy is proved.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from lakehouse.base.errors import UserError
from lakehouse.store import commit_files, delta
from lakehouse.store.appending import append_rows
from lakehouse.store.migration.declaring import Change


class NotCopied(UserError):
    """A table cannot be copied, or its copy lacks rows: it stays as it is."""


def renamed(lake: Path, old: str, new: str, columns: Mapping[str, str]) -> Iterator[Change]:
    """Yield what is still to be done until the rows of table `old` are in table `new`, its columns
    called by their new names, and `old` is gone.

    Rows that `new` has already are not copied again, so a copy that was killed, or a table that
    both an old and a new Headwater have written to, comes out whole. No row is read before a change
    is carried out: every run asks whether there is one.
    """
    path = lake / old
    if delta.exists(path):
        yield Change(
            f"copy the rows of {old} that {new} lacks", lambda: _copy(path, lake / new, columns)
        )
        yield Change(
            f"delete {old}, whose rows are in {new}", lambda: _delete(path, lake / new, columns)
        )
    elif commit_files.is_retired(path):
        yield Change(f"delete what is left of {old}", lambda: commit_files.delete_retired(path))


def _copy(path: Path, copy: Path, columns: Mapping[str, str]) -> None:
    """All rows in one commit: the copy has them all, or none of them."""
    rows = _lacking(path, copy, columns)
    schema = delta.dataset(path).schema
    names = [columns.get(name, name) for name in schema.names]
    fields = [field.with_name(name) for field, name in zip(schema, names, strict=True)]
    append_rows(copy, rows, pa.schema(fields))


def _delete(path: Path, copy: Path, columns: Mapping[str, str]) -> None:
    if lacking := _lacking(path, copy, columns):
        raise NotCopied(
            f"{path} is not deleted: {copy} lacks {len(lacking)} of its rows. Run the command again"
        )
    commit_files.retire(path)
    commit_files.delete_retired(path)


def _lacking(path: Path, copy: Path, columns: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows of a table, by their new names, that its copy does not have as often.

    Raises:
        NotCopied: the table cannot be read.
    """
    if damage := delta.damage_of(path):
        raise NotCopied(
            f"{path} cannot be copied: {damage}. Bring it back from a copy, or go back to the last"
            f" good version: `headwater restore --tenant {path.parent.name} --dry-run` says what"
            " that costs"
        )
    there = _counted(delta.read_arrow(copy).to_pylist() if delta.exists(copy) else [])
    rows = [
        {columns.get(name, name): value for name, value in row.items()}
        for row in delta.read_arrow(path).to_pylist()
    ]
    lacking = []
    for row in rows:
        key = _key(row)
        if there[key]:
            there[key] -= 1
        else:
            lacking.append(row)
    return lacking


def _counted(rows: list[dict[str, Any]]) -> Counter[tuple[str, ...]]:
    return Counter(_key(row) for row in rows)


def _key(row: dict[str, Any]) -> tuple[str, ...]:
    """The row's values that are not null, by name: a column that a table lacks is null in it."""
    return tuple(f"{name}={row[name]!r}" for name in sorted(row) if row[name] is not None)
