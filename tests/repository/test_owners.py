"""Each of these has one file that does it, so that there is one place to look and to change."""

import ast
import re
from pathlib import Path

import pytest

from tests.repository.tree import ROOMS, full_names, imports, parsed, python_files, texts

WRITERS = {
    "writeTo",
    "writeStream",
    "saveAsTable",
    "insertInto",
    "write_deltalake",
    "write_delta",
    "to_delta",
}
# DuckDB's own tables in memory are none of the lake's: a CREATE counts when it says Delta
STATEMENT = re.compile(
    r"\s*(MERGE\s+INTO|INSERT\s+(INTO|OVERWRITE)|DELETE\s+FROM|UPDATE\s+\S+\s+SET|(ALTER|DROP)\s+TABLE|(CREATE|REPLACE)\s.*\bDELTA\b)",
    re.I | re.S,
)
MAY_WRITE = {
    "lakehouse/store/delta.py": "the owner",
    "lakehouse/store/appending.py": "appends rows to tables of records, which Spark does not write",
    "lakehouse/store/pinned.py": "reads what the log says of a version; writes nothing",
    "lakehouse/fetch/databases.py": "writes files of the landing zone, as a shop would; no table of a lake",
    "models/registry/moved_home.py": "corrects paths in the database of MLflow; no table of a lake",
    "headwater/operate/probes.py": "the doctor tries a MERGE in a temporary folder, to see that Spark and Delta work; no table of a lake",
}


def test_only_delta_writes_tables() -> None:
    wrong = [
        problem
        for path in python_files(*ROOMS)
        if str(path) not in MAY_WRITE
        for problem in writes(path)
    ]
    assert wrong == [], "tables are written by lakehouse/store/delta.py"
    assert all(writes(Path(path)) for path in MAY_WRITE), (
        "an exception that is not needed, or the test looks for the wrong words"
    )


def writes(path: Path) -> list[str]:
    """Where a file writes a table, or holds the tools to: Delta's own packages, Spark's writer, SQL
    that changes rows.
    """
    called = {node.func for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)}
    packages = [
        (line, f"imports {name}")
        for line, name in imports(path)
        if name.split(".")[0] in {"deltalake", "delta"}
    ]
    # `frame.write` is a property, `file.write(text)` is a call
    writers = [
        (node.lineno, f"uses {name}")
        for node, name in full_names(path)
        if name.rpartition(".")[2] in WRITERS or (name.endswith(".write") and node not in called)
    ]
    statements = [
        (line, f"says {text.strip()[:30]}") for line, text in texts(path) if STATEMENT.match(text)
    ]
    return [f"{path}:{line} {what}" for line, what in (*packages, *writers, *statements)]


@pytest.mark.parametrize(
    ("package", "owner"),
    [("pydeequ", "lakehouse/quality/deequ.py"), ("mlflow", "models/registry/tracking.py")],
)
def test_a_package_has_one_owner(package: str, owner: str) -> None:
    importers = {
        str(path)
        for path in python_files(*ROOMS)
        for _, name in imports(path)
        if name.split(".")[0] == package
    }
    assert importers == {owner}


def test_only_one_file_builds_a_session() -> None:
    makers = (".builder", ".getOrCreate", "SparkContext", ".newSession")
    builders = {
        str(path)
        for path in python_files(*ROOMS)
        for _, name in full_names(path)
        if name.endswith(makers)
    }
    assert builders == {"lakehouse/base/spark.py"}


def test_yaml_is_read_where_a_key_twice_is_refused() -> None:
    readers = {
        str(path)
        for path in python_files(*ROOMS)
        for _, name in full_names(path)
        if re.fullmatch(r"yaml\.\w*load\w*", name)
    }
    assert readers == {"settings/yaml_files.py"}
