"""Releases: one row that names the version of every gold table and model; readers follow the
newest, so they never see half a run.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path

from lakehouse.base.errors import UserError
from lakehouse.base.run import Run
from lakehouse.store import delta, records
from lakehouse.store.lake_format import admit_writer
from lakehouse.store.ops import now
from lakehouse.store.records import Release
from lakehouse.store.table_reading import has_rows, values_above


class ReleaseError(UserError):
    """A release cannot be made, found or returned to; the message says why and what to do."""


def releases(lake: Path) -> list[Release]:
    """Every release and return to one, newest first."""
    return sorted(records.read(lake, Release), key=lambda made: made.created_at, reverse=True)


def current(lake: Path) -> Release | None:
    """The release that readers follow."""
    return next(iter(releases(lake)), None)


def publish(lake: Path, run: Run, tables: list[str], models: dict[str, str]) -> Release | None:
    """Make a release of the tables as they stand; None when the current one is held.

    Raises:
        ReleaseError: a gold table is missing, or was never built as of the date; nothing is
            released.
    """
    current_release = current(lake)
    if current_release and current_release.is_held:
        return None
    missing = [name for name in tables if not delta.exists(lake / name)]
    if missing:
        raise ReleaseError(
            f"cannot release: {', '.join(missing)} not built. Run the stage gold first"
        )
    as_of = max(run.as_ofs)
    _refuse_unbuilt(lake, tables, as_of)
    release = Release(
        release_id=f"{as_of}-{run.run_id}",
        tenant=run.tenant,
        run_id=run.run_id,
        tables={name: delta.version_of(lake / name) for name in tables},
        models=models,
        as_of=as_of,
        created_at=now(),
    )
    records.append(lake, Release, [release])
    return release


def _refuse_unbuilt(lake: Path, tables: list[str], as_of: date) -> None:
    """Readers of a release look for the rows of its date: they must be there, or a commit that says
    that there are none.
    """
    lacking = [
        name
        for name in tables
        if not has_rows(lake / name, "as_of", [as_of]) and as_of not in _built(lake / name)
    ]
    if not lacking:
        return
    dates = [
        _built(lake / name) | {*values_above(lake / name, "as_of", date.min)} for name in tables
    ]
    newest = max(set.intersection(*dates), default=None)
    newest_text = f"the newest date of all is {newest}" if newest else "no date is in all of them"
    raise ReleaseError(
        f"cannot release as of {as_of}: {', '.join(lacking)}"
        f" {'has' if len(lacking) == 1 else 'have'} nothing as of that date; {newest_text}. Run the"
        f" stages features, score and gold with --as-of {as_of} first, or release a date that is"
        " there"
    )


def _built(path: Path) -> set[date]:
    """The as-of dates that commits of a table have built, rows or none, without those that a
    restore took out.
    """
    lost = lost_versions(path)
    return {
        date.fromisoformat(day)
        for commit in delta.commits(path)
        if commit.version not in lost
        for day in commit.days or ()
    }


def rollback(lake: Path, release_id: str, *, hold: bool) -> Release:
    """Point readers back to an earlier release; the next good run makes a new one unless it is
    held.

    Raises:
        ReleaseError: there is no such release, or files of its tables are gone.
        OlderLake: the lake must be migrated first.
    """
    admit_writer(lake)
    by_id = {r.release_id: r for r in reversed(releases(lake))}
    if release_id not in by_id:
        raise ReleaseError(f"no release {release_id}; `headwater release list` shows them")
    old = by_id[release_id]
    if lost := sorted(
        name for name, version in old.tables.items() if version in lost_versions(lake / name)
    ):
        raise ReleaseError(
            f"cannot return to {release_id}: `headwater restore` took its versions of"
            f" {', '.join(lost)} out, as damaged"
        )
    deleted = [
        f"{name} version {version}"
        for name, version in sorted(old.tables.items())
        if not delta.is_whole(lake / name, version)
    ]
    if deleted:
        message = f"VACUUM has deleted files of {', '.join(deleted)}, as it does after 35 days"
        raise ReleaseError(f"cannot return to {release_id}: {message}")
    back = replace(old, created_at=now(), is_held=hold, note="rolled back to")
    records.append(lake, Release, [back])
    return back


def lost_versions(path: Path) -> set[int]:
    """The versions of a table that a restore has taken out: their numbers may now show older
    rows.
    """
    return {version for commit in delta.commits(path) for version in commit.lost}
