"""`headwater doctor`: tries each part of the set-up for real, in a temporary folder, and says what
to do about what fails.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from headwater.operate.probes import PROBES
from headwater.operate.trial import Ailment, Bench, Probe
from settings.errors import SettingsError


class Finding(NamedTuple):
    """What a trial ended with."""

    part: str
    is_ok: bool
    sentence: str


def doctor(console: Console) -> bool:
    """Try every part and print what was found, or what is wrong and what to do; True when
    everything is ok.
    """
    handle, log = tempfile.mkstemp(prefix="headwater-doctor-", suffix=".log")
    os.close(handle)
    with tempfile.TemporaryDirectory(
        prefix="headwater-doctor-", ignore_cleanup_errors=True
    ) as folder:
        bench = Bench(Path(folder), Path(log))
        try:
            findings = examine(bench, console)
        finally:
            _stop(bench)
    console.print(_table(findings))
    failed = sum(not finding.is_ok for finding in findings)
    if failed:
        message = (
            f"{failed} of {len(findings)} parts failed; tracebacks and the tools' own words are in"
            f" {log}"
        )
        console.print(message, markup=False, highlight=False, soft_wrap=True)
        return False
    bench.log.unlink()
    console.print(f"All {len(findings)} parts are ok", highlight=False)
    return True


def examine(bench: Bench, console: Console) -> list[Finding]:
    """Try one part after the other, whatever became of those before; a terminal shows how far it
    is.
    """
    findings: list[Finding] = []
    # Without Live's own redirection, which would show on the terminal what _quiet sends to the log.
    with Live(
        console=console,
        transient=True,
        auto_refresh=False,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as live:
        for probe in PROBES:
            live.update(_table(findings, probe.part), refresh=True)
            findings.append(_tried(probe, bench))
    return findings


def _tried(probe: Probe, bench: Bench) -> Finding:
    try:
        with _quiet(bench.log):
            return Finding(probe.part, True, probe.trial(bench))
    except Exception as error:  # whatever a library raises is what a doctor is there to report
        with bench.log.open("a") as log:
            log.write(f"--- {probe.part}\n{traceback.format_exc()}")
        wrong = str(error) if isinstance(error, Ailment | SettingsError) else _sentence(error)
        remedy = error.remedy if isinstance(error, Ailment) else ""
        return Finding(probe.part, False, f"{wrong}\nTo do: {remedy or probe.remedy}.")


def _sentence(error: Exception) -> str:
    """The kind and the first sentence of an error of somebody else; Java's begin with py4j's remark
    and end with a stack trace.
    """
    text = re.sub(r"^An error occurred while calling .*\n: ", "", str(error).strip())
    first = re.split(r"(?<=[.!?])\s|\n", text, maxsplit=1)[0]
    return f"{type(error).__name__}: {first}"


@contextmanager
def _quiet(log: Path) -> Iterator[None]:
    """Append to a file what is written to stderr, also by child processes: a JVM keeps the stderr
    it was started with.
    """
    with log.open("ab") as file:
        kept = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


def _table(findings: list[Finding], trying: str = "") -> Table:
    table = Table("part", "state", "what was found / what to do")
    for finding in findings:
        state = Text("ok", "green") if finding.is_ok else Text("failed", "red")
        table.add_row(finding.part, state, Text(finding.sentence))
    if trying:
        table.add_row(trying, Text("trying", "dim"), "")
    return table


def _stop(bench: Bench) -> None:
    if bench.session is not None:
        from py4j.protocol import Py4JError  # type: ignore[import-untyped]  # noqa: PLC0415 - not there, no session

        # the JVM has died under a trial, which that part reports
        with _quiet(bench.log), suppress(Py4JError, OSError):
            bench.session.stop()
