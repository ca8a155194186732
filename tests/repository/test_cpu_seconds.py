"""CPU seconds are counted for the one who took them, in this process and below it, and those of
several processes of tests are added up.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.cpu import cpu_seconds
from settings.places import ROOT
from tests.cpu_seconds import REST, CpuSeconds, lines_of

WORK = "import time\nwhile time.process_time() < {seconds}: pass\n"
FEATURES, GOLD = "tests/features/test_trend.py", "tests/jobs/gold/test_kpis.py"


def test_an_inner_block_takes_its_seconds_from_the_outer_one(
    monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    # from 25 to 24: a program has ended that did not wait for what it had started
    at = iter([10.0, 11.0, 13.0, 17.0, 25.0, 24.0, 26.0])
    monkeypatch.setattr("tests.cpu_seconds.cpu_seconds", lambda: next(at))
    seconds = CpuSeconds(pytestconfig)
    with seconds.charged("test"), seconds.charged("fixture"):
        pass
    with seconds.charged("test"):
        pass
    assert seconds.of == {REST: 1.0, "test": 2.0 + 8.0 + 2.0, "fixture": 4.0}


def test_folders_and_the_dearest_of_them() -> None:
    seconds = {
        f"{FEATURES}::test_a": 1.0,
        f"{FEATURES}::test_b[1]": 2.0,
        f"{GOLD}::test_c": 4.0,
        "tests::spark, a fixture": 20.0,
        f"{GOLD}::shop, a fixture": 3.0,
        REST: 5.0,
    }
    lines = [re.sub(r"^ +", "", line) for line in lines_of(seconds)]
    assert lines[:4] == [
        "20.0  tests",
        "7.0  tests/jobs/gold",
        f"5.0  {REST}",
        "3.0  tests/features",
    ]
    assert lines[4:6] == ["the 10 dearest of 6:", "20.0  tests::spark, a fixture"]
    assert lines[-1] == f"1.0  {FEATURES}::test_a"


def test_what_runs_below_counts_before_it_ends_and_after() -> None:
    """A shell that waits for a Python, as the JVM does for its workers."""
    before = cpu_seconds()
    python = WORK.format(seconds=0.2) + "import sys; print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        ["sh", "-c", f"{sys.executable} -c '{python}'; true"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as shell:
        assert shell.stdout is not None
        shell.stdout.readline()
        while_running = cpu_seconds() - before
    ended = cpu_seconds() - before
    # /proc counts in hundredths, and a step of each of three processes may not be there yet
    assert 0.15 <= while_running <= ended + 0.05


def test_two_processes_of_tests_send_what_they_counted(tmp_path: Path) -> None:
    for folder, seconds in (("a", 0.1), ("b", 0.2)):
        (tmp_path / folder).mkdir()
        text = f"def test_it():\n    began = time.process_time()\n    while time.process_time() < began + {seconds}: pass\n"
        (tmp_path / folder / f"test_{folder}.py").write_text(f"import time\n{text}")
    plugins = "-p xdist.plugin -p tests.cpu_seconds -c /dev/null --rootdir . -n 2 --costs ."
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plugins.split()],
        # the other plugins cost two seconds in each of the three processes
        env={"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    spent_by_place = {
        name: float(spent) for spent, name in re.findall(r"^ +(\S+)  (\S+)$", done.stdout, re.M)
    }
    assert {*spent_by_place} >= {"a", "b", "a/test_a.py::test_it", "b/test_b.py::test_it"}, (
        done.stdout
    )
    assert 0.1 <= spent_by_place["a"] < spent_by_place["b"]
    assert spent_by_place["b"] >= 0.2
