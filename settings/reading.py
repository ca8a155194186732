"""How settings are read: the first of these places that has a key decides it; mappings are merged.

1. Environment variables: HEADWATER_SPARK__DRIVER_MEMORY is spark.driver_memory, its value YAML.
2. The tenant's file (conf/tenants/) for `tenant`, the environment's for the rest.
3. conf/airflow.yml for `airflow`, conf/base.yml for the rest.

pydantic-settings reads the variables, merges and validates. It does not do these things, which are
here. Its YAML source loads with yaml.safe_load, to which 18:00 is 1080 and which keeps the last of
two equal keys, and it skips a file that is missing. Its environment source reads values as JSON,
and ignores a variable whose first name is no setting. Its errors name neither the file nor the
variable that a value comes from.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    InitSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import SettingsError as SourceError

from settings.errors import SettingsError
from settings.nearest import did_you_mean
from settings.old_names import present_variable, with_present_keys
from settings.places import PREFIX, TENANT_AT, VARIABLES
from settings.yaml_files import YamlError, mapping_of, value_of

CONFIG = SettingsConfigDict(
    extra="forbid",
    frozen=True,
    env_prefix=PREFIX,
    env_nested_delimiter="__",
    env_parse_none_str="null",
)

NAME = ["tenant", "name"]

S = TypeVar("S", bound=BaseSettings)


class YamlFile(InitSettingsSource):
    """A file of conf/, whose keys stand below the key `section`, or at the top without one."""

    def __init__(self, model: type[BaseSettings], path: Path, section: str = ""):
        self.path, self.depth = path, 1 if section else 0
        values = _mapping(path)
        values = {section: values} if section else values
        super().__init__(model, with_present_keys(values, str(path)))

    def name_of(self, keys: list[str]) -> str:
        """Return the file and the key within it, for an error."""
        return f"{self.path}: {'.'.join(keys[self.depth :])}"


class Variables(EnvSettingsSource):
    """The variables that begin with HEADWATER_ and are settings, their values YAML."""

    def __init__(self, model: type[BaseSettings]):
        super().__init__(model)
        self.env_vars = {
            present_variable(name, PREFIX): text
            for name, text in self.env_vars.items()
            if name != TENANT_AT.lower()
        }

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:  # noqa: ARG002
        """Read the value of a list, a mapping or a model."""
        return value_of(value, next((name for name, text in _ours() if text == value), field_name))

    def __call__(self) -> dict[str, Any]:
        """Return the values by key.

        Raises:
            YamlError: a value is not YAML; names the variable.
        """
        try:
            return with_present_keys(super().__call__(), "the environment")
        except SourceError as error:
            raise error.__cause__ or error from None

    def name_of(self, keys: list[str]) -> str:
        """Return the variable, and the whole key, for an error."""
        names = [variable_of(keys[:length]) for length in range(len(keys), 0, -1)]
        return f"{next((name for name in names if name in os.environ), names[0])}: {'.'.join(keys)}"


Place = Variables | YamlFile


def load(model: type[S], files: Sequence[YamlFile], tenant: str = "") -> S:
    """Read the model from environment variables, then from the files, the first before the next.

    `tenant` is the name of the tenant whose file is among them, if one is.

    Raises:
        SettingsError: a value is wrong, missing or not YAML; lists every one with its place.
    """
    places: list[Place] = [Variables(model), *files]
    try:
        _refuse_name(places)
        name = InitSettingsSource(model, {"tenant": {"name": tenant}} if tenant else {})
        return model(_build_sources=((name, *places), {}))
    except YamlError as error:
        raise SettingsError(str(error)) from None
    except ValidationError as error:
        raise SettingsError(
            "\n".join(_sentence(item, model, places) for item in error.errors())
        ) from None


def refuse_unknown_variables(model: type[BaseSettings]) -> None:
    """Refuse a variable of ours that is no setting of the model and has no other meaning.

    Raises:
        SettingsError: names the first such variable and the nearest one there is.
    """
    for name, _ in _ours():
        if (
            present_variable(name, PREFIX).removeprefix(PREFIX).lower().split("__")[0]
            not in model.model_fields
            and name not in VARIABLES
        ):
            names = [*VARIABLES, *(variable_of(keys) for keys, _ in settings_of(model))]
            # Compared without the prefix, which makes any two of them similar.
            near = did_you_mean(
                name.removeprefix(PREFIX), [variable.removeprefix(PREFIX) for variable in names]
            )
            raise SettingsError(
                f"{name}: there is no such setting.{near.replace('mean ', f'mean {PREFIX}')}"
            )


def settings_of(
    model: type[BaseModel], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], FieldInfo]]:
    """Yield each setting of a model and of the models within it: its keys, and what it may be."""
    for name, field in model.model_fields.items():
        inner = _model_in(field.annotation)
        if inner and get_origin(field.annotation) is not dict:
            yield from settings_of(inner, (*above, name))
        else:
            yield (*above, name), field


def variable_of(keys: Sequence[str]) -> str:
    """Return the environment variable of a setting."""
    return PREFIX + "__".join(keys).upper()


def _refuse_name(places: Sequence[Place]) -> None:
    """A tenant is named by its file: another name would give it another lake and DAGs."""
    for place in places:
        if _reached(place(), NAME)[0] == len(NAME):
            raise SettingsError(
                f"{place.name_of(NAME)} is no setting: the name of the file names the tenant. Leave"
                " it out"
            )


def _mapping(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise SettingsError(
            f"{path} does not exist."
            + did_you_mean(path.stem, [p.stem for p in path.parent.glob("*.yml")])
        )
    try:
        return mapping_of(path)
    except YamlError as error:
        raise SettingsError(str(error)) from None


def _ours() -> list[tuple[str, str]]:
    """The variables with our prefix that are set."""
    return [(name, text) for name, text in os.environ.items() if name.startswith(PREFIX)]


def _sentence(item: ErrorDetails, model: type[BaseModel], places: Sequence[Place]) -> str:
    keys = [str(part) for part in item["loc"]]
    near = (
        did_you_mean(keys[-1], _known(model, keys[:-1]))
        if item["type"] == "extra_forbidden"
        else ""
    )
    return f"{_place_of(keys, places).name_of(keys)}: {item['msg']}" + (f".{near}" if near else "")


def _place_of(keys: list[str], places: Sequence[Place]) -> Place:
    """The place that decided a value; of a mapping and what it lacks, the last with a part of
    it.
    """
    reached = [(*_reached(place(), keys), place) for place in places]
    furthest = max(depth for depth, _, _ in reached)
    nearest = [(value, place) for depth, value, place in reached if depth == furthest]
    return nearest[-1 if isinstance(nearest[0][0], dict) else 0][1]


def _reached(values: Any, keys: list[str]) -> tuple[int, Any]:
    """How many of the keys lead somewhere, one below the other, and to what."""
    for depth, key in enumerate(keys):
        if not isinstance(values, dict) or key not in values:
            return depth, values
        values = values[key]
    return len(keys), values


def _known(model: type[BaseModel], keys: list[str]) -> list[str]:
    """The names that may stand below these keys."""
    inner: type[BaseModel] | None = model
    is_name = False  # of an entry of a mapping, such as a source
    for key in keys:
        if is_name or inner is None or key not in inner.model_fields:
            is_name = False
            continue
        annotation = inner.model_fields[key].annotation
        inner, is_name = _model_in(annotation), get_origin(annotation) is dict
    return list(inner.model_fields) if inner else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The settings model that an annotation names: alone, optional or as a mapping's values."""
    parts = (annotation, *get_args(annotation))
    return next(
        (part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)), None
    )
