"""Silver: standard columns, one version per key, and the daily tiles that everything else sums."""
