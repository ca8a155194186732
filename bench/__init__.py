"""Each claim of speed or quality, as a command that anyone can run again."""
