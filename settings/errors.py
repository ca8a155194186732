"""Errors that a person corrects: one message, and no stack trace."""


class UserError(Exception):
    """Bad data, a broken contract, a state of the lake; the command prints it and exits with 1."""


class SettingsError(ValueError):
    """A setting is unknown, missing or of the wrong type; the command prints this and exits with 2.

    The message names the file or variable, the key, and the nearest match.
    """
