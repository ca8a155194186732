"""How a table is built: read, compute, conform, judge, commit once, record."""
