"""What our commits say of themselves, in the `userMetadata` of Delta's log."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Commit:
    """What one of our commits says of itself.

    Version, run, the slice values it replaced (None: all), the versions and models it read, the
    fencing number of its run, the version of `ops_runs` before it, and the versions that a return
    to an older one has lost.
    """

    version: int
    run_id: str
    days: list[str] | None
    inputs: dict[str, int]
    models: dict[str, str | None]
    fence: int = 0
    ops_runs: int = -1
    lost: tuple[int, ...] = ()


def commit_of(entry: Mapping[str, Any]) -> Commit | None:
    """The commit of an entry of a table's history; None for one of others (OPTIMIZE, VACUUM,
    properties), which carries no metadata.
    """
    metadata = json.loads(entry.get("userMetadata") or "{}")
    if "run_id" not in metadata:
        return None
    versions = {name: metadata[name] for name in ("fence", "ops_runs") if name in metadata}
    inputs, models, lost = (
        metadata.get("inputs", {}),
        metadata.get("models", {}),
        tuple(metadata.get("lost", ())),
    )
    return Commit(
        int(entry["version"]),
        metadata["run_id"],
        metadata.get("days"),
        inputs,
        models,
        **versions,
        lost=lost,
    )
