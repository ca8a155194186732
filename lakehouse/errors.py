"""What a person can mend."""


class Mendable(Exception):
    """Bad data, a broken contract or a state of the lake that a person mends: one message and exit code 1, without a traceback."""
