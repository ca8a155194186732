"""The repository as the tests of this folder see it: its files, and what a Python file imports, names and says."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from lakehouse.settings import REPOSITORY

ROOMS = ("lakehouse", "features", "models", "jobs", "dags", "setup")


@cache
def files() -> tuple[Path, ...]:
    """Every file that is tracked or about to be (ignored ones are not), relative to the repository."""
    said = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return tuple(sorted(Path(line) for line in said.stdout.splitlines() if (REPOSITORY / line).is_file()))


def python_files(*rooms: str) -> list[Path]:
    """The Python files of the rooms."""
    return [path for path in files() if path.suffix == ".py" and path.parts[0] in rooms]


def text_of(path: Path) -> str:
    return (REPOSITORY / path).read_text(encoding="utf-8")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(text_of(path), str(path))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of all that a file imports, wherever in it: `from a.b import c` is `a.b.c`."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            here = ".".join(path.parts[: -node.level])  # the package that a relative import starts from; unused when level is 0
            start = ".".join(part for part in (here if node.level else "", node.module) if part)
            yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            yield from ((node.lineno, arg.value) for arg in node.args[:1] if isinstance(arg, ast.Constant) and isinstance(arg.value, str))


def full_names(path: Path) -> Iterator[tuple[ast.Name | ast.Attribute, str]]:
    """Every imported name and attribute that a file uses, in full: after `from pyspark.sql import functions as F`, `F.rand` is
    `pyspark.sql.functions.rand`. Attributes of anything else keep the words of the file."""
    known = {}
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            start = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                known[alias.asname or alias.name.split(".")[0]] = start + (
                    alias.name if alias.asname or start else alias.name.split(".")[0]
                )
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Attribute) or (isinstance(node, ast.Name) and node.id in known):
            first, _, rest = ast.unparse(node).partition(".")
            yield node, f"{known.get(first, first)}.{rest}" if rest else known.get(first, first)


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Line and value of every string in a file that is not a docstring."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = {
        node.body[0].value
        for node in ast.walk(parsed(path))
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docs:
            yield node.lineno, node.value
