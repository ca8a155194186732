"""CPU seconds of the tests: `pytest --costs` prints them per folder, and the dearest tests.

CPU seconds and not seconds of the clock, because two processes of tests share two cores. A test's
count holds what ran meanwhile in its process, in the session's JVM and in all programs below. What
a fixture costs that several tests share stands for itself. A process whose parent ended before it,
such as an Airflow that was sent to the background, is missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any

import pytest

from bench.cpu import cpu_seconds

DEAREST = 10
REST = "collection, and what tests leave running"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--costs`."""
    parser.addoption(
        "--costs",
        action="store_true",
        help="print CPU seconds per folder of tests, and the dearest tests",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Reading /proc takes 1 ms per test and hundred processes: only for those who ask."""
    if config.getoption("--costs"):
        config.pluginmanager.register(CpuSeconds(config), "cpu_seconds")


class CpuSeconds:
    """Counts in the process that runs tests; under `pytest -n` the first process adds up what the
    others have sent.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.of: dict[str, float] = defaultdict(float)
        self._charged = [REST]
        self._at = cpu_seconds()

    @contextmanager
    def charged(self, name: str) -> Iterator[None]:
        """What runs in the block is of this name, but for what an inner block takes."""
        self._count()
        self._charged.append(name)
        try:
            yield
        finally:
            self._count()
            self._charged.pop()

    def _count(self) -> None:
        before, self._at = self._at, cpu_seconds()
        # a program that ends takes the seconds of those with it that it did not wait for
        self.of[self._charged[-1]] += max(0.0, self._at - before)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """A test with its own fixtures."""
        with self.charged(item.nodeid):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
        """A fixture that several tests share."""
        if fixturedef.scope == "function":
            return (yield)
        with self.charged(f"{fixturedef.baseid}::{fixturedef.argname}, a fixture"):
            return (yield)

    def pytest_sessionfinish(self) -> None:
        """The last count of this process; a worker of `pytest -n` sends all of them."""
        if self.config.pluginmanager.hasplugin("dsession"):
            return  # this process runs no test
        self._count()
        if (sent := getattr(self.config, "workeroutput", None)) is not None:
            sent["cpu_seconds"] = dict(self.of)

    @pytest.hookimpl(optionalhook=True)  # of xdist, which Airflow's environment does not have
    def pytest_testnodedown(self, node: Any) -> None:
        """What a worker has counted."""
        for name, spent in getattr(node, "workeroutput", {}).get("cpu_seconds", {}).items():
            self.of[name] += spent

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The two lists."""
        terminalreporter.section(f"CPU seconds: {sum(self.of.values()):.0f}")
        for line in lines_of(self.of):
            terminalreporter.write_line(line)


def lines_of(seconds: Mapping[str, float]) -> list[str]:
    """Seconds per folder, the dearest folder first, then the dearest tests and fixtures."""
    folders: dict[str, float] = defaultdict(float)
    for name, spent in seconds.items():
        folders[_folder(name)] += spent
    return [
        *_listed(folders),
        f"the {DEAREST} dearest of {len(seconds)}:",
        *_listed(seconds)[:DEAREST],
    ]


def _listed(seconds: Mapping[str, float]) -> list[str]:
    """The dearest first."""
    dearest = sorted(seconds, key=lambda name: seconds[name], reverse=True)
    return [f"{seconds[name]:8.1f}  {name}" for name in dearest]


def _folder(name: str) -> str:
    """tests/a/b of tests/a/b/test_it.py::test_it, and of a fixture of tests/a/b/conftest.py."""
    place, is_test, _ = name.partition("::")
    path = PurePosixPath(place)
    return str(path.parent if is_test and path.suffix else path)
