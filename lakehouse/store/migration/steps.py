"""Every step, in the order of the formats they lead to."""

import importlib
import pkgutil
from pathlib import Path

from lakehouse.store import migration
from lakehouse.store.migration.declaring import DECLARED, Change, Step

__all__ = ["STEPS", "Change", "retired_tables"]


def _declared() -> list[Step]:
    for module in pkgutil.iter_modules([str(Path(migration.__file__).parent)]):
        if f"{migration.__name__}.{module.name}" != __name__:
            importlib.import_module(f"{migration.__name__}.{module.name}")
    return sorted(DECLARED, key=lambda declared_step: declared_step.to)


STEPS = _declared()


def retired_tables() -> set[str]:
    """Tables that a step takes out of a lake: older records may name them."""
    return {name for declared_step in STEPS for name in declared_step.retires}
