"""How a table reads its inputs: the annotations of its function's parameters."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_type_hints

from pyspark.sql import DataFrame

from lakehouse.contract.errors import ContractError
from settings.model import Settings


@dataclass(frozen=True)
class Read:
    """How much of an input a table sees: one of the annotations below.

    `known_until` gives no rows but a date: the day before which the deliveries of the bronze table
    `name` are known, the day after the newest arrival day loaded; None when there is none. `models`
    gives the champions of the kinds that `name` lists, by kind; None for a kind without one.
    """

    how: Literal[
        "delivered",
        "slice",
        "touched",
        "history",
        "snapshot",
        "latest",
        "after",
        "reference",
        "models",
        "settings",
        "known_until",
    ]
    days: int | None = None
    name: str | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of models that the table scores with; empty when it reads none."""
        return tuple((self.name or "").split()) if self.how == "models" else ()


Delivered = Annotated[DataFrame, Read("delivered")]
Slice = Annotated[DataFrame, Read("slice")]
Touched = Annotated[DataFrame, Read("touched")]
History = Annotated[DataFrame, Read("history")]
Snapshot = Annotated[DataFrame, Read("snapshot")]
Reference = Annotated[DataFrame, Read("reference")]
Latest = Annotated[DataFrame, Read("latest")]
Conf = Annotated[Settings, Read("settings")]


def reads_of(function: Callable[..., Any]) -> dict[str, Read]:
    """How each parameter of a table's function reads its input.

    Raises:
        ContractError: a parameter has no annotation that says so, or two of them.
    """
    hints = get_type_hints(function, include_extras=True)
    reads = {}
    for name in inspect.signature(function).parameters:
        marks = [m for m in getattr(hints.get(name), "__metadata__", ()) if isinstance(m, Read)]
        if len(marks) != 1:
            raise ContractError(
                f"{function.__module__}: parameter {name} needs one annotation such as Slice,"
                " Touched, History or Snapshot"
            )
        reads[name] = marks[0]
    return reads
