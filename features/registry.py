"""Features: one function each, returning one aggregate Column; its columns, types and words are derived from the declaration."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from pyspark.sql import Column
from pyspark.sql import functions as F

import features
from lakehouse.columns import ColumnEntry, describe
from lakehouse.contract import ContractError

WINDOWS = (7, 28, 91, 365)  # a week, four, a quarter and a year of whole weeks: the same weekdays in each, but for the year
ALL_TIME = None


@dataclass(frozen=True)
class Feature:
    """One feature column: the aggregate over a table's rows before the as-of date, per entity and as-of. Its file is its family."""

    name: str
    family: str
    over: str
    type: str
    unit: str
    description: str
    words: str
    empty: int | float | str | None
    aggregate: Callable[[], Column]


FEATURES: dict[str, Feature] = {}


def feature(
    *,
    over: str,
    type: str,
    unit: str,
    words: str,
    windows: tuple[int | None, ...] = (ALL_TIME,),
    empty: float | str | None = None,
) -> Callable[[Callable[[Column], Column]], Callable[[Column], Column]]:
    """Register a function of one Column as a feature, or as one per window.

    The function receives `within`: true for the rows of the window (all rows before the as-of date when there is none). `words` says the
    value to a person: "last order {value} days ago". `empty` is the value of an entity without rows.
    """

    def register(function: Callable[[Column], Column]) -> Callable[[Column], Column]:
        meaning = inspect.getdoc(function)
        name, family = getattr(function, "__name__", ""), function.__module__.rpartition(".")[2]
        if not meaning:
            raise ContractError(f"feature {name} needs a docstring: it is its description in the dictionary")
        for days in windows:
            suffix, during = ("", "") if days is None else (f"_{days}d", f" In the {days} days before the as-of date.")
            said = words.format(value="{value}", window="" if days is None else f" in the last {days} days")
            FEATURES[name + suffix] = Feature(
                name + suffix, family, over, type, unit, meaning.split("\n")[0] + during, said, empty,
                partial(_aggregate, function, days, type),
            )  # fmt: skip
            describe(ColumnEntry(name + suffix, type, unit, "personal", meaning.split("\n")[0] + during))
        return function

    return register


def _aggregate(function: Callable[[Column], Column], days: int | None, type_name: str) -> Column:
    within = F.lit(True) if days is None else F.col("days_ago") <= days
    return function(within).cast(type_name)


def declared() -> dict[str, Feature]:
    """Every feature by name, in the order of the files and within them, whoever imported one first."""
    for module in pkgutil.iter_modules(features.__path__):
        importlib.import_module(f"{features.__name__}.{module.name}")
    return dict(sorted(FEATURES.items(), key=lambda item: item[1].family))


def words() -> dict[str, tuple[str, str]]:
    """Of each feature its family, and how it says its value: for the reasons of a score."""
    return {name: (one.family, one.words) for name, one in declared().items()}
