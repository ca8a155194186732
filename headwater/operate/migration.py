"""`headwater migrate`: brings a tenant's lake to the format that this Headwater writes."""

from collections.abc import Iterator

from lakehouse.base.errors import storage_errors
from lakehouse.base.run import new_run_id
from lakehouse.store import lake_format
from lakehouse.store.context import lake_of
from lakehouse.store.lake_format import FORMAT
from lakehouse.store.lease import leased
from settings.model import Settings


def migrate(settings: Settings, *, dry_run: bool) -> Iterator[str]:
    """Carry out every change that is still to be made, and yield it in words before; with
    `dry_run`, only the words.

    It holds the lake's lease. Killed at any moment, it is started again and goes on where it was.

    Raises:
        ValueError: the tenant has no lake.
        NewerLake: a newer Headwater has written to the lake.
        NotCopied: a table cannot be copied; nothing of it was deleted.
    """
    lake = lake_of(settings)
    if not lake.is_dir():
        raise ValueError(f"{settings.tenant.name} has no lake yet: {lake} does not exist")
    lake_format.refuse_other_format(lake, older=True)
    before = lake_format.format_of(lake)
    if dry_run:
        for change in lake_format.pending(lake):
            yield f"would {change.words}"
        yield _result(before, "would have")
        return
    with (
        storage_errors(lake),
        leased(lake, new_run_id(), "migrate", settings.lease, older=True) as lease,
    ):
        for change in lake_format.pending(lake):
            yield change.words
            with lease.committing():
                change.apply()
        lake_format.write_format(lake, FORMAT)
    yield _result(before, "has")


def _result(before: int, has: str) -> str:
    if before == FORMAT:
        return f"the lake has format {FORMAT} already"
    return f"the lake {has} format {FORMAT}; it had {before}"
