"""A file from where it is: this machine or the network, under a name that says how it is packed."""

import shutil
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import unquote, urlsplit

from lakehouse.base.errors import UserError

PACKED = {b"\x1f\x8b": ".gz", b"BZh": ".bz2", b"\x28\xb5\x2f\xfd": ".zst"}
OTHERS = {
    b"PK\x03\x04": "an Excel workbook or a zip archive; save it as CSV, or unpack it",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save it as CSV",
}
SECONDS = 60  # without a byte, after which a server counts as gone


class SampleError(UserError):
    """A file cannot be fetched or understood; the message says what it is and what to do."""


def fetched(place: str, folder: Path) -> Path:
    """The file itself, or a copy in `folder`, streamed there when it is a URL, or named after how
    it is packed when its name is wrong.

    Raises:
        SampleError: it is not there, is empty, or is of a kind that is not read here.
    """
    path = (
        _downloaded(place, folder)
        if place.split("://", maxsplit=1)[0] in ("http", "https", "ftp")
        else Path(place)
    )
    if not path.is_file():
        raise SampleError(
            f"{place} is no file. Give a file of this machine, or a URL that begins with https://"
        )
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise SampleError(f"{place} has zero bytes, not even a header. Ask for the file again")
    if kind := next(
        (format_name for magic, format_name in OTHERS.items() if head.startswith(magic)), None
    ):
        raise SampleError(f"{place} is {kind}")
    packed = next((suffix for magic, suffix in PACKED.items() if head.startswith(magic)), "")
    suffix = path.suffix if path.suffix in PACKED.values() else ""
    if packed == suffix:
        return path
    folder.mkdir(parents=True, exist_ok=True)
    right = folder / ((path.name.removesuffix(suffix) if suffix else path.name) + packed)
    return Path(shutil.copyfile(path, right))


def _downloaded(url: str, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (Path(unquote(urlsplit(url).path)).name or "download").lstrip("._")
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer, path.open("wb") as file:  # noqa: S310 - http, https and ftp alone
            shutil.copyfileobj(answer, file)
            declared_length = answer.headers.get("Content-Length")
    except (urllib.error.URLError, OSError) as error:
        raise SampleError(
            f"{url} cannot be fetched: {error}. Try it in a browser, download the file and give its"
            " path"
        ) from error
    if declared_length and path.stat().st_size < int(declared_length):
        raise SampleError(
            f"{url} broke off after {path.stat().st_size} of {declared_length} bytes. Run the"
            " command again"
        )
    return path
