"""A shop's file as it came: how it is packed and written, its columns, and the values of its first
rows.
"""

import csv
import json
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

import duckdb

from headwater.onboarding.encoding import encoding_of
from headwater.onboarding.fetching import SampleError
from headwater.onboarding.shapes import are_dates, are_numbers, not_empty
from headwater.onboarding.words import likeness, roles_for, words_of
from lakehouse.contract.bronze import AS_RECEIVED
from lakehouse.intake.compression import opened
from settings.sources import Dialect

ROWS = 50_000  # read in 0.5 s, looked through in 2 s; dates are read to the end of the file
SNIFFED = 2_000  # lines that DuckDB tries its dialects on: 0.1 s
TAKEN = {*AS_RECEIVED, "occurrence"}  # the house's own columns beside a shop's


@dataclass(frozen=True)
class Field:
    """Something of a row that a standard column can be made of: Spark SQL for it, what it is
    called, and its values, row by row.
    """

    expression: str
    column: str
    labels: tuple[str, ...]
    values: tuple[str, ...]
    is_instant: bool = False

    @cached_property
    def distinct(self) -> tuple[str, ...]:
        """The values that are there, each once, in the order of the rows."""
        return tuple(dict.fromkeys(not_empty(self.values)))

    @property
    def example(self) -> str:
        """A value that is there."""
        return next(iter(self.distinct), "")

    @property
    def empty_share(self) -> float:
        """Share of the rows in which nothing is told."""
        return sum(not value.strip() for value in self.values) / max(1, len(self.values))

    @property
    def present(self) -> str:
        """The expression, null where the text is empty."""
        return f"nullif({self.expression}, '')" if self.empty_share else self.expression


@dataclass(frozen=True)
class Sample:
    """A file's form, columns and first rows; `whole` reads a field to the end of the file."""

    path: Path
    format: Literal["csv", "jsonl", "json", "parquet"]
    dialect: Dialect
    columns: tuple[str, ...]
    fields: tuple[Field, ...]
    explode: str | None
    unsure_encoding: bool

    def whole(self, field: Field) -> Iterator[str]:
        """Every value of the field in the whole file."""
        if self.format != "csv":
            yield from field.values
            return
        place = self.columns.index(field.column)
        for row in _csv_rows(self.path, self.dialect):
            yield row[place] if place < len(row) else ""


def looked_at(path: Path, source: str, encoding: str | None = None) -> Sample:
    """What a file is and how it is written, by its content.

    Raises:
        SampleError: it is empty, cut off, of a form that is not read here, or has columns that
            cannot be told apart.
    """
    try:
        return _refused_names(
            _parquet(path) if _begins(path, b"PAR1") else _text(path, source, encoding)
        )
    except (EOFError, zlib.error, OSError) as error:
        raise SampleError(
            f"{path} cannot be read to its end ({error}). Ask for the file again; nothing was"
            " written"
        ) from error


