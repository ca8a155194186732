"""Orders the tables of a stage, so that each is built after its inputs."""

from graphlib import TopologicalSorter

from lakehouse.contract.errors import ContractError
from lakehouse.contract.table import TABLES
from settings.nearest import did_you_mean


def order_of(stage: str) -> TopologicalSorter[str]:
    """The tables of a stage, sorted so that each one comes after the tables of the same stage that
    its function or its checks read.

    Raises:
        ContractError: a table reads another one that no function declares; the message names the
            nearest match.
    """
    for table in TABLES.values():
        for name in table.inputs:
            if name not in TABLES:
                raise ContractError(
                    f"{table.name} reads {name}, which no function declares."
                    + did_you_mean(name, TABLES)
                )
    here = sorted(
        (table for table in TABLES.values() if table.stage == stage), key=lambda table: table.name
    )
    names = {table.name for table in here}
    return TopologicalSorter(
        {table.name: names & {*table.inputs, *(c.table for c in table.checks)} for table in here}
    )
