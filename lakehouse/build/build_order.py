"""Which table is built after which."""

from graphlib import TopologicalSorter

from lakehouse.contract.errors import ContractError
from lakehouse.contract.table import TABLES
from settings.nearest import did_you_mean


def order_of(stage: str) -> TopologicalSorter[str]:
    """The tables of a stage, each after those of the stage that it reads or that its checks look
    into.

    Raises:
        ContractError: a table reads one that no function declares; names the nearest match.
    """
    for one in TABLES.values():
        for name in one.inputs:
            if name not in TABLES:
                raise ContractError(
                    f"{one.name} reads {name}, which no function declares."
                    + did_you_mean(name, TABLES)
                )
    here = sorted((one for one in TABLES.values() if one.stage == stage), key=lambda one: one.name)
    names = {one.name for one in here}
    return TopologicalSorter(
        {one.name: names & {*one.inputs, *(c.table for c in one.checks)} for one in here}
    )