def _begins(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _text(path: Path, source: str, told_encoding: str | None) -> Sample:
    encoding, unsure = (told_encoding, False) if told_encoding else encoding_of(path)
    with opened(path, encoding) as file:
        head = file.read(1 << 16).lstrip()
    if not head:
        raise SampleError(
            f"{path} holds no text. Ask for the file again; a closed day needs no file here"
        )
    if head[:20].lower().startswith(("<!doctype", "<html", "<?xml")):
        raise SampleError(
            f"{path} is a web page or XML, not rows; is a login needed? It begins: {head[:60]!r}"
        )
    if head[0] in "[{":
        if encoding != "utf-8":
            raise SampleError(
                f"{path} is JSON in {encoding}; JSON is read as UTF-8 alone. Convert it: iconv -f"
                f" {encoding} -t utf-8 FILE"
            )
        return _json(path, head)
    return replace(_csv(path, source, encoding), unsure_encoding=unsure)


def _csv(path: Path, source: str, encoding: str) -> Sample:
    dialect = _dialect(path, encoding)
    rows = list(islice(_csv_rows(path, dialect.model_copy(update={"header": False})), ROWS))
    first, rest = rows[0], rows[1:]
    if len(first) == 1:
        raise SampleError(
            f"{path}, line 1: one column alone, no delimiter is found in {first[0][:60]!r}. Is it a"
            " table? Mend its first lines"
        )
    header = _is_header(first, rest, source)
    names = (
        [text or f"column_{n + 1}" for n, text in enumerate(first)]
        if header
        else [f"column_{n + 1}" for n in range(len(first))]
    )
    body = rest if header else rows
    columns = [tuple(row[n] if n < len(row) else "" for row in body) for n in range(len(names))]
    fields = tuple(
        Field(quoted(c), c, (words_of(c),) if header else (), v)
        for c, v in zip(names, columns, strict=True)
    )
    return Sample(
        path,
        "csv",
        dialect.model_copy(update={"header": header}),
        tuple(names),
        fields,
        None,
        False,
    )


def _csv_rows(path: Path, dialect: Dialect) -> Iterator[list[str]]:
    doubled = dialect.escape == dialect.quote
    with opened(path, dialect.encoding) as file:
        rows = csv.reader(
            file,
            delimiter=dialect.delimiter,
            quotechar=dialect.quote,
            doublequote=doubled,
            escapechar=None if doubled else dialect.escape,
        )
        filled = (row for row in rows if row)
        yield from islice(filled, 1 if dialect.header else 0, None)


def _dialect(path: Path, encoding: str) -> Dialect:
    """Delimiter, quote and escape, as DuckDB's sniffer finds them in the first lines."""
    with opened(path, encoding) as file, tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "head.csv"
        plain.write_text(
            "".join(line for line in islice(file, SNIFFED) if line.strip()),
            encoding="utf-8",
            newline="",
        )
        dialect = (
            "SELECT Delimiter, Quote, Escape, SkipRows FROM sniff_csv($1, sample_size = -1,"
            " all_varchar = true, null_padding = true)"
        )
        try:
            row = duckdb.execute(dialect, [str(plain)]).fetchone()
        except duckdb.Error as error:
            raise SampleError(
                f"{path}: no delimiter and quote fit its first lines. DuckDB says:"
                f" {str(error).splitlines()[0]}"
            ) from None
    delimiter, quote, escape, skipped = row or (",", '"', '"', 0)
    if skipped:
        raise SampleError(
            f"{path}: its first {skipped} lines are not of the table. Cut them off: tail -n"
            f" +{skipped + 1} FILE"
        )
    mark = quote if len(quote) == 1 and quote != "\0" else '"'
    return Dialect(
        delimiter=delimiter,
        quote=mark,
        escape=escape if len(escape) == 1 and escape != "\0" else mark,
        encoding=encoding,
    )


def _is_header(first: list[str], rest: list[list[str]], source: str) -> bool:
    """Names and not values: no number or date, and either a known word, or values below that are
    numbers or dates.
    """
    if any(are_numbers([cell]) or are_dates([cell], named=True) for cell in first):
        return False
    if any(likeness(words_of(cell), role) for role in roles_for(source).values() for cell in first):
        return True
    columns = [[row[n] for row in rest if n < len(row)] for n in range(len(first))]
    return any(are_numbers(column) or are_dates(column) for column in columns)


def _json(path: Path, head: str) -> Sample:
    with opened(path, "utf-8") as file:
        line = next(text for text in file if text.strip())
        try:
            is_lines = isinstance(json.loads(line), dict)
        except ValueError:
            is_lines = False
        texts: Iterable[str] = chain([line], file)
        records = _documents(
            path, texts if is_lines else [line + file.read()], one_per_line=is_lines
        )
    if not records:
        raise SampleError(f"{path} holds no JSON object; it begins: {head[:60]!r}")
    columns = tuple(dict.fromkeys(chain.from_iterable(records)))
    lists = {
        c: sum(len(r[c]) for r in records if _is_list(r.get(c)))
        for c in columns
        if any(_is_list(r.get(c)) for r in records)
    }
    explode = max(lists, key=lambda c: lists[c], default=None)
    return Sample(
        path,
        "jsonl" if is_lines else "json",
        Dialect(),
        columns,
        tuple(_nested(records, columns, explode)),
        explode,
        False,
    )


def _documents(path: Path, texts: Iterable[str], *, one_per_line: bool) -> list[dict[str, Any]]:
    """The objects of JSON lines, or of one document; numbers stay as they are written. A line that
    is no JSON is left to the rehearsal.
    """
    records: list[dict[str, Any]] = []
    for text in texts:
        if not text.strip():
            continue
        try:
            document = json.loads(text, parse_float=str, parse_int=str)
        except ValueError as error:
            if one_per_line and records:
                continue
            raise SampleError(
                f"{path} is no JSON: {error}. Ask for the file again; nothing was written"
            ) from None
        records += [
            r
            for r in (document if isinstance(document, list) else [document])
            if isinstance(r, dict)
        ]
        if one_per_line and len(records) >= ROWS:
            break
    return records


def _is_list(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(element, dict) for element in value)
    )


