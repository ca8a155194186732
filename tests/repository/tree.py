"""The repository as the tests of this folder see it: its files, and what a Python file imports,
names and says.
"""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from settings.places import ROOT

ROOMS = ("settings", "lakehouse", "features", "models", "jobs", "headwater", "dags", "setup")


@cache
def files() -> tuple[Path, ...]:
    """Every file that is tracked or about to be (ignored ones are not), relative to the
    repository.
    """
    listing = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(
        sorted(Path(line) for line in listing.stdout.splitlines() if (ROOT / line).is_file())
    )


def python_files(*rooms: str) -> list[Path]:
    """The Python files of the rooms."""
    return [path for path in files() if path.suffix == ".py" and path.parts[0] in rooms]


def text_of(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(text_of(path), str(path))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of all that a file imports, wherever in it: `from a.b import c` is
    `a.b.c`.
    """
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # the package that a relative import starts from; unused when level is 0
            here = ".".join(path.parts[: -node.level])
            start = ".".join(part for part in (here if node.level else "", node.module) if part)
            yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
            ("import_module", "__import__")
        ):
            yield from (
                (node.lineno, arg.value)
                for arg in node.args[:1]
                if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
            )


def full_names(path: Path) -> Iterator[tuple[ast.Name | ast.Attribute, str]]:
    """Every imported name and attribute that a file uses, in full: after `from pyspark.sql import
    functions as F`, `F.rand` is `pyspark.sql.functions.rand`. Attributes of anything else keep the
    words of the file.
    """
    by_name = {}
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            start = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                by_name[alias.asname or alias.name.split(".")[0]] = start + (
                    alias.name if alias.asname or start else alias.name.split(".")[0]
                )
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Attribute) or (isinstance(node, ast.Name) and node.id in by_name):
            first, _, rest = ast.unparse(node).partition(".")
            yield node, f"{by_name.get(first, first)}.{rest}" if rest else by_name.get(first, first)


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


# Harnesses that call the function they are given first.
HARNESSES = ("tests.tables.built",)


def called(path: Path) -> set[str]:
    """Full names of the imported functions that the tests of a file call: by name, by a harness, or
    as a value of a parametrized test.

    A name that is mentioned, imported or given to anything else is no call, nor is a call in a
    function that no test of the file reaches.
    """
    names: dict[ast.AST, str] = dict(full_names(path))
    reached: set[str] = set()
    for node in _reached(parsed(path)):
        given = _parametrized(node, names) if isinstance(node, ast.FunctionDef) else {}
        for call in ast.walk(node):
            if isinstance(call, ast.Call):
                by_harness = names.get(call.func) in HARNESSES and call.args
                function = call.args[0] if by_harness else call.func
                reached |= given.get(ast.unparse(function), set()) | (
                    {names[function]} if function in names else set()
                )
    return reached


def _reached(module: ast.Module) -> list[ast.stmt]:
    """The statements of a module that run: all but the functions that are named in no test nor in
    what a test names.
    """
    functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    reached = [
        node
        for node in module.body
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("test_")
    ]
    for node in reached:  # grows while it is read
        parts = list(ast.walk(node))
        words = {part.id for part in parts if isinstance(part, ast.Name)} | {
            part.arg for part in parts if isinstance(part, ast.arg)
        }
        reached += [
            functions[word]
            for word in sorted(words & {*functions})
            if functions[word] not in reached
        ]
    return reached


def _parametrized(test: ast.FunctionDef, names: dict[ast.AST, str]) -> dict[str, set[str]]:
    """By argument of the test the full names among the values that `parametrize` lists for it."""
    result: dict[str, set[str]] = {}
    for mark in test.decorator_list:
        if (
            isinstance(mark, ast.Call)
            and ast.unparse(mark.func) == "pytest.mark.parametrize"
            and isinstance(mark.args[1], ast.List)
        ):
            arguments = (
                [ast.literal_eval(mark.args[0])]
                if isinstance(mark.args[0], ast.Constant)
                else ast.literal_eval(mark.args[0])
            )
            for row in mark.args[1].elts:
                values = row.elts if isinstance(row, ast.Tuple) else [row]
                for argument, value in zip(arguments, values, strict=False):
                    result.setdefault(argument, set()).update(
                        {names[value]} if value in names else set()
                    )
    return result
