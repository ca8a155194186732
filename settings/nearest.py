"""The name that was probably meant, for messages about one that does not exist."""

import difflib
from collections.abc import Iterable


def nearest(name: str, names: Iterable[str]) -> str:
    """The known name most like it; `none` when none is near."""
    return next(iter(difflib.get_close_matches(name, list(names), 1)), "none")


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """The sentence that names it, with a space before it; empty when none is near."""
    matches = difflib.get_close_matches(name, list(names), 1)
    return f" Did you mean {matches[0]}?" if matches else ""