def _nested(
    records: list[dict[str, Any]], columns: tuple[str, ...], explode: str | None
) -> Iterator[Field]:
    """A field per text of a record, its inner objects' and its exploded elements' among them."""
    rows = [(r, e) for r in records for e in ((r.get(explode) or [{}]) if explode else [{}])]
    for column in columns:
        if column == explode:
            yield from _inner(column, [element for _, element in rows])
        elif any(isinstance(r.get(column), dict) for r in records):
            yield from _inner(column, [r.get(column) or {} for r, _ in rows])
        else:
            yield Field(
                quoted(column),
                column,
                (words_of(column),),
                tuple(_as_text(r.get(column)) for r, _ in rows),
            )


def _inner(column: str, objects: list[Any], path: tuple[str, ...] = ()) -> Iterator[Field]:
    objects = [item if isinstance(item, dict) else {} for item in objects]
    for key in dict.fromkeys(chain.from_iterable(objects)):
        values, inner = [item.get(key) for item in objects], (*path, key)
        if any(isinstance(value, dict) for value in values) and len(inner) < 3:
            yield from _inner(column, values, inner)
            continue
        whole, leaf = words_of(" ".join((column, *inner))), words_of(key)
        labels = (
            (whole,)
            if leaf in ("id", "name", "code", "number", "key", "type", "value")
            else (leaf, whole)
        )
        expression = f"get_json_object({quoted(column)}, '$.{'.'.join(inner)}')"
        yield Field(expression, column, labels, tuple(map(_as_text, values)))


def _as_text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _parquet(path: Path) -> Sample:
    import pyarrow as pa  # noqa: PLC0415 - half a second that other forms need not spend
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise SampleError(
            f"{path} is no whole Parquet file ({error}). Ask for the file again; nothing was"
            " written"
        ) from None
    fields = []
    for entry in table.schema:
        if pa.types.is_nested(entry.type):
            continue  # Spark's text of them is no JSON that an expression could read
        instant = pa.types.is_timestamp(entry.type) and entry.type.tz is not None
        # UTC, as Spark writes it
        column = table[entry.name].cast(pa.timestamp("us")) if instant else table[entry.name]
        values = tuple("" if value is None else str(value) for value in column.to_pylist())
        fields.append(
            Field(quoted(entry.name), entry.name, (words_of(entry.name),), values, instant)
        )
    return Sample(path, "parquet", Dialect(), tuple(table.schema.names), tuple(fields), None, False)


def _refused_names(sample: Sample) -> Sample:
    """Names that differ in case alone are one name to Spark, and some are the house's own."""
    folded = [name.casefold() for name in sample.columns]
    twice = sorted({name for name in sample.columns if folded.count(name.casefold()) > 1})
    wrong = twice or sorted(
        name for name in sample.columns if name.casefold() in TAKEN or "`" in name
    )
    if wrong:
        why = (
            "are there twice"
            if twice
            else "are names that the house uses itself, or hold a backtick"
        )
        raise SampleError(
            f"{sample.path}: the columns {', '.join(wrong)} {why}. Rename them in the file"
        )
    return sample


def quoted(column: str) -> str:
    """The column as Spark SQL names it."""
    return column if column.isascii() and column.isidentifier() else f"`{column}`"
