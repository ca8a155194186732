"""The kernel: contracts, runs, Delta tables, quality, lineage."""

__version__ = "0.1.0"
