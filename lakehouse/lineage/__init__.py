"""Which columns a column comes from, and where lineage events go."""
