"""Features and labels: one function each, returning one aggregate Column; its columns, types and
words are derived from the declaration.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial

from pyspark.sql import Column
from pyspark.sql import functions as F

import features
from lakehouse.base.modules import modules_of
from lakehouse.contract.columns import ColumnEntry, describe
from lakehouse.contract.docstrings import description_of
from lakehouse.contract.errors import ContractError
from settings.nearest import did_you_mean

# a week, four, a quarter and a year of whole weeks: the same weekdays in each, but for the year
WINDOWS = (7, 28, 91, 365)
ALL_TIME = None


@dataclass(frozen=True)
class Feature:
    """One feature column: the aggregate over a table's rows before the as-of date, per entity and
    as-of. Its file is its family.
    """

    name: str
    family: str
    over: str
    type: str
    unit: str
    description: str
    words: str
    null: str
    empty: int | float | str | None
    aggregate: Callable[[], Column]


@dataclass(frozen=True)
class Label:
    """One label column: the aggregate over a table's rows in the `days` days from the as-of date
    on, per customer.

    `known_until` is the column with the day before which those rows are known.
    """

    name: str
    over: str
    days: int
    type: str
    description: str
    known_until: str
    empty: bool | list[str]
    aggregate: Callable[[], Column]


FEATURES: dict[str, Feature] = {}
LABELS: dict[str, Label] = {}


def feature(
    *,
    over: str,
    type: str,
    unit: str,
    words: str,
    null: str,
    windows: tuple[int | None, ...] = (ALL_TIME,),
    empty: float | str | None = None,
) -> Callable[[Callable[[Column], Column]], Callable[[Column], Column]]:
    """Register a function of one Column as a feature, or as one per window.

    The function receives `within`: true for the rows of the window (all rows before the as-of date
    when there is none). `words` says the value with its unit to a person, and `null` a missing one:
    "last order {value} ago", "no order{window}". `{window}` is "in the last 7 days"; of all time,
    words have none and `null` says "yet". `empty` is the value of an entity without rows.

    Raises:
        ContractError: the function has no docstring, or the words do not hold the value.
    """

    def register(function: Callable[[Column], Column]) -> Callable[[Column], Column]:
        """Know the function as a feature per window; it stays as it is."""
        name, family = getattr(function, "__name__", ""), function.__module__.rpartition(".")[2]
        meaning = _meaning_of(function, name)
        if "{value}" not in words:
            raise ContractError(
                f"the words of the feature {name} say no value: {words!r} needs {{value}} in it"
            )
        for days in windows:
            suffix, during = (
                ("", "")
                if days is None
                else (f"_{days}d", f" In the {days} days before the as-of date.")
            )
            window = "" if days is None else f" in the last {days} days"
            FEATURES[name + suffix] = Feature(
                name + suffix,
                family,
                over,
                type,
                unit,
                meaning + during,
                words.replace("{window}", window),
                null.replace("{window}", window or " yet"),
                empty,
                partial(_aggregate, function, days, type),
            )
            describe(ColumnEntry(name + suffix, type, unit, "personal", meaning + during))
        return function

    return register


def label(
    *,
    over: str,
    days: tuple[int, ...],
    type: str,
    empty: bool | list[str],
    known_until: Mapping[int, str] | None = None,
) -> Callable[[Callable[[Column], Column]], Callable[[Column], Column]]:
    """Register a function of one Column as labels, one per number of days.

    The function receives `within`: true for the rows of the days `[as_of, as_of + days)`. `empty`
    is the value of a customer without rows. The label is null until all of its days are known; the
    column `<label>_known_until`, or what `known_until` calls it, says how far they are.

    Raises:
        ContractError: the function has no docstring.
    """

    def register(function: Callable[[Column], Column]) -> Callable[[Column], Column]:
        base = getattr(function, "__name__", "")
        meaning = _meaning_of(function, base)
        for length in days:
            name = f"{base}_{length}d"
            known_until_column = (known_until or {}).get(length, f"{name}_known_until")
            during = f"In the {length} days from the as-of date on; null until all are known."
            aggregate = partial(_after, function, length)
            LABELS[name] = Label(
                name,
                over,
                length,
                type,
                f"{meaning} {during}",
                known_until_column,
                empty,
                aggregate,
            )
            describe(ColumnEntry(name, type, "", "personal", LABELS[name].description))
            until = (
                f"Day before which {name} has seen all rows, at most {length} days after the as-of"
                " date; null when no delivery was loaded."
            )
            describe(ColumnEntry(known_until_column, "date", "day", "none", until))
        return function

    return register


def _after(function: Callable[[Column], Column], days: int) -> Column:
    return function(F.col("days_after") < days)


def _meaning_of(function: Callable[[Column], Column], name: str) -> str:
    meaning = description_of(function)
    if not meaning:
        raise ContractError(f"{name} needs a docstring: it is its description in the dictionary")
    return meaning.split("\n\n")[0]


def _aggregate(function: Callable[[Column], Column], days: int | None, type_name: str) -> Column:
    within = F.lit(True) if days is None else F.col("days_ago") <= days
    value = function(within)
    # a sum of money stays wide until it is conformed
    return value if type_name.startswith("decimal") else value.cast(type_name)


def declared() -> dict[str, Feature]:
    """Every feature by name, in the order of the files and within them, whoever imported one
    first.
    """
    modules_of(features.__name__)
    return dict(sorted(FEATURES.items(), key=lambda item: item[1].family))


def declared_labels() -> dict[str, Label]:
    """Every label by name, in the order in which they are declared."""
    modules_of(features.__name__)
    return dict(LABELS)


def refuse_other_sources(
    sources: Collection[str], columns: Callable[[], Mapping[str, Feature | Label]] | None = None
) -> None:
    """Compare what the features, or other columns, are declared over with the sources that a job
    aggregates.

    Raises:
        ContractError: columns are declared over something else; names each with the nearest source.
    """
    stray = [
        declared_column
        for declared_column in (columns or declared)().values()
        if declared_column.over not in sources
    ]
    if stray:
        message = "; ".join(
            f"{declared_column.name} is declared over"
            f" {declared_column.over}.{did_you_mean(declared_column.over, sources)}"
            for declared_column in stray
        )
        raise ContractError(
            f"no job reads the source of these columns: {message} The sources are"
            f" {', '.join(sources)}."
        )


def words(currency: str) -> dict[str, tuple[str, str, str, str]]:
    """Of each feature its family, how it says its value, in which unit (money in the currency), and
    what it says of a missing value.
    """
    return {
        name: (
            declared_feature.family,
            declared_feature.words,
            currency if declared_feature.unit == "currency" else declared_feature.unit,
            declared_feature.null,
        )
        for name, declared_feature in declared().items()
    }
