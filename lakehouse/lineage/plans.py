"""What a column of a frame depends on, read from the text that `DataFrame.explain` prints: no
private part of Spark is asked.

Two things in it say so. Column pruning keeps of every scanned table the columns that the result
needs, keys, joins and filters included. And every value carries a number (`amount#12`), so that the
values an expression names can be followed down to the scans.
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from pyspark.sql import DataFrame, SparkSession

# Spark cuts long lists and paths of a plan short: 25 fields and 100 characters unless told; the
# widest table here has 90 columns.
UNCUT = {
    "spark.sql.debug.maxToStringFields": "100000",
    "spark.sql.maxMetadataStringLength": "100000",
}
VALUE = re.compile(r"([^\s\[\](),]+)#(\d+)")
MADE = re.compile(r"#(\d+)L?$")
SCAN = re.compile(r"FileScan \S+ \[(.*?)\] Batched: .*Location: \S+ paths\)\[(\S+?)\]")
WINDOW = "windowspecdefinition("
ORDER = re.compile(r" NULLS (FIRST|LAST)$")
LEAVES = ("Relation", "LogicalRDD", "LocalRelation", "Range", "OneRowRelation")


@dataclass(frozen=True)
class Origins:
    """The columns (table, column) that a value is computed from, and those that only decide which
    rows it is computed of.
    """

    direct: frozenset[tuple[str, str]]
    indirect: frozenset[tuple[str, str]]


@dataclass
class Node:
    """One operator of a plan, with the operators below it."""

    text: str
    children: list["Node"] = field(default_factory=list)


@contextmanager
def uncut_plans(spark: SparkSession) -> Iterator[None]:
    """Have Spark print plans in full within the block."""
    before = {key: spark.conf.get(key, None) for key in UNCUT}
    for key, value in UNCUT.items():
        spark.conf.set(key, value)
    try:
        yield
    finally:
        for key, old in before.items():
            if old is None:
                spark.conf.unset(key)
            else:
                spark.conf.set(key, old)


def origins(frame: DataFrame, column: str) -> Origins:
    """What one column of the frame comes from; inputs must be files whose folder has the table's
    name, plans printed in full.
    """
    said = io.StringIO()
    with redirect_stdout(said):
        frame.select(column).explain(extended=True)
    logical, physical = (
        said.getvalue().split("== Optimized Logical Plan ==\n")[1].split("== Physical Plan ==\n")
    )
    return origins_of_text(logical, physical)


def origins_of_text(logical: str, physical: str) -> Origins:
    """The same, of the optimized and the physical plan of one column as text."""
    scanned: dict[str, tuple[str, str]] = {}
    for fields, place in SCAN.findall(physical):
        scanned |= {
            number: (PurePosixPath(place).name, name) for name, number in VALUE.findall(fields)
        }
    made_from: dict[str, set[str]] = {}
    waiting, seen = list(_outputs(_tree(logical), made_from)), set[str]()
    while waiting:
        number = waiting.pop()
        if number not in seen:
            seen.add(number)
            waiting += made_from.get(number, ())
    direct = frozenset(column for number, column in scanned.items() if number in seen)
    return Origins(direct, frozenset(scanned.values()) - direct)


def _tree(text: str) -> Node:
    """The operators by their indentation of three characters a level."""
    path: list[Node] = []
    for line in text.rstrip("\n").split("\n"):
        indent = re.match(r"(?:(?: {3}|: {2})*[+:]- )?", line)
        depth = len(indent[0]) // 3 if indent else 0
        node = Node(line[3 * depth :])
        del path[depth:]
        if path:
            path[-1].children.append(node)
        path.append(node)
    return path[0]


def _outputs(node: Node, made_from: dict[str, set[str]]) -> list[str]:
    """The numbers of the operator's output columns in order; notes which numbers each new one is
    made from.
    """
    below = [_outputs(child, made_from) for child in node.children]
    operator = node.text.split(" ", 1)[0]
    if operator in LEAVES:
        return [number for _, number in VALUE.findall(node.text)]
    if operator == "Union":
        for column in zip(*below, strict=True):
            made_from.setdefault(column[0], set()).update(column[1:])
        return below[0]
    if operator == "Join":
        return (
            below[0]
            if node.text.startswith(("Join LeftSemi", "Join LeftAnti"))
            else below[0] + below[1]
        )
    if operator in ("Project", "Aggregate", "Window") and (
        items := _items(node.text, 1 if operator == "Aggregate" else 0)
    ):
        made = [_made(item, made_from) for item in items]
        return [*below[0], *made] if operator == "Window" else made
    return _of_other(node, below, made_from)


def _of_other(node: Node, below: list[list[str]], made_from: dict[str, set[str]]) -> list[str]:
    """Of any other operator, what is new comes from all that its line names; out of a function in
    Python, from all that goes in.
    """
    seen = [number for numbers in below for number in numbers]
    named = [number for _, number in VALUE.findall(node.text)]
    is_python = re.match(r"\w*(Pandas|Python|Arrow)", node.text) is not None
    new = [number for number in dict.fromkeys(named) if number not in seen]
    for number in new:
        made_from.setdefault(number, set()).update(seen if is_python else set(named) & set(seen))
    return new if is_python else seen + new


def _items(text: str, place: int) -> list[str]:
    """The expressions in one list of an operator's line; none when a text with a bracket in it
    keeps them from being told apart.
    """
    lists = _lists(text)
    items = lists[place] if place < len(lists) else []
    return items if all(MADE.search(item) for item in items) else []


def _made(item: str, made_from: dict[str, set[str]]) -> str:
    number = MADE.findall(item)[0]
    made_from.setdefault(number, set()).update(
        {one for _, one in VALUE.findall(_without_partitions(item))} - {number}
    )
    return str(number)


def _without_partitions(item: str) -> str:
    """The expression without the keys that its windows are partitioned by: like those of a
    grouping, they only decide of which rows.
    """
    before, found, after = item.partition(WINDOW)
    if not found:
        return item
    spec, rest = _split(after)
    return (
        before + " ".join(part for part in spec if ORDER.search(part)) + _without_partitions(rest)
    )


def _lists(text: str) -> list[list[str]]:
    """The bracketed lists of an operator's line, outermost only, each split at its own commas."""
    found, rest = [], text
    while "[" in rest:
        opening = rest.index("[")
        if "(" in rest[:opening]:  # the list of a function's call, not of the operator
            rest = _split(rest[rest.index("(") + 1 :])[1]
            continue
        items, rest = _split(rest[opening + 1 :])
        found.append(items)
    return found


def _split(text: str) -> tuple[list[str], str]:
    """The text up to the bracket that closes it, split at its own commas, and what comes after."""
    items, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter in "[(") - (letter in "])")
        if depth < 0 or (depth == 0 and letter == ","):
            items.append(text[start:place].strip())
            start = place + 1
        if depth < 0:
            return items, text[start:]
    return [*items, text[start:].strip()], ""
