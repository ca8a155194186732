"""What an SQL expression reads: Spark SQL is parsed once, without a session, and every question is
put to the result.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from settings.sources import Source

if TYPE_CHECKING:
    from sqlglot import exp

# Names that Spark takes for columns wherever one may stand, and sqlglot for a part of the grammar:
# found by putting each of Spark's 326 keywords into the forms of
# tests/lakehouse/contract/test_expressions_of_mappings.py.
KEYWORDS = frozenset({"all", "any", "as", "distinct", "fetch", "interval", "select", "values"})


@dataclass(frozen=True)
class Expression:
    """The columns that an expression may read, in lower case, as Spark compares names.

    `names` is None where nothing is known of them: then it may read any column. `whole` is the
    column that the expression consists of alone, or empty.
    """

    names: frozenset[str] | None
    whole: str = ""

    def reads(self, column: str) -> bool:
        """Whether the expression may read the column."""
        return self.names is None or column.lower() in self.names

    def is_column(self, column: str) -> bool:
        """Whether the expression is the column itself and nothing else."""
        return bool(self.whole) and self.whole == column.lower()


@dataclass(frozen=True)
class Mapping:
    """Which delivered columns every standard column is computed from."""

    delivered: tuple[str, ...]
    expressions: dict[str, Expression]

    def columns_of(self, expression: Expression) -> list[str]:
        """The delivered columns that an expression reads, in the order of their delivery."""
        return [column for column in self.delivered if expression.reads(column)]

    def fed_by(self, column: str) -> dict[str, Expression]:
        """The standard columns whose expressions read the delivered column."""
        return {
            name: expression
            for name, expression in self.expressions.items()
            if expression.reads(column)
        }

    def is_taken_whole(self, column: str) -> bool:
        """Whether a standard column is the delivered column itself."""
        return any(expression.is_column(column) for expression in self.expressions.values())

    def lacking(self, standards: Iterable[str]) -> list[str]:
        """The standard columns, of those named, that nobody delivers."""
        return [name for name in standards if name not in self.expressions]


def parsed_mapping(source: Source) -> Mapping:
    """The mapping of a source as parsed."""
    return Mapping(
        tuple(source.all_columns), {name: parsed(text) for name, text in source.mapping.items()}
    )


@cache
def parsed(text: str) -> Expression:
    """The expression as it is read everywhere.

    sqlglot decides what a name is, and never whether the expression is good: of a text that it
    cannot parse, every word outside of strings counts as a column, and Spark judges the text.
    """
    from sqlglot.errors import SqlglotError  # noqa: PLC0415 - 0.3 s that commands without a mapping need not spend

    try:
        return _of_tree(text)
    except (SqlglotError, RecursionError):
        pass
    try:
        words = _words(text)
    except SqlglotError:
        return Expression(None)
    return Expression(
        frozenset(words), words[0] if len(words) == 1 and _is_alone(text, words[0]) else ""
    )


def columns_in(condition: str, columns: Iterable[str]) -> tuple[str, ...]:
    """The columns, of those given, that an SQL condition reads."""
    return tuple(column for column in columns if parsed(condition).reads(column))


def _of_tree(text: str) -> Expression:
    import sqlglot  # noqa: PLC0415 - as above
    from sqlglot import exp  # noqa: PLC0415

    # behind SELECT, since a text that begins with a column such as `comment` or `set` would be read
    # as a command
    query = sqlglot.parse_one(f"SELECT {text}", read="spark")
    if not isinstance(query, exp.Select) or len(query.expressions) != 1:
        raise sqlglot.errors.ParseError(f"{text} is not one expression")
    tree = query.expressions[0]
    if any(query.find_all(exp.Star)):  # such as to_json(struct(*))
        return Expression(None)
    names = {column.parts[0].name.lower() for column in query.find_all(exp.Column)}
    names |= {word for word in _words(text) if word in KEYWORDS}
    names |= {name for function in query.find_all(exp.Func) for name in _as_column(function)}
    return Expression(frozenset(names), _column_of(tree))


def _as_column(function: "exp.Func") -> list[str]:
    """The names by which a function without arguments, such as `current_date`, may be a column:
    Spark prefers the column.
    """
    return (
        []
        if list(function.iter_expressions())
        else [name.lower() for name in type(function).sql_names()]
    )


def _column_of(tree: "exp.Expression") -> str:
    """The column that a tree consists of, however many parentheses stand around it; empty for any
    other tree.
    """
    from sqlglot import exp  # noqa: PLC0415 - as above

    bare = tree.unnest()
    return bare.name.lower() if isinstance(bare, exp.Column) and len(bare.parts) == 1 else ""


def _words(text: str) -> list[str]:
    """The words of a text that may be names, strings and numbers left out, in lower case."""
    import sqlglot  # noqa: PLC0415 - as above
    from sqlglot import TokenType  # noqa: PLC0415

    literals = {TokenType.STRING, TokenType.NUMBER, TokenType.RAW_STRING, TokenType.HEX_STRING}
    return [
        token.text.lower()
        for token in sqlglot.tokenize(text, read="spark")
        if token.token_type not in literals
    ]


def _is_alone(text: str, word: str) -> bool:
    return text.strip().strip("`").lower() == word
