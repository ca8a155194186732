"""What reads and writes the lake: Delta tables, commits, the lease, the ledger, releases and the
records of runs.
"""
