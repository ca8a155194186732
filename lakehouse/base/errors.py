"""What a person can mend."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from settings.errors import UserError

__all__ = ["StorageError", "UserError", "storage_errors"]

# As the C library says them; Java and Rust pass the words on.
FULL, READ_ONLY, TOO_LARGE = "No space left on device", "Read-only file system", "File too large"
ADVICE = {
    FULL: "the disk is full. Make room (`headwater run vacuum` deletes files past their retention)",
    READ_ONLY: "the file system is read-only. Mount it for writing",
    TOO_LARGE: "a file would be larger than the limit of this process. Raise `ulimit -f`",
}


class StorageError(UserError):
    """The disk below the lake refused a write; nothing of it was committed."""


@contextmanager
def storage_errors(place: Path) -> Iterator[None]:
    """Say in one sentence what a full or read-only disk says in a page of Java.

    Raises:
        StorageError: names the place and what to do.
    """
    try:
        yield
    except Exception as error:
        for words, advice in ADVICE.items():
            if words in str(error):
                raise StorageError(
                    f"{place} cannot be written: {advice}, then run again: nothing of this write"
                    " was committed"
                ) from error
        raise
