"""Makes declared tables known: imports the modules of their layers, and adds the bronze table of
every source that they read.
"""

import jobs
from lakehouse.base.modules import modules_of
from lakehouse.contract.bronze import declare_bronze
from lakehouse.contract.layers import BRONZE, SILVER, Layer
from lakehouse.contract.table import TABLES, Table
from settings.nearest import did_you_mean


def declare_layers(*layers: Layer) -> None:
    """Import every module of these layers, and make the bronze tables that their tables read."""
    for layer in layers:
        if layer is not BRONZE:  # its tables come with those that read them
            modules_of(f"{jobs.__name__}.{layer.name}")
    declare_bronze()


def declared_sources() -> dict[str, Table]:
    """The table that reads each source, by the source's name, in the order of the names; loads no
    more than silver.
    """
    declare_layers(SILVER)
    return {
        table.reads_source: table
        for table in sorted(TABLES.values(), key=lambda declared: declared.reads_source)
        if table.reads_source
    }


def reader_of(source: str) -> Table:
    """The table that reads a source.

    Raises:
        ValueError: no table does; names the nearest match.
    """
    sources = declared_sources()
    if source not in sources:
        raise ValueError(
            f"no table takes a source {source}.{did_you_mean(source, sources)} There are:"
            f" {', '.join(sources)}"
        )
    return sources[source]
