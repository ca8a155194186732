"""`headwater restore`: the damaged tables of a tenant, one after the other, the house's own records
first.
"""

from collections.abc import Iterator

from jobs.stages.pipeline import declare_tables
from lakehouse.base.run import new_run_id
from lakehouse.build import restoring
from lakehouse.build.restoring import Restoration
from lakehouse.store import delta
from lakehouse.store.context import lake_of
from lakehouse.store.lease import leased
from lakehouse.store.release import current, lost_versions
from settings.model import Settings
from settings.nearest import did_you_mean


def restore_tables(settings: Settings, tables: list[str], *, dry_run: bool) -> Iterator[str]:
    """Bring damaged tables back to their last whole version; yields what was, or would be, done and
    lost, in sentences.

    Raises:
        ValueError: a named table does not exist; names the nearest match.
        Damaged: a table has no version to go back to.
    """
    declare_tables()
    lake, tenant = lake_of(settings), settings.tenant.name
    there = [path.name for path in delta.tables(lake)]
    for name in tables:
        if name not in there:
            raise ValueError(f"{tenant} has no table {name}." + did_you_mean(name, there))
    if dry_run:
        damaged = restoring.restorations(lake, tables)
        for restoration in damaged:
            yield _sentence(restoration, tenant, "would go")
    else:
        damaged = []
        # The records first: what they say of the other tables is read again after they came back.
        with leased(lake, new_run_id(), "restore", settings.lease, older=True) as lease:
            while remaining := [
                restoration
                for restoration in restoring.restorations(lake, tables)
                if restoration.table not in {earlier.table for earlier in damaged}
            ]:
                version = restoring.restore(lake, remaining[0], lease, tenant)
                damaged.append(remaining[0])
                yield (
                    _sentence(remaining[0], tenant, "went")
                    + f" It stands at version {version} now."
                )
        yield from _release_sentence(settings)
    if not damaged:
        yield f"nothing is damaged in {lake}"


def _sentence(restoration: Restoration, tenant: str, went: str) -> str:
    good, aside, lost = restoration.good, restoration.aside, restoration.lost
    back = f"version {good}" if good >= 0 else "no rows at all, since no version is whole"
    kept = (
        f" {len(aside)} files of its log are kept beside it under names that begin with damaged-."
        if aside
        else ""
    )
    lost_text = f"Lost: versions {lost[0]} to {lost[-1]}." if lost else "Lost: nothing."
    return (
        f"{restoration.table}: {restoration.damage}. It {went} back to {back}.{kept} {lost_text} To"
        f" bring them back: {restoration.run_to_repeat(tenant)}."
    )


def _release_sentence(settings: Settings) -> Iterator[str]:
    lake = lake_of(settings)
    now = current(lake)
    deleted = (
        sorted(
            n
            for n, v in now.tables.items()
            if delta.exists(lake / n) and v in lost_versions(lake / n)
        )
        if now
        else []
    )
    if now and deleted:
        yield (
            f"release {now.release_id} names lost versions of {', '.join(deleted)}: until a run"
            " makes a new one with the stage release, let readers follow an earlier one with"
            " `headwater release rollback`"
        )
