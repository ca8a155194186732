"""MLflow notes the absolute folder of each run's files in its database: in a home that was moved or
copied, it names the place where the home was. This corrects it.
"""

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path

SQLITE = "sqlite:///"


@cache
def correct_places(uri: str, artifacts: Path) -> None:
    """Have a local database name the folder of each experiment below `artifacts`, and the runs in
    it; once per process.

    An experiment of which there is no folder is left alone: its files are wherever they were put by
    hand. So is a database that is no file, or has no tables yet.
    """
    file = Path(uri.removeprefix(SQLITE))
    if not uri.startswith(SQLITE) or not file.is_file():
        return
    with closing(sqlite3.connect(file)) as database, database:
        if not database.execute(
            "SELECT 1 FROM sqlite_master WHERE name = 'experiments'"
        ).fetchone():
            return
        experiments = database.execute("SELECT name, artifact_location FROM experiments").fetchall()
        for name, old in experiments:
            folder = artifacts.resolve() / name
            if folder.is_dir() and old != folder.as_uri() and old.startswith("file:"):
                _move(database, old, folder.as_uri())


def _move(database: sqlite3.Connection, old: str, new: str) -> None:
    """In one transaction: killed in between, the database names the old place everywhere."""
    database.execute(
        "UPDATE experiments SET artifact_location = ? WHERE artifact_location = ?", (new, old)
    )
    # by length and not by LIKE, to which _ and % of a folder's name are any letter
    database.execute(
        "UPDATE runs SET artifact_uri = ? || substr(artifact_uri, ?)"
        " WHERE substr(artifact_uri, 1, ?) = ?",
        (new, len(old) + 1, len(old) + 1, old + "/"),
    )
