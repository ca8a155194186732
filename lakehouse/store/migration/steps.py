"""Every step, in the order of the formats they lead to."""

from lakehouse.base.modules import modules_of
from lakehouse.store.migration.declaring import DECLARED, Change, Step

__all__ = ["STEPS", "Change", "retired_tables"]


def _declared() -> list[Step]:
    modules_of(__name__.rpartition(".")[0])
    return sorted(DECLARED, key=lambda declared_step: declared_step.to)


STEPS = _declared()


def retired_tables() -> set[str]:
    """Tables that a step takes out of a lake: older records may name them."""
    return {name for declared_step in STEPS for name in declared_step.retires}
