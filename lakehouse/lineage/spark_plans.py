"""What the columns of a frame depend on, read from Spark's analysed plan: one plan tells of all
columns of a table.

Every value in a plan has a number (`amount#12`). Two walks from a column down to the scans follow
these numbers. One takes what the column is computed from. The other takes also what decides which
rows it is computed of: keys, joins, filters, orders and partitions. Both leave out what the column
does not need, as Spark's optimizer does when only this column is asked for.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

from pyspark.sql import DataFrame

Values = frozenset[int]
NONE: Values = frozenset()
# The fields of an operator that hold the expressions of its new columns.
MADE_IN = {
    "Project": "projectList",
    "Aggregate": "aggregateExpressions",
    "Window": "windowExpressions",
}
# Aggregate functions that give the same when a row comes twice.
OF_SETS = {"Max", "Min", "CollectSet"}
# The fields of an operator that hold the columns which its rows are unique by.
KEYS_IN = {"Aggregate": "groupingExpressions", "Deduplicate": "keys"}
# What a condition consists of that compares columns for equality alone.
EQUALITY = {"And", "EqualTo", "EqualNullSafe", "AttributeReference"}
# Operators that look at one row at a time, so that they do not mind whether it comes again.
ONE_BY_ONE = ("Project", "Filter", "SubqueryAlias", "Join", "Generate")
# Operators whose result is a function of whole rows: every input column goes into every output.
WHOLE_ROWS = ("MapInPandas", "PythonMapInArrow", "FlatMapGroupsInPandas", "FlatMapCoGroupsInPandas")


@dataclass(frozen=True)
class ColumnInputs:
    """The columns (table, column) that a value is computed from, and those that only decide which
    rows it is computed of.
    """

    direct: frozenset[tuple[str, str]]
    indirect: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Made:
    """A value that an operator makes or passes on: the values that it is computed from, with them
    the keys of its windows, and whether it changes when a row comes twice.
    """

    number: int
    direct: Values
    named: Values
    counts: bool


@dataclass
class Operator:
    """One operator of a plan, with the operators below it."""

    fields: dict[str, Any]
    below: list["Operator"] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The name of its class in Spark."""
        return _class(self.fields)

    @cached_property
    def made(self) -> list[Made]:
        """The values in the list that makes its columns; none where it has no such list."""
        return [_made(tree) for tree in self.fields.get(MADE_IN.get(self.kind, ""), ())]

    @cached_property
    def outputs(self) -> list[int]:
        """The numbers of its columns in order."""
        if self.kind in ("Project", "Aggregate"):
            return [made.number for made in self.made]
        if "output" in self.fields:
            return [_number(tree[0]) for tree in self.fields["output"]]
        if self.kind == "Union" or self._is_semi_join:
            return self.below[0].outputs
        new = [made.number for made in self.made] + self.generated
        return [*(number for child in self.below for number in child.outputs), *new]

    @cached_property
    def generated(self) -> list[int]:
        """The columns that an explosion adds."""
        return [_number(tree[0]) for tree in self.fields.get("generatorOutput", ())]

    @cached_property
    def named(self) -> Values:
        """Every value that its expressions name, its new columns apart."""
        skipped = (MADE_IN.get(self.kind), "output", "generatorOutput")
        parts = (value for name, value in self.fields.items() if name not in skipped)
        return frozenset(number for part in parts for number in _attributes(part))

    @cached_property
    def unique_by(self) -> Values:
        """Columns of which no two rows have the same values, as far as a grouping says so; none
        where it is not known.
        """
        if self.kind in KEYS_IN:
            keys = self.fields[KEYS_IN[self.kind]]
            return frozenset(number for tree in keys for number in _attributes(tree))
        if self.kind in ("Project", "Filter", "SubqueryAlias"):
            below = self.below[0].unique_by
            return below if below <= frozenset(self.outputs) else NONE
        return NONE

    def adds_only(self, wanted: Values, *, counts: bool) -> bool:
        """Whether it is a left join that keeps the rows of its left side as they are, once each
        where that `counts`, and adds columns of which none is wanted.
        """
        if self.kind != "Join" or "LeftOuter" not in str(self.fields["joinType"]):
            return False
        right, condition = self.below[1], self.fields.get("condition") or []
        is_equality = {_class(node) for node in condition} <= EQUALITY
        is_once = is_equality and right.unique_by and right.unique_by <= self.named
        return bool(is_once or not counts) and not wanted & frozenset(right.outputs)

    @property
    def _is_semi_join(self) -> bool:
        join = str(self.fields.get("joinType", ""))
        return "LeftSemi" in join or "LeftAnti" in join


def column_inputs(frame: DataFrame) -> dict[str, ColumnInputs]:
    """The input columns of each column of the frame, by its name. The frame must read files from
    folders that have the names of the input tables.
    """
    # only the plan's object in the JVM gives expressions as trees and scans with their folders
    analysed: Any = frame._jdf.queryExecution().analyzed()
    top = _plan(iter(json.loads(analysed.toJSON())))
    scanned = _scanned(top, analysed)
    return {
        name: _column_inputs(top, number, scanned)
        for name, number in zip(frame.columns, top.outputs, strict=True)
    }


def _column_inputs(top: Operator, number: int, scanned: dict[int, tuple[str, str]]) -> ColumnInputs:
    column = frozenset([number])
    direct, every = (
        frozenset(scanned[place] for place in numbers if place in scanned)
        for numbers in (_computed_from(top, column), _needed(top, column))
    )
    return ColumnInputs(direct, every - direct)


