"""Bronze tables: one for each source that a silver table reads, all made alike, so that nobody
declares them.
"""

from pyspark.sql import DataFrame

from lakehouse.contract.checks import holds
from lakehouse.contract.errors import ContractError
from lakehouse.contract.layers import BRONZE, bronze_of
from lakehouse.contract.mapping import TECHNICAL
from lakehouse.contract.reads import Read
from lakehouse.contract.table import TABLES, Table

AS_RECEIVED = ("corrupt_record", *TECHNICAL, "event_date")
PLACED = holds("arrived_on IS NOT NULL AND source_file <> '' AND source_line > 0")


def as_received(delivered: DataFrame) -> DataFrame:
    """The rows of a delivery as they came, with arrival day, file and line."""
    return delivered


def declare_bronze() -> None:
    """Register the bronze table of every source that a declared table reads.

    Raises:
        ContractError: two tables read one source, or the function of one does not take the source's
            deliveries.
    """
    readers: dict[str, str] = {}
    for table in [declared for declared in TABLES.values() if declared.reads_source]:
        other = readers.setdefault(table.reads_source, table.name)
        if other != table.name:
            raise ContractError(
                f"{other} and {table.name} both read the source {table.reads_source}: a mapping"
                " fits one table alone"
            )
        _refuse_unread(table)
        TABLES[bronze_of(table.reads_source)] = _bronze_of(table)


def _refuse_unread(table: Table) -> None:
    name = bronze_of(table.reads_source)
    if name not in table.reads or table.reads[name].how != "touched":
        raise ContractError(
            f"{table.function.__module__}: {table.name} reads the source {table.reads_source}, so"
            f" its function needs a parameter `{name}: Touched`; it has"
            f" {', '.join(table.reads) or 'none'}"
        )


def _bronze_of(reader: Table) -> Table:
    """The table of the source's deliveries; it has the owner of its reader."""
    return Table(
        name=bronze_of(reader.reads_source),
        function=as_received,
        key=("source_file", "source_line"),
        columns=AS_RECEIVED,
        slice_by="arrived_on",
        rules=(),
        checks=(PLACED,),
        stage=BRONZE.stage,
        source=reader.reads_source,
        owner=reader.owner,
        refused_share=reader.refused_share,
        description=f"One row per delivered {reader.row}.",
        reads={reader.reads_source: Read("delivered")},
    )
