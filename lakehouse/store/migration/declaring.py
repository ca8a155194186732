"""How a step of a migration is declared."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

DECLARED: list["Step"] = []


@dataclass(frozen=True)
class Change:
    """One thing that a step does to a lake: in words, and the function that does it. Whoever is
    killed in the function and starts again comes to the same end.
    """

    words: str
    apply: Callable[[], None]


Changes = Callable[[Path], Iterator[Change]]


@dataclass(frozen=True)
class Step:
    """What brings a lake to format `to`; `retires` are the tables that are gone after it, and
    missed by nobody.
    """

    to: int
    changes: Changes
    retires: tuple[str, ...]


def step(to: int, retires: str = "") -> Callable[[Changes], Changes]:
    """Declare a step by the function that yields its changes; `retires` lists tables, parted by
    spaces.

    The function looks at what is there and yields only what is still to be done. It uses the names
    of its time as they are written in it, not those of code that may be renamed later.

    Raises:
        ValueError: another step leads to the same format.
    """

    def declare(changes: Changes) -> Changes:
        """Know the function as a step; it stays as it is."""
        if to in {declared_step.to for declared_step in DECLARED}:
            raise ValueError(f"two steps lead to format {to}")
        DECLARED.append(Step(to, changes, tuple(retires.split())))
        return changes

    return declare
