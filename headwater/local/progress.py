"""Reads the log of an Airflow task while it is written: which tables are done, and which lines the
program said last.
"""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

PROGRESS = re.compile(r"headwater progress (.+)")
SPARK_CHATTER = re.compile(r"^\d\d/\d\d/\d\d \d\d:\d\d:\d\d (INFO|WARN|DEBUG) ")
# in the name of the logger that passes on the program's own output
SUBMIT_LOGGER = "SparkSubmitHook"
COMMAND_START = "Spark-Submit cmd:"  # the provider's own line under the same logger
LINES_KEPT = 15


class TableDone(NamedTuple):
    """One `headwater progress` line."""

    stage: str
    table: str
    status: str
    seconds: str
    rows: str

    def __str__(self) -> str:
        if self.status == "unchanged":
            return f"{self.stage} {self.table}: nothing arrived"
        rows = f", {int(self.rows):,} rows" if self.rows.isdigit() else ""
        failed = "" if self.status == "done" else f" {self.status.upper()}"
        return f"{self.stage} {self.table}{failed} ({self.seconds} s{rows})"


@dataclass
class TaskLog:
    """What has been read of one attempt's log; `read` goes on where it stopped."""

    path: Path
    tables: list[TableDone] = field(default_factory=list)
    output: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    _position: int = 0

    def read(self) -> list[TableDone]:
        """The tables reported since the last call; a line that is still being written waits for the
        next.
        """
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self._position)
            complete = file.read().rpartition(b"\n")
        self._position += len(complete[0]) + len(complete[1])
        new: list[TableDone] = []
        for line in complete[0].decode(errors="replace").splitlines():
            new.extend(self._take(line))
        self.tables.extend(new)
        return new

    def last_words(self) -> list[str]:
        """The last lines the program printed, its error among them; when it printed none, the
        errors Airflow logged.
        """
        return (self.output or self.errors)[-LINES_KEPT:]

    def _take(self, line: str) -> list[TableDone]:
        text, is_program, is_error = _event_of(line)
        if match := PROGRESS.search(text):
            table = _table_of(match[1])
            return [table] if table else []
        if (
            is_program
            and text.strip()
            and not SPARK_CHATTER.match(text)
            and not text.startswith(COMMAND_START)
        ):
            self.output = [*self.output[-LINES_KEPT:], text.rstrip()]
        elif is_error:
            self.errors = [*self.errors[-LINES_KEPT:], text]
        return []


def log_path(logs: Path, dag_id: str, run_id: str, task_id: str, try_number: int) -> Path:
    """Where Airflow's default template puts the log of an attempt."""
    return (
        logs
        / f"dag_id={dag_id}"
        / f"run_id={run_id}"
        / f"task_id={task_id}"
        / f"attempt={try_number}.log"
    )


def _event_of(line: str) -> tuple[str, bool, bool]:
    """The text of a log line, whether it is the program's own output, and whether it is an error of
    Airflow's, then with its exception.
    """
    try:
        entry = json.loads(line)
    except ValueError:
        return line, True, False
    if not isinstance(entry, dict):
        return line, True, False
    text = str(entry.get("event", ""))
    if SUBMIT_LOGGER in str(entry.get("logger", "")):
        return text, True, False
    raised = [
        f"{error.get('exc_type')}: {error.get('exc_value')}"
        for error in entry.get("error_detail") or []
    ]
    return " ".join([text, *raised]), False, entry.get("level") in ("error", "critical")


def _table_of(text: str) -> TableDone | None:
    """The named values of a progress line; None when it is not one of ours."""
    values = dict(part.split("=", 1) for part in text.split() if "=" in part)
    if not {"stage", "table", "status"} <= set(values):
        return None
    return TableDone(
        values["stage"],
        values["table"],
        values["status"],
        values.get("seconds", "?"),
        values.get("rows", "?"),
    )
