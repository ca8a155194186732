"""Gives the function of a table a value for each of its parameters."""

from typing import Any

from lakehouse.build import reading
from lakehouse.build.batch import Provenance
from lakehouse.build.reading import Changes
from lakehouse.contract.table import TABLES, Table
from lakehouse.intake.horizon import known_until
from lakehouse.store.context import Context


def seen_by_function(
    context: Context,
    table: Table,
    name: str,
    provenance: Provenance,
    changes: Changes | None = None,
) -> Any:
    """The value of parameter `name`, as its annotation says; notes its version in `provenance`."""
    read = table.reads[name]
    if read.how == "settings":
        return context.settings
    if read.how == "known_until":
        return known_until(context.settings, read.name or "")
    if read.how == "models":
        champions = {kind: context.champion(kind) for kind in read.kinds}
        provenance.models.update(
            {kind: pinned.version if pinned else None for kind, pinned in champions.items()}
        )
        return champions
    provenance.inputs[name] = context.version_of(name)
    if read.how == "touched" and changes is not None:
        frame = context.table(name)
        predicate = changes.predicate(TABLES[name].slice_by)
        return frame if predicate is None else frame.where(predicate)
    return reading.as_seen(context, name, read)
