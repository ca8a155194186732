"""What a trial of a part is: where it happens, what it says, and what is wrong when it fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ANEW = (
    "run `make setup`; if it finds nothing to do, `make clean setup` makes the environments anew"
    " (data/ stays)"
)


class Ailment(Exception):
    """A part does not work as it should: the sentence of what is wrong and, where it is not the
    probe's usual one, of what to do.
    """

    def __init__(self, wrong: str, remedy: str = ""):
        super().__init__(wrong)
        self.remedy = remedy


@dataclass
class Bench:
    """Where parts are tried: an empty folder, a file for what tools write to stderr, and the Spark
    session once it has started.
    """

    folder: Path
    log: Path
    session: SparkSession | None = None

    @property
    def spark(self) -> SparkSession:
        """The session; an ailment when none has started."""
        if self.session is None:
            raise Ailment(
                "It was not tried, since there is no Spark session.",
                "mend the part `Spark session` first",
            )
        return self.session


class Probe(NamedTuple):
    """One part and its trial, which returns the sentence of what was found or raises; the remedy is
    for whatever it raises.
    """

    part: str
    trial: Callable[[Bench], str]
    remedy: str = ANEW
