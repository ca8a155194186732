"""Compressed deliveries: read as text here, and unpacked for Spark where its Hadoop cannot (zstd
needs a native library it lacks).
"""

import bz2
import codecs
import gzip
import io
import shutil
from pathlib import Path
from typing import TextIO

import pyarrow as pa

UNPACKED = {".zst": "zstd"}


def opened(path: Path, encoding: str) -> TextIO:
    """The file as text, whatever it is packed with; a byte order mark is skipped.

    Raises:
        LookupError: there is no such encoding.
    """
    name = codecs.lookup(encoding).name
    text = "utf-8-sig" if name == "utf-8" else name
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding=text, newline="")
    if path.suffix == ".bz2":
        return bz2.open(path, "rt", encoding=text, newline="")
    if path.suffix in UNPACKED:
        return io.TextIOWrapper(
            pa.input_stream(str(path), compression=UNPACKED[path.suffix]), encoding=text, newline=""
        )
    return path.open(encoding=text, newline="")


def for_spark(path: Path, folder: Path) -> Path:
    """The file itself where Spark reads its compression, else its content in the folder."""
    if path.suffix not in UNPACKED:
        return path
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / path.stem
    with (
        pa.input_stream(str(path), compression=UNPACKED[path.suffix]) as packed,
        target.open("wb") as plain,
    ):
        shutil.copyfileobj(packed, plain)
    return target
