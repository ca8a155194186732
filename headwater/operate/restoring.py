"""`headwater restore`: the damaged tables of a tenant, one after the other, the house's own records
first.
"""

from collections.abc import Iterator

from jobs.stages.pipeline import declare_tables
from lakehouse.base.run import new_run_id
from lakehouse.build import restoring
from lakehouse.build.restoring import RestorePlan
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
        damaged = restoring.plans(lake, tables)
        for plan in damaged:
            yield _said(plan, tenant, "would go")
    else:
        damaged = []
        # The records first: what they say of the other tables is read again after they came back.
        with leased(lake, new_run_id(), "restore", settings.lease, older=True) as lease:
            while plans := [
                plan
                for plan in restoring.plans(lake, tables)
                if plan.table not in {earlier.table for earlier in damaged}
            ]:
                version = restoring.restore(lake, plans[0], lease, tenant)
                damaged.append(plans[0])
                yield _said(plans[0], tenant, "went") + f" It stands at version {version} now."
        yield from _said_of_release(settings)
    if not damaged:
        yield f"nothing is damaged in {lake}"


def _said(plan: RestorePlan, tenant: str, went: str) -> str:
    back = f"version {plan.good}" if plan.good >= 0 else "no rows at all, since no version is whole"
    aside = (
        f" {len(plan.aside)} files of its log are kept beside it under names that begin with"
        " damaged-."
        if plan.aside
        else ""
    )
    lost = f"Lost: versions {plan.lost[0]} to {plan.lost[-1]}." if plan.lost else "Lost: nothing."
    return (
        f"{plan.table}: {plan.damage}. It {went} back to {back}.{aside} {lost} To bring them back:"
        f" {plan.run_to_repeat(tenant)}."
    )


def _said_of_release(settings: Settings) -> Iterator[str]:
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
