"""Functions under forty lines, files under three hundred, and no rooms for what has no name."""

import ast

from tests.repository.tree import ROOMS, parsed, python_files, text_of

NAMELESS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "processor", "processors"}


def test_no_function_is_over_forty_lines() -> None:
    long = [
        f"{path}:{node.lineno} {node.name} has {lines} lines"
        for path in python_files(*ROOMS)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (lines := (node.end_lineno or 0) - node.lineno + 1) > 40
    ]
    assert long == []


def test_no_file_is_over_three_hundred_lines() -> None:
    assert [f"{path} has {n} lines" for path in python_files(*ROOMS) if (n := len(text_of(path).splitlines())) > 300] == []


def test_no_module_is_called_after_nothing() -> None:
    assert [str(path) for path in python_files(*ROOMS, "bench", "tests") if NAMELESS & {*path.with_suffix("").parts}] == []
