"""Every test has one cost, which nobody writes by hand, and starts no program that it does not
name.
"""

import re
import subprocess
from collections import Counter
from collections.abc import Sequence

import pytest
from pyspark import SparkContext
from pyspark.sql import SparkSession

from lakehouse.base.java import JavaError, _candidates, java_home
from settings.places import ROOT
from tests.costs import COSTS, FIXTURES, OWN, allowing, cost_of, problem_of, without_session
from tests.repository.tree import python_files, text_of

HERE = "tests/jobs/test_it.py::test_it"
AIRFLOW = [str(ROOT / ".venv-airflow/bin/airflow"), "version"]


def test_every_test_of_this_run_has_exactly_one_cost(request: pytest.FixtureRequest) -> None:
    costs = {
        item.nodeid: [mark.name for mark in item.iter_markers() if mark.name in COSTS]
        for item in request.session.items
    }
    assert {nodeid: names for nodeid, names in costs.items() if len(names) != 1} == {}
    assert costs[request.node.nodeid] == ["unit"]


@pytest.mark.parametrize(
    ("nodeid", "fixtures", "own", "cost"),
    [
        (HERE, ["tmp_path"], [], "unit"),
        (HERE, ["small_plans", "spark"], [], "spark"),
        (HERE, [], ["own_jvm"], "spark"),
        (HERE, ["house", "built", "spark"], [], "airflow"),  # the dearest of two
        (HERE, [], ["own_airflow"], "airflow"),
        ("tests/dags/test_it.py::test_it", [], [], "airflow"),
        (HERE, ["year", "spark"], [], "year"),
        (HERE, ["orders", "database", "shop_in", "spark"], ["own_jvm"], "system"),
    ],
)
def test_the_dearest_thing_that_a_test_needs_is_its_cost(
    nodeid: str, fixtures: Sequence[str], own: Sequence[str], cost: str
) -> None:
    assert cost_of(nodeid, fixtures, own) == cost


def test_each_fixture_that_decides_a_cost_is_there_once() -> None:
    defined = Counter(
        name
        for path in python_files("tests")
        for name in re.findall(r"^@pytest\.fixture.*\ndef (\w+)\(", text_of(path), re.M)
    )
    assert {name: defined[name] for name in FIXTURES} == dict.fromkeys(FIXTURES, 1)


@pytest.mark.parametrize(
    ("mark", "problem"),
    [
        (pytest.mark.parametrize("n", [1]), ""),
        (pytest.mark.own_jvm("it is killed"), ""),
        (pytest.mark.own_jvm, "says why"),
        (pytest.mark.own_airflow(" "), "says why"),
        (pytest.mark.spark, "follows from its fixtures"),
    ],
)
def test_a_cost_by_hand_and_a_program_without_a_reason_are_refused(
    mark: pytest.MarkDecorator, problem: str
) -> None:
    refusal = problem_of([mark.mark])
    assert problem in refusal
    assert bool(refusal) == bool(problem)


def test_no_jvm_starts_below_a_test_that_does_not_say_so() -> None:
    """Which this test is: Java ends at once, also with the option that Spark starts it with."""
    with pytest.raises(JavaError, match="does not start"):
        java_home.__wrapped__()
    [(_, java), *_] = _candidates()
    done = subprocess.run(
        ["sh", "-c", f"'{java}' -XX:+IgnoreUnrecognizedVMOptions -version"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "see-the-marker-own_jvm" in done.stdout


def test_an_airflow_is_started_only_by_a_test_that_says_so() -> None:
    with pytest.raises(RuntimeError, match="mark it with own_airflow"):
        subprocess.Popen(AIRFLOW)
    with allowing(["own_jvm"]), pytest.raises(RuntimeError, match="mark it with own_airflow"):
        subprocess.run(AIRFLOW, check=False)
    with allowing(OWN), pytest.raises(FileNotFoundError):
        subprocess.Popen(AIRFLOW, cwd="/nowhere")  # it goes as far as the system


def test_a_unit_test_does_not_see_the_session_of_others() -> None:
    assert SparkSession.getActiveSession() is None
    session = object()
    # undone here: at the test's end the session of others is there again, and would be overwritten
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SparkContext, "_active_spark_context", session)
        with without_session():
            assert SparkContext._active_spark_context is None
        assert SparkContext._active_spark_context is session
