"""Row rules: the rows that a table does not take in, each with the sentence that says why."""

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F


@dataclass(frozen=True)
class Rule:
    """A row rule: the rows for which `broken` holds are quarantined with `sentence`."""

    name: str
    broken: Column
    sentence: Column


@dataclass(frozen=True)
class RuleOf:
    """A row rule that can be named and read before Spark runs: its columns are made when it is
    called.

    `needs` are the columns without which it says nothing. A row that withdraws its key is judged by
    the rules that need parts of the key alone.
    """

    name: str
    meaning: str
    make: Callable[[], tuple[Column, Column]]
    needs: tuple[str, ...] = ()

    def __call__(self) -> Rule:
        """The rule; needs a running session."""
        return Rule(self.name, *self.make())


def present(column: str) -> RuleOf:
    """Reject rows without a value in the column."""
    return RuleOf(
        f"present({column})",
        f"{column} has a value",
        lambda: (F.col(column).isNull(), F.lit(f"{column} is missing or cannot be read")),
        (column,),
    )


def at_least(column: str, least: float, unless: str | None = None) -> RuleOf:
    """Reject rows whose value is below `least`, but not those for which the column `unless` is
    true; nulls pass.
    """
    pardoned = f" unless {unless}" if unless else ""
    return RuleOf(
        f"at_least({column}, {least}{pardoned})",
        f"{column} is not below {least}{pardoned}",
        lambda: (
            F.coalesce(
                (F.col(column) < least)
                & ~F.coalesce(F.col(unless) if unless else F.lit(False), F.lit(False)),
                F.lit(False),
            ),
            F.concat(
                F.lit(f"{column} is "), F.col(column).cast("string"), F.lit(f", less than {least}")
            ),
        ),
        (column,),
    )


def below_in_size(column: str, limit: int = 10_000_000_000) -> RuleOf:
    """Reject rows whose value is `limit` or more in size, whatever its sign; nulls pass.

    What is summed must leave room for its sum. A decimal(18,4) holds less than 100,000,000,000,000,
    so that ten thousand of the largest values that pass still fit: more than the lines of a
    customer's day. And no line of a shop costs ten thousand million of any currency, but a barcode
    read as a price does: an EAN-13 is a number of 13 digits.
    """
    return RuleOf(
        f"below_in_size({column}, {limit})",
        f"{column} is below {limit:,} in size",
        lambda: (
            F.coalesce(F.abs(F.col(column)) >= limit, F.lit(False)),
            F.concat(
                F.lit(f"{column}: '"),
                F.col(column).cast("string"),
                F.lit(f"' is too large, it must be below {limit:,} in size"),
            ),
        ),
        (column,),
    )


def not_after(column: str, other: str) -> RuleOf:
    """Reject rows whose date in `column` lies after the one in `other`; nulls pass."""
    return RuleOf(
        f"not_after({column}, {other})",
        f"{column} does not lie after {other}",
        lambda: (
            F.coalesce(F.col(column) > F.col(other), F.lit(False)),
            F.concat(
                F.lit(f"{column} "),
                F.col(column).cast("string"),
                F.lit(f" lies after {other} "),
                F.col(other).cast("string"),
            ),
        ),
        (column, other),
    )
