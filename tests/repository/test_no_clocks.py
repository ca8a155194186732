"""Rows depend on their inputs alone: no clock, and no chance without a seed, where tables are
computed.
"""

import ast
import re
from pathlib import Path

import pytest

from tests.repository import tree
from tests.repository.tree import full_names, parsed, python_files, texts

MAY_KNOW_THE_TIME = {
    "headwater/demo/airflow_runs.py": "starts, watches and stops Airflow; computes no rows",
    "headwater/local/": "starts, watches and stops Airflow; computes no rows",
    "headwater/operate/doctor.py": "tries the machine; computes no rows",
    "headwater/operate/probes.py": "what the doctor tries; computes no rows",
    "headwater/operate/profile.py": "how long a run took, said to a person",
}
MAY_RECORD_THE_TIME = {  # by the kernel's clock, lakehouse.store.ops.now, and no other
    "headwater/operate/inspection.py": "how old a release is, said to a person",
    "lakehouse/fetch/stage.py": "whether a day is over yet, and when it was fetched; it decides what lands, not what is made of it",
    "jobs/stages/maintenance.py": "when a stage started, for ops_runs",
    "jobs/stages/publishing.py": "when a stage started, for ops_runs",
    "headwater/onboarding/proposal.py": "no file arrives after today, whatever date is in it",
    "jobs/stages/training.py": "when a stage started, for ops_runs",
}
CLOCKS = {
    "now",
    "today",
    "utcnow",
    "current_date",
    "current_timestamp",
    "curdate",
    "localtimestamp",
    "unix_timestamp",
}
CHANCE = re.compile(r"^(random|secrets|numpy\.random)\.|^uuid\.uuid|^os\.urandom$")
# with an argument
SEEDED = {
    "numpy.random.default_rng",
    "numpy.random.Generator",
    "numpy.random.SeedSequence",
    "random.Random",
}
NEED_A_SEED = {
    "rand",
    "randn",
    "default_rng",
    "SeedSequence",
    "Random",
    "sample",
    "randomSplit",
    "shuffle",
    "train_test_split",
}
SQL = re.compile(
    r"\b(current_date|current_timestamp|localtimestamp)\b|\b(now|curdate|rand|randn|uuid|unix_timestamp)\s*\(\s*\)",
    re.I,
)


def test_tables_are_computed_without_clock_and_chance() -> None:
    paths = [
        path
        for path in python_files("jobs", "headwater", "features", "models")
        if not str(path).startswith(tuple(MAY_KNOW_THE_TIME))
    ]
    assert paths
    assert [problem for path in paths for problem in unsteady(path)] == []


def unsteady(path: Path) -> list[str]:
    """Where a file asks a clock or throws dice without a seed."""
    allowed = {"lakehouse.store.ops.now"} if str(path) in MAY_RECORD_THE_TIME else set()
    calls = {node.func: node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)}
    places = []
    for node, name in full_names(path):
        last = name.rpartition(".")[2]
        is_clock = name not in allowed and (
            last in CLOCKS or (name.startswith("time.") and last != "sleep")
        )
        is_chance = bool(CHANCE.search(name)) and name not in SEEDED
        call = calls.get(node)
        is_unseeded = last in NEED_A_SEED and call is not None and not is_seeded(call, last)
        if is_clock or is_chance or is_unseeded:
            places.append(f"{path}:{node.lineno} uses {name}")
    return places + [
        f"{path}:{line} says {text.strip()[:40]}" for line, text in texts(path) if SQL.search(text)
    ]


def is_seeded(call: ast.Call, name: str) -> bool:
    """Whether a call that needs a seed gets one: any argument of those that take little else, a
    named one of the others.
    """
    if name in {"rand", "randn", "default_rng", "SeedSequence", "Random"}:
        return bool(call.args or call.keywords)
    return bool({keyword.arg for keyword in call.keywords} & {"seed", "random_state"})


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ("from pyspark.sql import functions as F\nF.current_date()", True),
        ("from pyspark.sql import functions as F\nF.rand()", True),
        ("from pyspark.sql import functions as F\nF.rand(7)", False),
        ("import datetime as dt\ndt.datetime.now(dt.UTC)", True),
        ("from datetime import date\ndate.today()", True),
        ("from time import time\ntime()", True),
        ("import time\ntime.sleep(1)", False),  # waits, tells nothing
        ("import random\nrandom.choice([1])", True),
        ("import numpy as np\nnp.random.default_rng()", True),
        ("import numpy as np\nnp.random.default_rng(seed)", False),
        ("import numpy as np\nnp.random.rand(3)", True),
        ("frame.sample(0.1)", True),
        ("frame.sample(0.1, seed=3)", False),
        ("field(default_factory=datetime.now)", True),  # named, not called
        ("frame.where('day < current_date')", True),
        ("frame.selectExpr('now()')", True),
        ("now = release.current(lake)\nnow.tables", False),  # a variable of that name
        ('"""Looks at no current_date."""', False),  # words of a docstring
    ],
)
def test_what_counts_as_clock_and_chance(
    line: str, is_found: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "ROOT", tmp_path)
    (tmp_path / "one.py").write_text(line)
    parsed.cache_clear()
    assert bool(unsteady(Path("one.py"))) is is_found
    parsed.cache_clear()
