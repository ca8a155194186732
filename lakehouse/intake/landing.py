"""The landing zone: which files were delivered for which arrival day, whether they are whole, new,
and as declared.
"""

import csv
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain, count
from pathlib import Path

from lakehouse.base.errors import UserError
from lakehouse.intake.compression import opened
from settings.model import Settings
from settings.nearest import nearest
from settings.places import absolute
from settings.sources import Source


class DeliveryError(UserError):
    """A delivery is missing or broken; the message names source, day, file and line, and says what
    to do.
    """


class UnfinishedDelivery(DeliveryError):
    """A delivery that looks as if it were still under way: without a byte, or cut off."""


@dataclass(frozen=True)
class Delivery:
    """One file of one source and arrival day: where it is, what it is, and the columns it says it
    has.

    `lines` are those of a file of text, the rows of one of Parquet.
    """

    source: str
    day: date
    path: Path
    name: str
    columns: tuple[str, ...]
    bytes: int
    sha256: str
    is_empty: bool
    lines: int

    def most_rows(self, source: Source) -> int:
        """At most so many rows come of the file: a line is one at most, but where a line holds a
        list of them. Of a list a row has ten characters and more, and packed text is a twentieth.
        """
        if source.format != "json" and not source.explode:
            return self.lines
        return self.lines + self.bytes * 20 // 10

    def unexpected(self, source: Source) -> list[str]:
        """Columns that the source does not declare."""
        return [c for c in self.columns if c not in source.columns]


def landing_of(settings: Settings) -> Path:
    """The tenant's landing zone."""
    return absolute(settings.paths.landing) / settings.tenant.name


def work_of(settings: Settings, name: str) -> Path:
    """Where what Spark cannot unpack itself is unpacked, of one source."""
    return absolute(settings.paths.work) / settings.tenant.name / name


def folder_of(settings: Settings, name: str) -> Path:
    """Where a source's deliveries lie, one folder per arrival day."""
    return landing_of(settings) / (settings.tenant.sources[name].folder or name)


def files_of(settings: Settings, name: str, day: date) -> list[Path]:
    """The files delivered for the day; those whose names begin with a dot or an underscore are
    still being written.
    """
    folder = folder_of(settings, name) / str(day)
    return sorted(p for p in folder.glob("*") if p.is_file() and not p.name.startswith((".", "_")))


def deliveries(settings: Settings, name: str, days: list[date]) -> list[Delivery]:
    """Every file delivered for the days, each opened to its end.

    Raises:
        DeliveryError: a file is empty, truncated or lacks a column; all are listed.
    """
    arrived: list[Delivery] = []
    wrong: list[DeliveryError] = []
    for day in days:
        for path in files_of(settings, name, day):
            try:
                arrived.append(_checked(settings, name, day, path))
            except DeliveryError as error:
                wrong.append(error)
    if wrong:
        raise type(wrong[0])("\n".join(map(str, wrong)))
    return arrived


def _checked(settings: Settings, name: str, day: date, path: Path) -> Delivery:
    source, where = settings.tenant.sources[name], f"{name} {day}: {path}"
    size = path.stat().st_size
    if size == 0:
        raise UnfinishedDelivery(
            f"{where}, line 1: zero bytes, not even a header. Deliver the file again and run the"
            " day again"
        )
    columns, lines = _looked_through(where, path, source)
    missing = [c for c in source.columns if c not in columns]
    extra = [c for c in columns if c not in source.columns]
    if columns and missing:
        hints = [f"{c} (nearest delivered: {nearest(c, extra or columns)})" for c in missing]
        raise DeliveryError(
            f"{where}, line 1: missing columns: {', '.join(hints)}; unexpected columns:"
            f" {', '.join(extra) or 'none'}"
        )
    place = str(path.relative_to(landing_of(settings)))
    is_empty = lines <= (1 if source.format == "csv" and source.csv.header else 0)
    return Delivery(
        name,
        day,
        path,
        place,
        columns or tuple(source.columns),
        size,
        checksum(path),
        is_empty,
        lines,
    )


def _looked_through(where: str, path: Path, source: Source) -> tuple[tuple[str, ...], int]:
    """The columns of a file, none when it has no row to tell them by, and how many lines it has,
    or rows of Parquet; read to its end.
    """
    if source.format == "parquet":
        import pyarrow.parquet as pq  # noqa: PLC0415 - half a second that most tenants need not spend

        try:
            file = pq.ParquetFile(path)
        except (OSError, ValueError) as error:
            raise DeliveryError(
                f"{where}: not a Parquet file ({error}). Deliver the file again and run the day"
                " again"
            ) from error
        return tuple(file.schema_arrow.names), file.metadata.num_rows
    read = count()
    try:
        with opened(path, source.csv.encoding if source.format == "csv" else "utf-8") as file:
            lines = (line for line, _ in zip(file, read, strict=False))
            columns = _columns(lines, source)
            for _ in lines:
                pass
    except (EOFError, OSError, zlib.error, UnicodeError) as error:
        raise UnfinishedDelivery(
            f"{where}, after line {next(read)}: cannot be read to its end ({error}). Deliver the"
            " file again and run the day again"
        ) from error
    return columns, next(read)


def _columns(lines: Iterator[str], source: Source) -> tuple[str, ...]:
    if source.format == "fixed":
        return tuple(source.columns)
    if source.format == "csv":
        first = tuple(
            next(csv.reader(lines, delimiter=source.csv.delimiter, quotechar=source.csv.quote), ())
        )
        if source.csv.header or not first:
            # pandas leaves the name of its row number out
            return tuple(name or f"column_{n + 1}" for n, name in enumerate(first))
        return (
            *source.columns[: len(first)],
            *(f"column_{n + 1}" for n in range(len(source.columns), len(first))),
        )
    return tuple(_keys(lines, whole=source.format == "json"))


def _keys(lines: Iterator[str], *, whole: bool) -> dict[str, None]:
    """Every key of every record, so that a column which begins in the middle of a file is not
    lost.
    """
    keys: dict[str, None] = {}
    for text in ["".join(lines)] if whole else lines:
        try:
            record = json.loads(text)
        except ValueError:
            continue  # Spark keeps it as corrupt_record, and silver quarantines it
        records = record if whole and isinstance(record, list) else [record]
        keys.update(dict.fromkeys(chain.from_iterable(r for r in records if isinstance(r, dict))))
    return keys


def checksum(path: Path) -> str:
    """The SHA-256 of the file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
