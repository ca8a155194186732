"""YAML with each key once: the small twin of lakehouse/yaml_files.py, since Airflow's environment
has none of the rooms.
"""

from pathlib import Path
from typing import Any

import yaml


def mapping_of(path: Path) -> dict[str, Any]:
    """The keys and values of a file; an empty file has none.

    Raises:
        ValueError: the file is not YAML, not a mapping, or has a key twice; names file, line and
            key.
    """
    values = value_of(path.read_text(encoding="utf-8"), str(path))
    if values is not None and not isinstance(values, dict):
        raise ValueError(f"{path}: expected keys and values, found {type(values).__name__}")
    return values or {}


def value_of(text: str, place: str) -> Any:
    """The value that a YAML text says; `place` is the file or variable that an error names.

    Raises:
        ValueError: the text is not YAML, or a mapping in it has a key twice.
    """
    try:
        return yaml.load(text, KeysOnce)  # noqa: S506 - it is a safe loader
    except yaml.YAMLError as error:
        raise ValueError(f"{place}: {error}") from None


class KeysOnce(yaml.SafeLoader):
    """YAML of plain values, in which a key stands once in its mapping; keys that `<<` merges in may
    be said anew.
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
                raise yaml.YAMLError(
                    f"line {line}: the key {key.value} stands twice, first in line {first}; leave"
                    " one of them"
                )
            lines[key.tag, key.value] = line
        return node
