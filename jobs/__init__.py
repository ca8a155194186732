"""The tables, by layer, and the command line."""
