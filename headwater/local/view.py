"""What a person sees while DAG runs go on: a table that is redrawn on a terminal, plain lines
elsewhere.
"""

import time
from dataclasses import dataclass, field
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from headwater.local.progress import TableDone

STATE_STYLES = {
    "success": "green",
    "failed": "red",
    "running": "cyan",
    "up_for_retry": "yellow",
    "upstream_failed": "red",
}


@dataclass
class TaskProgress:
    """One task of one run: its state in Airflow's words, its age, the tables it has finished."""

    dag_id: str
    task_id: str
    state: str
    seconds: float = 0.0
    tables: list[TableDone] = field(default_factory=list)


class View(Protocol):
    """Shows the newest progress of tasks; a context manager."""

    def __enter__(self) -> Self:
        """Begins to show."""

    def __exit__(self, *_: object) -> None:
        """Leaves the last state on the screen."""

    def update(self, task: TaskProgress, new: list[TableDone]) -> None:
        """A task as it is now, and the tables it finished since the last update."""

    def say(self, text: str) -> None:
        """A line of its own."""


def view_on(console: Console) -> View:
    """The view that suits the console."""
    return LiveView(console) if console.is_terminal else PlainView(console)


class LiveView:
    """A table with one row per task."""

    def __init__(self, console: Console):
        self._console = console
        self._tasks: dict[tuple[str, str], TaskProgress] = {}
        self._live = Live(console=console, refresh_per_second=2, transient=False)

    def __enter__(self) -> Self:
        """Begins to draw."""
        self._live.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        """Draws for the last time."""
        self._live.__exit__(None, None, None)

    def update(self, task: TaskProgress, new: list[TableDone]) -> None:  # noqa: ARG002 (the row shows the last table anyway)
        """Redraws the table."""
        self._tasks[task.dag_id, task.task_id] = task
        self._live.update(self._table())

    def say(self, text: str) -> None:
        """A line above the table."""
        self._live.console.print(text, highlight=False, markup=False)

    def _table(self) -> Table:
        table = Table("DAG", "task", "state", "seconds", "tables", "last table", expand=False)
        for task in self._tasks.values():
            style = STATE_STYLES.get(task.state, "dim")
            last = str(task.tables[-1]) if task.tables else ""
            table.add_row(
                task.dag_id,
                task.task_id,
                f"[{style}]{task.state}[/]",
                f"{task.seconds:.0f}",
                str(len(task.tables)),
                last,
            )
        return table


class PlainView:
    """One line per change of a task's state and per finished table, with the seconds since the
    start.
    """

    def __init__(self, console: Console):
        self._console = console
        self._started = time.monotonic()
        self._states: dict[tuple[str, str], str] = {}

    def __enter__(self) -> Self:
        """Nothing to begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to end."""

    def update(self, task: TaskProgress, new: list[TableDone]) -> None:
        """Prints what is new."""
        for done in new:
            self.say(f"  {done}")
        key = task.dag_id, task.task_id
        if self._states.get(key) != task.state:
            self._states[key] = task.state
            age = f" ({task.seconds:.0f} s)" if task.seconds else ""
            self.say(f"{task.dag_id} {task.task_id}: {task.state}{age}")

    def say(self, text: str) -> None:
        """A line with the time before it."""
        self._console.print(
            f"[{time.monotonic() - self._started:6.1f} s] {text}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
