"""Names that things had in the version before: they work in this one, with a notice.

A renamed setting is one line of SETTINGS. A renamed table or column is one line of
`lakehouse/contract/old_names.py`, a renamed command one line beside the command (`formerly` of
`headwater/cli/front.py`). A line is taken out again with the next version.
"""

import re
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

from settings.errors import SettingsError

# Whole keys, old and new. A star stands for any one name, which is the same in both:
# "tenant.sources.*.folder".
SETTINGS = {"gate.backfill": "anomalies.backfill"}


@cache
def notice(kind: str, old: str, new: str) -> None:
    """Say once, on standard error, that an old name was used."""
    print(
        f"headwater: the {kind} {old} is called {new} now; the old name works until the next"
        " version",
        file=sys.stderr,
    )


def with_present_keys(values: dict[str, Any], place: str) -> dict[str, Any]:
    """Nested settings of one place, those with old keys under their new ones; `values` itself
    changes.

    Raises:
        SettingsError: the place has a setting under both its names.
    """
    for old, new in SETTINGS.items():
        for keys in [*_found(values, old.split("."))]:
            target = _filled(old, new, keys)
            if any(True for _ in _found(values, target)):
                raise SettingsError(
                    f"{place}: {'.'.join(keys)} is the old name of {'.'.join(target)}, which is"
                    " there too. Leave the old one out"
                )
            _put(values, target, _taken(values, keys))
            notice("setting", ".".join(keys), ".".join(target))
    return values


def present_variable(name: str, prefix: str) -> str:
    """The environment variable that stands for this one now: another where its setting has a new
    name. The case of the name is kept.
    """
    for old, new in SETTINGS.items():
        pattern = "__".join("(.+?)" if part == "*" else re.escape(part) for part in old.split("."))
        if match := re.fullmatch(re.escape(prefix) + pattern, name, re.IGNORECASE):
            keys = [*match.groups()]
            parts = [keys.pop(0) if part == "*" else part for part in new.split(".")]
            present = prefix + "__".join(parts)
            present = present.upper() if name.isupper() else present.lower()
            notice("variable", name.upper(), present.upper())
            return present
    return name


def _found(values: Any, pattern: list[str]) -> Iterator[list[str]]:
    """The keys of every value that the pattern names."""
    if not pattern:
        yield []
    elif isinstance(values, dict):
        for key in [*values] if pattern[0] == "*" else [pattern[0]]:
            if key in values:
                yield from ([key, *below] for below in _found(values[key], pattern[1:]))


def _filled(old: str, new: str, keys: list[str]) -> list[str]:
    names = [key for key, part in zip(keys, old.split("."), strict=True) if part == "*"]
    return [names.pop(0) if part == "*" else part for part in new.split(".")]


def _taken(values: dict[str, Any], keys: list[str]) -> Any:
    """The value, taken out; a mapping that has nothing left goes with it."""
    if len(keys) == 1:
        return values.pop(keys[0])
    value = _taken(values[keys[0]], keys[1:])
    if not values[keys[0]]:
        del values[keys[0]]
    return value


def _put(values: dict[str, Any], keys: list[str], value: Any) -> None:
    for key in keys[:-1]:
        values = values.setdefault(key, {})
    values[keys[-1]] = value
