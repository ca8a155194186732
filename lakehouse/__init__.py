"""The kernel: contracts, runs, Delta tables, quality, catalog and lineage."""

__version__ = "0.1.0"
