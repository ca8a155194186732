"""Format 1: what a person takes for right is called a waiver."""

from collections.abc import Iterator
from pathlib import Path

from lakehouse.store.migration.declaring import Change, step
from lakehouse.store.migration.renaming import renamed


@step(to=1, retires="ops_acceptances")
def waivers(lake: Path) -> Iterator[Change]:
    """Rename the table `ops_acceptances`, and its columns `accepted_by` and `accepted_at`."""
    columns = {"accepted_by": "waived_by", "accepted_at": "waived_at"}
    yield from renamed(lake, "ops_acceptances", "ops_waivers", columns)
