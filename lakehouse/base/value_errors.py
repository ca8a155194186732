"""What Spark says, in a page of Java, of a value that a cast or a computation cannot take: one
sentence.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from lakehouse.base.errors import UserError

NOT_FITTING = "does not fit: "  # begins what `conforming` has Spark raise
RAISED = re.compile(rf"java\.lang\.RuntimeException: {NOT_FITTING}([^\n]*)")
# The classes of Spark 3.5's errors that a row's values cause under ANSI, and the first sentence of
# what they say.
CLASSES = (
    "CAST_INVALID_INPUT|CAST_OVERFLOW|NUMERIC_VALUE_OUT_OF_RANGE|DIVIDE_BY_ZERO|INTERVAL_DIVIDED_BY_ZERO|ARITHMETIC_OVERFLOW|"
    "BINARY_ARITHMETIC_OVERFLOW|INTERVAL_ARITHMETIC_OVERFLOW|DATETIME_OVERFLOW|CANNOT_PARSE_TIMESTAMP|CANNOT_PARSE_DECIMAL|"
    "CANNOT_PARSE_INTERVAL|INVALID_ARRAY_INDEX|INVALID_ARRAY_INDEX_IN_ELEMENT_AT|INVALID_INDEX_OF_ZERO|INVALID_FRACTION_OF_SECOND|"
    "CONVERSION_INVALID_INPUT|INCONSISTENT_BEHAVIOR_CROSS_VERSION|DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION"
)
OF_A_VALUE = re.compile(rf"\[((?:{CLASSES})(?:\.\w+)?)\]\s+(.+?)\.(?=\s|$)")


class ValueRefused(UserError):
    """A value cannot be computed or does not fit the column it is for; the table and what is built
    on it stay as they were.
    """


@contextmanager
def value_errors(table: str) -> Iterator[None]:
    """Say in one sentence which value of a table Spark could not compute.

    Raises:
        ValueRefused: names the table, and column, key and value where they are known.
    """
    try:
        yield
    except Exception as error:
        message = sentence(table, str(error))
        if message is None or isinstance(error, UserError):
            raise
        raise ValueRefused(message) from error


def sentence(table: str, error: str) -> str | None:
    """The sentence for a text of Spark's; None when it speaks of no value."""
    if match := RAISED.search(error):
        return (
            f"{table} is not written: {match[1]}. Look for values that are too large in what it is"
            " built from"
        )
    if match := OF_A_VALUE.search(error):
        advice = (
            "If an expression of the tenant's file makes it, write that with try_cast,"
            " try_to_timestamp or try_divide"
        )
        return f"{table} is not written: {match[2]} ({match[1]}). {advice}"
    return None
