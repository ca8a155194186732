"""Every kind of model, one file each: its `KIND` says all of it."""

from lakehouse.base.modules import modules_of
from models.kind import Kind
from settings.nearest import did_you_mean


def declared() -> dict[str, Kind]:
    """Every kind by name, in the order of the names."""
    kinds: list[Kind] = [module.KIND for module in modules_of(__name__)]
    return {kind.name: kind for kind in sorted(kinds, key=lambda kind: kind.name)}


def kind_of(name: str) -> Kind:
    """The kind of this name.

    Raises:
        ValueError: there is none; names the nearest match.
    """
    kinds = declared()
    if name not in kinds:
        raise ValueError(
            f"no kind of model {name}.{did_you_mean(name, kinds)} There are: {', '.join(kinds)}"
        )
    return kinds[name]
