"""A home that was moved or copied: its MLflow database names the files where they are now."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from models.registry.moved_home import correct_places

TABLES = """
CREATE TABLE experiments (name TEXT, artifact_location TEXT);
CREATE TABLE runs (artifact_uri TEXT);
INSERT INTO experiments VALUES
    ('a_shop', 'file:///old/home/mlflow/a_shop'),
    ('elsewhere', 'file:///old/home/mlflow/elsewhere'),
    ('remote', 's3://bucket/remote');
INSERT INTO runs VALUES
    ('file:///old/home/mlflow/a_shop/r1/artifacts'),
    ('file:///old/home/mlflow/aXshop/r2/artifacts'),
    ('s3://bucket/remote/r3/artifacts');
"""


def places(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as database:
        one = database.execute("SELECT artifact_location FROM experiments ORDER BY rowid")
        other = database.execute("SELECT artifact_uri FROM runs ORDER BY rowid")
        return [row[0] for row in (*one, *other)]


def test_the_files_of_a_moved_home_are_where_it_is_now(tmp_path: Path) -> None:
    """Those of the shop alone: of `elsewhere` there is no folder here, `remote` is on a server, and
    r2 is of a folder whose name is like the shop's.
    """
    file, artifacts = tmp_path / "mlflow.db", tmp_path / "new home" / "mlflow"
    for name in ("a_shop", "remote"):
        (artifacts / name).mkdir(parents=True)
    with closing(sqlite3.connect(file)) as database:
        database.executescript(TABLES)
    here = artifacts.as_uri()
    expected = [
        f"{here}/a_shop",
        "file:///old/home/mlflow/elsewhere",
        "s3://bucket/remote",
        f"{here}/a_shop/r1/artifacts",
        "file:///old/home/mlflow/aXshop/r2/artifacts",
        "s3://bucket/remote/r3/artifacts",
    ]
    correct_places(f"sqlite:///{file}", artifacts)
    assert places(file) == expected
    before = file.read_bytes()
    shutil.copy(file, tmp_path / "again.db")
    correct_places(f"sqlite:///{tmp_path / 'again.db'}", artifacts)
    assert (tmp_path / "again.db").read_bytes() == before, "what is right stays as it is"


def test_a_server_and_a_database_without_tables_are_left_alone(tmp_path: Path) -> None:
    correct_places("http://localhost:5000", tmp_path)
    correct_places(f"sqlite:///{tmp_path}/none.db", tmp_path)
    (tmp_path / "empty.db").touch()
    correct_places(f"sqlite:///{tmp_path}/empty.db", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["empty.db"]
