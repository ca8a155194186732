"""The name that was probably meant, for messages about one that does not exist."""

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name most like it; `none` when none is near."""
    return next(iter(difflib.get_close_matches(name, list(known), 1)), "none")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The sentence that names it, with a space before it; empty when none is near."""
    found = difflib.get_close_matches(name, list(known), 1)
    return f" Did you mean {found[0]}?" if found else ""
