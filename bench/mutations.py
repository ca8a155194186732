"""Small faults made in source code, each as the text of a whole changed file: comparisons,
operators, constants and names of columns.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
}
OPERATORS: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
}
NAMES = {
    "min": "max",
    "max": "min",
    "asc": "desc",
    "desc": "asc",
    "any": "all",
    "all": "any",
    "cumsum": "cumprod",
    "first": "last",
}
SIGNS: dict[type[ast.unaryop], str] = {ast.Not: "not", ast.Invert: "~", ast.USub: "-"}
IN_SQL: tuple[tuple[str, re.Pattern[str], dict[str, str]], ...] = (
    (
        "comparison",
        re.compile(r"<=|>=|<>|=|<|>"),
        {"<=": "<", ">=": ">", "<>": "=", "=": "<>", "<": "<=", ">": ">="},
    ),
    ("operator", re.compile(r"\bAND\b|\bOR\b"), {"AND": "OR", "OR": "AND"}),
    (
        "operator",
        re.compile(r"\bIS NOT NULL\b|\bIS NULL\b"),
        {"IS NOT NULL": "IS NULL", "IS NULL": "IS NOT NULL"},
    ),
)
SQL_CALLS = {"where", "filter", "expr", "holds"}
# What these arguments hold is told to people or compared with the dictionary of columns: no value
# depends on it.
TOLD = {
    "words",
    "absent",
    "type",
    "unit",
    "key",
    "columns",
    "slice_by",
    "stage",
    "owner",
    "over",
    "level",
    "said",
    "alias",
}

# a larger number is changed in both directions; a small one downwards alone, for most of them are 1
# to 5 of a score
LARGE = 5


@dataclass(frozen=True)
class Mutant:
    """One fault: the function (or `module`) it is in, its kind and line, that line before and
    after, and the whole changed text.
    """

    file: str
    function: str
    kind: str
    line: int
    before: str
    after: str
    source: str

    @property
    def name(self) -> str:
        """What stays the same when lines move: file, function and the changed line before and
        after.
        """
        return f"{self.file} {self.function}: `{self.before}` -> `{self.after}`"


@dataclass(frozen=True)
class Edit:
    """Bytes `start` to `end` of a file replaced by a text."""

    kind: str
    start: int
    end: int
    text: str


def mutants_of(file: str, source: str, types: dict[str, str]) -> list[Mutant]:
    """Every fault that can be made in the file, in its order; `types` are the types of known
    columns, by name.
    """
    tree = ast.parse(source)
    raw = source.encode()
    starts = [0]
    for line in raw.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    names = sorted(
        {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and node.value in types
        }
    )
    mutants = []
    for function, node in _nodes(tree, "module"):
        mutants += [
            _mutant(file, function, raw, starts, edit)
            for edit in _edits(node, raw, starts, names, types)
        ]
    return sorted(mutants, key=lambda mutant: (mutant.line, mutant.kind, mutant.after))


def _mutant(file: str, function: str, raw: bytes, starts: list[int], edit: Edit) -> Mutant:
    changed = raw[: edit.start] + edit.text.encode() + raw[edit.end :]
    line = sum(start <= edit.start for start in starts)
    first, last = starts[line - 1], raw.find(b"\n", edit.end)
    before = raw[first:last].decode()
    after = changed[first : last + len(changed) - len(raw)].decode()
    return Mutant(
        file, function, edit.kind, line, _on_one_line(before), _on_one_line(after), changed.decode()
    )


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _nodes(node: ast.AST, function: str) -> Iterator[tuple[str, ast.AST]]:
    """Every node that decides a value, with the function it is in; no docstrings, annotations,
    f-strings or texts for people.
    """
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        function = node.name
    yield function, node
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "args") and not isinstance(node, ast.Call):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_told(child) and not _is_counted(node, child):
                yield from _nodes(child, function)


def _is_told(node: ast.AST) -> bool:
    is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    is_told = isinstance(node, ast.keyword) and node.arg in TOLD
    return (
        is_docstring
        or is_told
        or isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom | ast.Raise)
    )


def _is_counted(node: ast.AST, child: ast.AST) -> bool:
    """`F.lit(1)` directly in a count or in the `when` of one: rows are counted, whatever the
    literal.
    """
    is_call = (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("count", "when")
    )
    return is_call and ast.unparse(child) == "F.lit(1)"


def _edits(
    node: ast.AST, raw: bytes, starts: list[int], names: list[str], types: dict[str, str]
) -> Iterator[Edit]:
    if isinstance(node, ast.Compare):
        parts = [node.left, *node.comparators]
        for place, op in enumerate(node.ops):
            yield from _between(
                parts[place], parts[place + 1], "comparison", COMPARISONS[type(op)], raw, starts
            )
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        yield from _between(
            node.left, node.right, "operator", OPERATORS[type(node.op)], raw, starts
        )
    elif isinstance(node, ast.BoolOp):
        words = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            yield from _between(left, right, "operator", words, raw, starts)
    elif isinstance(node, ast.UnaryOp) and type(node.op) in SIGNS:
        yield Edit("operator", _start(node, starts), _start(node.operand, starts), "")
    elif isinstance(node, ast.Attribute) and node.attr in NAMES:
        end = _end(node, starts)
        yield Edit("operator", end - len(node.attr), end, NAMES[node.attr])
    elif isinstance(node, ast.Call):
        yield from _in_sql(node, raw, starts)
    elif isinstance(node, ast.Constant):
        yield from _constant(node, starts, names, types)


def _between(
    left: ast.expr,
    right: ast.expr,
    kind: str,
    words: tuple[str, str],
    raw: bytes,
    starts: list[int],
) -> Iterator[Edit]:
    """The operator between two operands; brackets may stand around it."""
    first, last = _end(left, starts), _start(right, starts)
    place = raw[first:last].decode().find(words[0])
    if place >= 0:
        yield Edit(kind, first + place, first + place + len(words[0]), words[1])


def _in_sql(node: ast.Call, raw: bytes, starts: list[int]) -> Iterator[Edit]:
    """Comparisons and operators in SQL that is written out as the first argument."""
    called = (
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    )
    first = node.args[0] if node.args else None
    if (
        called not in SQL_CALLS
        or not isinstance(first, ast.Constant)
        or not isinstance(first.value, str)
    ):
        return
    begin, text = _start(first, starts), raw[_start(first, starts) : _end(first, starts)].decode()
    for kind, pattern, others in IN_SQL:
        for match in pattern.finditer(text):
            yield Edit(kind, begin + match.start(), begin + match.end(), others[match[0]])


def _constant(
    node: ast.Constant, starts: list[int], names: list[str], types: dict[str, str]
) -> Iterator[Edit]:
    start, end, value = _start(node, starts), _end(node, starts), node.value
    if isinstance(value, bool):
        yield Edit("constant", start, end, str(not value))
    elif isinstance(value, int):
        others = (
            (value - 1, value + 1)
            if value > LARGE
            else (value - 1,)
            if value >= 2
            else (value + 1,)
        )
        yield from (Edit("constant", start, end, str(other)) for other in others)
    elif isinstance(value, float):
        yield Edit("constant", start, end, repr(value * 1.5 if value else 1.0))
    elif isinstance(value, str) and value in types:
        alike = [name for name in names if types[name] == types[value] and name != value]
        if alike:
            other = min(alike, key=lambda name: (name <= value, name))  # the next one by name
            yield Edit("column", start, end, f'"{other}"')


def _start(node: ast.expr, starts: list[int]) -> int:
    return starts[node.lineno - 1] + node.col_offset


def _end(node: ast.expr, starts: list[int]) -> int:
    return starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
