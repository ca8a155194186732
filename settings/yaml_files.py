"""YAML as the house reads it: each key once, and no text taken for a number in base 60."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml


class YamlError(ValueError):
    """A text is not the YAML that was expected; the message names the file or the variable, the
    line and the key.
    """


def mapping_of(path: Path) -> dict[str, Any]:
    """The keys and values of a file; an empty file has none.

    Raises:
        YamlError: the file is not UTF-8, not YAML, not a mapping, or has a key twice.
    """
    try:
        values = value_of(path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise YamlError(
            f"{path}, line {line}: a byte that is not UTF-8; save the file as UTF-8"
        ) from None
    if values is not None and not isinstance(values, dict):
        raise YamlError(
            f"{path}: expected keys and values (key: value), found {type(values).__name__}:"
            f" {str(values)[:40]}"
        )
    return values or {}


def value_of(text: str, place: str) -> Any:
    """The value that a YAML text says; `place` is the file or variable that an error names.

    Raises:
        YamlError: the text is not YAML, or a mapping in it has a key twice.
    """
    try:
        return yaml.load(text, KeysOnce)  # noqa: S506 - it is a safe loader
    except KeyTwice as error:
        raise YamlError(f"{place}, {error}") from None
    except yaml.YAMLError as error:
        raise YamlError(f"{place} is not YAML: {error}") from None


class KeyTwice(yaml.YAMLError):
    """A mapping has a key twice; the message names both lines."""


class KeysOnce(yaml.SafeLoader):
    """YAML of plain values, in which a key stands once in its mapping; keys that `<<` merges in may
    be said anew, as YAML has it.

    Keys are compared before merging. A time such as 18:00, which YAML 1.1 takes for a number in
    base 60, and a date that the calendar does not have stay texts: the settings then read them, or
    refuse them by their key.
    """

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """The mapping as it stands in the text, before `<<` is followed."""
        node = super().compose_mapping_node(anchor)
        assert isinstance(node, yaml.MappingNode)
        lines: dict[tuple[str, str], int] = {}
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            line = key.start_mark.line + 1
            if (key.tag, key.value) in lines:
                first = lines[key.tag, key.value]
                raise KeyTwice(
                    f"line {line}: the key {key.value} stands twice, first in line {first}; leave"
                    " one of them"
                )
            lines[key.tag, key.value] = line
        return node


def _number(read: Callable[[Any, yaml.ScalarNode], Any]) -> Callable[[Any, yaml.ScalarNode], Any]:
    return lambda loader, node: node.value if ":" in node.value else read(loader, node)


def _day(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:
        return node.value


KeysOnce.add_constructor("tag:yaml.org,2002:int", _number(yaml.SafeLoader.construct_yaml_int))
KeysOnce.add_constructor("tag:yaml.org,2002:float", _number(yaml.SafeLoader.construct_yaml_float))
KeysOnce.add_constructor("tag:yaml.org,2002:timestamp", _day)
