"""What can be reached from where, over any relation."""

from collections.abc import Callable, Iterable


def reached(start: str, following: Callable[[str], Iterable[str]]) -> set[str]:
    """Every name that `following` leads to from `start`, in one step or many; without the start
    itself.
    """
    reachable: set[str] = set()
    waiting = [start]
    while waiting:
        new = set(following(waiting.pop())) - reachable
        reachable |= new
        waiting += new
    return reachable - {start}
