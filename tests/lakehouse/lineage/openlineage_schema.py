"""The JSON Schema of OpenLineage events, from the classes that OpenLineage generates from its
specification and ships in its library.

The specification's own file is in no package (neither the wheel nor the Java client has it), and
tests fetch nothing.
"""

import importlib
import inspect
import pkgutil
import types
from collections.abc import Iterator
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import attr
from jsonschema import Draft202012Validator
from openlineage.client import generated
from openlineage.client.generated import base

PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    float: {"type": "number"},
    Any: {},
}
ALWAYS = {"_producer", "_schemaURL", "producer", "schemaURL"}  # the library fills them in
FORMATS = {
    "runId": {"format": "uuid"},
    "eventTime": {"pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"},
}


@cache
def classes() -> dict[str, type]:
    """The generated classes by the address of their schema: it names the version of the
    specification.
    """
    modules = [
        importlib.import_module(f"{generated.__name__}.{one.name}")
        for one in pkgutil.iter_modules(generated.__path__)
    ]
    problems = [
        cls
        for module in modules
        for _, cls in inspect.getmembers(module, inspect.isclass)
        if hasattr(cls, "_get_schema")
    ]
    return {cls._get_schema(): cls for cls in problems}


def problems(event: dict[str, Any]) -> list[str]:
    """What is wrong with an event: as a run event, and in each facet as the facet that its
    `_schemaURL` names.
    """
    wrong = _problems(event, base.RunEvent, "event")
    for place, facet in _facets(event, "event"):
        cls = classes().get(facet["_schemaURL"])
        wrong += (
            [f"{place}: {facet['_schemaURL']} is no schema"]
            if cls is None
            else _problems(facet, cls, place)
        )
    return wrong


def _problems(value: dict[str, Any], cls: type, place: str) -> list[str]:
    validator = Draft202012Validator(
        _schema(cls), format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    return [
        f"{place}{error.json_path[1:]}: {error.message}" for error in validator.iter_errors(value)
    ]


def _facets(value: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        if "_schemaURL" in value:
            yield place, value
        for key, inner in value.items():
            yield from _facets(inner, f"{place}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _facets(inner, f"{place}[{number}]")


def _schema(cls: type) -> dict[str, Any]:
    """The schema of a class and of all that it names."""
    definitions: dict[str, Any] = {}
    return {**_of_type(cls, definitions), "$defs": definitions}


def _object(cls: type, definitions: dict[str, Any]) -> dict[str, Any]:
    """A class as a JSON object: a field without a default is required, and no other fields are
    there.
    """
    hints = get_type_hints(cls)
    properties = {one.name: _of_type(hints[one.name], definitions) for one in attr.fields(cls)}
    required = [
        one.name for one in attr.fields(cls) if one.default is attr.NOTHING or one.name in ALWAYS
    ]
    properties |= {
        name: {"type": "string", **form} for name, form in FORMATS.items() if name in properties
    }
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _of_type(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    schema = PLAIN.get(hint)
    if get_origin(hint) in (Union, types.UnionType):
        # what is optional is absent, never null
        choices = [_of_type(one, definitions) for one in get_args(hint) if one is not type(None)]
        schema = choices[0] if len(choices) == 1 else {"anyOf": choices}
    elif get_origin(hint) is list:
        schema = {"type": "array", "items": _of_type(get_args(hint)[0], definitions)}
    elif get_origin(hint) is dict:
        schema = {
            "type": "object",
            "additionalProperties": _of_type(get_args(hint)[1], definitions),
        }
    elif inspect.isclass(hint) and issubclass(hint, Enum):
        schema = {"enum": [one.value for one in hint]}
    return _named(hint, definitions) if schema is None else schema


def _named(cls: type, definitions: dict[str, Any]) -> dict[str, Any]:
    """A reference to the class, which may name itself; a facet's own schema is the one that its
    `_schemaURL` says.
    """
    if cls.__name__ not in definitions:
        definitions[cls.__name__] = {}
        is_any_facet = cls.__module__ == base.__name__ and issubclass(cls, base.BaseFacet)
        whole = _object(cls, definitions)
        definitions[cls.__name__] = {**whole, "additionalProperties": is_any_facet}
    return {"$ref": f"#/$defs/{cls.__name__}"}
