"""What a table promises: its columns, rules and checks, and how a shop's columns become its own."""
