"""What an operator does with a lake: look at it, examine the set-up, release, repair."""
