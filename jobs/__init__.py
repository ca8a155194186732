"""The tables, by layer, and the command line."""

DEMO = "complete_journey"  # the tenant of `make demo`, meant where none is named
ORDERS = "orders"  # the source that no shop is without: every table of customers hangs on it
