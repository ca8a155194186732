"""How long functions and files may be, and no rooms for what has no name."""

import ast

from tests.repository.tree import ROOMS, parsed, python_files, text_of

NAMELESS = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "manager",
    "managers",
    "processor",
    "processors",
}


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function without its signature and its docstring, which say and do not do."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_no_function_does_more_than_fifty_lines() -> None:
    long = [
        f"{path}:{node.lineno} {node.name} has {lines} lines"
        for path in python_files(*ROOMS)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := lines_of(node)) > 50
    ]
    assert long == []


def test_no_file_is_over_four_hundred_lines() -> None:
    assert [
        f"{path} has {n} lines"
        for path in python_files(*ROOMS)
        if (n := len(text_of(path).splitlines())) > 400
    ] == []


def test_no_module_is_called_after_nothing() -> None:
    assert [
        str(path)
        for path in python_files(*ROOMS, "bench", "tests")
        if NAMELESS & {*path.with_suffix("").parts}
    ] == []