def _computed_from(operator: Operator, wanted: Values) -> Values:
    """The values of the scans below that the wanted ones are computed from."""
    if not operator.below:
        return wanted & frozenset(operator.outputs)
    if operator.kind == "Union":
        return _of_union(operator, wanted, _computed_from)
    if operator.kind in WHOLE_ROWS:
        asked = _all_below(operator) if wanted & frozenset(operator.outputs) else NONE
    elif operator.kind == "Generate":
        asked = wanted | (operator.named if wanted & frozenset(operator.generated) else NONE)
    elif operator.made:
        asked = _replaced(operator, wanted, {made.number: made.direct for made in operator.made})
    else:
        new = wanted & frozenset(operator.outputs) - _all_below(operator)
        asked = wanted | (operator.named if new else NONE)
    return NONE.union(*(_computed_from(child, asked) for child in operator.below))


def _needed(operator: Operator, wanted: Values, *, counts: bool = True) -> Values:
    """The values of the scans below without which the wanted ones cannot be had, each of the right
    rows; where nothing `counts`, it is all the same how often a row comes.
    """
    if not operator.below:
        return wanted & frozenset(operator.outputs)
    if operator.kind == "Union":
        return _of_union(operator, wanted, partial(_needed, counts=counts))
    if operator.adds_only(wanted, counts=counts):
        return _needed(operator.below[0], wanted, counts=counts)
    named = {made.number: made.named for made in operator.made}
    if operator.kind in (*WHOLE_ROWS, "Distinct"):
        asked, counts = _all_below(operator), operator.kind != "Distinct"
    elif operator.kind == "Window" and not wanted & named.keys():
        asked = wanted  # what nobody asks for is not computed, and its keys are not read
    elif operator.kind == "Aggregate":
        asked = _replaced(operator, wanted, named)
        sums = [made for made in operator.made if made.number in wanted and made.counts]
        # without a sum, a grouping only drops rows that come again
        asked |= operator.named if counts or sums else NONE
        counts = bool(sums)
    else:
        asked = _replaced(operator, wanted, named) | operator.named
        counts = counts or operator.kind not in ONE_BY_ONE
    return NONE.union(*(_needed(child, asked, counts=counts) for child in operator.below))


def _replaced(operator: Operator, wanted: Values, made: dict[int, Values]) -> Values:
    """The wanted values as those below: a new one is what it is made from. A window also passes on
    what is below it.
    """
    kept = wanted - made.keys() if operator.kind not in ("Project", "Aggregate") else NONE
    return kept.union(*(made[number] for number in wanted & made.keys()))


def _of_union(
    operator: Operator, wanted: Values, walk: Callable[[Operator, Values], Values]
) -> Values:
    """A column of a union is that at its place in every part."""
    places = [place for place, number in enumerate(operator.outputs) if number in wanted]
    return NONE.union(
        *(
            walk(branch, frozenset(branch.outputs[place] for place in places))
            for branch in operator.below
        )
    )


def _all_below(operator: Operator) -> Values:
    return frozenset(number for child in operator.below for number in child.outputs)


def _plan(flat: Iterator[dict[str, Any]]) -> Operator:
    """The tree of a list in which every operator stands before those below it."""
    operator = Operator(next(flat))
    operator.below = [_plan(flat) for _ in range(operator.fields["num-children"])]
    return operator


def _scanned(top: Operator, analysed: Any) -> dict[int, tuple[str, str]]:
    """Table and column of every value that is read from a file."""
    columns: dict[int, tuple[str, str]] = {}
    for place, leaf in enumerate(_leaves(top)):
        if leaf.kind == "LogicalRelation":
            folders = analysed.collectLeaves().apply(place).relation().location().rootPaths()
            table = PurePosixPath(folders.apply(0).toString()).name
            columns |= {
                _number(output[0]): (table, output[0]["name"]) for output in leaf.fields["output"]
            }
    return columns


def _leaves(operator: Operator) -> Iterator[Operator]:
    if not operator.below:
        yield operator
    for child in operator.below:
        yield from _leaves(child)


def _made(tree: list[dict[str, Any]]) -> Made:
    # an aggregate stands before its function
    sums = [
        node
        for node, function in pairwise(tree)
        if _class(node) == "AggregateExpression" and _class(function) not in OF_SETS
    ]
    return Made(
        _number(tree[0]),
        _without_partitions(iter(tree)),
        frozenset(_attributes(tree)),
        counts=any(not node["isDistinct"] for node in sums),
    )


def _class(node: dict[str, Any]) -> str:
    """The name of a node's class in Spark, without its package."""
    return str(node.get("class", "")).rpartition(".")[2]


def _is_value(expression: dict[str, Any]) -> bool:
    return _class(expression) == "AttributeReference"


def _number(expression: dict[str, Any]) -> int:
    return int(expression["exprId"]["id"])


def _without_partitions(flat: Iterator[dict[str, Any]]) -> Values:
    """The values that an expression names, without the keys that its windows are partitioned by:
    like those of a grouping, they only decide of which rows.
    """
    expression = next(flat)
    values = frozenset([_number(expression)] if _is_value(expression) else [])
    for place in range(expression["num-children"]):
        below = _without_partitions(flat)
        if place not in expression.get("partitionSpec", ()):
            values |= below
    return values


def _attributes(part: Any) -> Iterator[int]:
    """The numbers of the values that any part of the JSON names."""
    if isinstance(part, list):
        for child in part:
            yield from _attributes(child)
    elif isinstance(part, dict):
        if _is_value(part):
            yield _number(part)
        for child in part.values():
            yield from _attributes(child)
