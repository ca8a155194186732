"""What each test costs, as a marker that no test file writes by hand; and which tests may start a
JVM or an Airflow.

pyproject.toml names this file as a pytest plugin and says what each marker means. A unit test does
not see the session of another test, and a program that a test may not start does not start.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Collection, Generator, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

# Dearest first: a test that needs several things has the cost of the dearest.
COSTS = ("system", "year", "airflow", "spark", "unit")
PLACES = {"tests/dags/": "airflow"}  # run by Airflow's Python, which has no Spark
# What a test asks for, itself or through other fixtures. These may start programs, for all tests
# that share them.
FIXTURES = {
    "browser": "system",
    "database": "system",
    "year": "year",
    "ta_feng": "year",  # the second shop's four months: as dear as the first one's year
    "built": "airflow",  # the house that headwater/demo looks at
    "spark": "spark",
}
# Markers of a test that starts a program for itself alone, and the cost that it has then.
OWN = {"own_jvm": "spark", "own_airflow": "airflow"}
# Every JVM reads these options, however deep below the test, and ends at once, naming this agent.
# An option that it does not know would not do: Spark has Java ignore those.
JVM_OPTIONS = "JAVA_TOOL_OPTIONS"
REFUSED = "-agentpath:/this-test-starts-no-jvm/see-the-marker-own_jvm"
JVM_OPTIONS_BEFORE = os.environ.get(JVM_OPTIONS)
START = subprocess.Popen.__init__


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test gets the one marker of its cost.

    Raises:
        UsageError: a file sets such a marker by hand, or a program of its own has no reason.
    """
    for item in items:
        if problem := problem_of(item.iter_markers()):
            raise pytest.UsageError(f"{item.nodeid}: {problem}")
        item.add_marker(cost_of(item.nodeid, getattr(item, "fixturenames", ()), owned(item)))


def cost_of(nodeid: str, fixtures: Collection[str], own: Collection[str] = ()) -> str:
    """The cost of a test by its place, all fixtures that it needs, and its markers of `OWN`."""
    costs = {cost for place, cost in PLACES.items() if nodeid.startswith(place)}
    costs |= {FIXTURES[name] for name in fixtures if name in FIXTURES}
    costs |= {OWN[name] for name in own}
    return next((cost for cost in COSTS if cost in costs), "unit")


def problem_of(marks: Iterable[pytest.Mark]) -> str:
    """What is wrong with the markers in the file of a test; empty when nothing is."""
    for mark in marks:
        if mark.name in COSTS:
            return f"the marker {mark.name} follows from its fixtures, by tests/costs.py: delete it"
        if mark.name in OWN and not (len(mark.args) == 1 and str(mark.args[0]).strip()):
            return f'the marker {mark.name} says why in one text: {mark.name}("...")'
    return ""


def owned(item: pytest.Item) -> frozenset[str]:
    """The markers of programs that the test starts for itself."""
    return frozenset(name for name in OWN if item.get_closest_marker(name))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fixtures of a test start what the test may start."""
    with _guarded(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """The test itself."""
    with _guarded(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
    """Fixtures that decide a cost may start their programs."""
    with allowing(OWN) if fixturedef.argname in FIXTURES else nullcontext():
        return (yield)


@contextmanager
def _guarded(item: pytest.Item) -> Iterator[None]:
    with (
        allowing(owned(item)),
        without_session() if item.get_closest_marker("unit") else nullcontext(),
    ):
        yield


@contextmanager
def allowing(own: Collection[str]) -> Iterator[None]:
    """Only these of `OWN` may be started while the block runs."""
    with pytest.MonkeyPatch.context() as patch:
        if "own_jvm" not in own:
            patch.setenv(JVM_OPTIONS, REFUSED)
        elif JVM_OPTIONS_BEFORE is None:
            patch.delenv(JVM_OPTIONS, raising=False)
        else:
            patch.setenv(JVM_OPTIONS, JVM_OPTIONS_BEFORE)
        patch.setattr(
            subprocess.Popen, "__init__", START if "own_airflow" in own else _start_no_airflow
        )
        yield


def _start_no_airflow(self: Any, args: Any, *more: Any, **named: Any) -> None:
    program = args if isinstance(args, str | os.PathLike) else args[0]
    if Path(os.fsdecode(program)).parts[-3:] == (".venv-airflow", "bin", "airflow"):
        raise RuntimeError('this test starts an Airflow: mark it with own_airflow("why")')
    START(self, args, *more, **named)


@contextmanager
def without_session() -> Iterator[None]:
    """Spark as it is before its first session: a unit test that would use one fails in every run,
    not only in those where no other test has made it.
    """
    with pytest.MonkeyPatch.context() as patch:
        if "pyspark.sql" in sys.modules:
            from pyspark import SparkContext
            from pyspark.sql import SparkSession

            patch.setattr(SparkContext, "_active_spark_context", None)
            patch.setattr(SparkSession, "_instantiatedSession", None)
        yield
