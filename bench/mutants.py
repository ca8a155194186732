"""Do the tests of the business logic see a small fault? `make mutants`: hundreds of them, judged in
one process with one warm session.

Each mutant is one changed operator, comparison, constant or name of a column in a file of a family
below. The changed text is only given to Python's import, never written. The family's tests run
until the first fails; a mutant that none sees survives. Mutants that mean the same as the original
are argued one by one in docs/mutants.md and not counted. A library of mutation testing starts a
process for each mutant, with a JVM of its own: 300 of them would take hours.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from bench.mutations import Mutant, mutants_of

ROOT = Path(__file__).resolve().parents[1]
ARGUED = ROOT / "docs" / "mutants.md"
LEAST_SHARE = 0.9  # of the mutants that are not argued to be equal must die


@dataclass(frozen=True)
class Family:
    """Files that are changed, and the tests that judge them: `own` holds `{stem}`, the name of the
    changed file, and is asked first.
    """

    name: str
    files: tuple[str, ...]
    tests: tuple[str, ...]
    own: str = ""


FAMILIES = (
    Family("features", ("features/*.py",), ("tests/features",), "tests/features/test_{stem}.py"),
    Family("labels", ("jobs/features/labels.py",), ("tests/jobs/features/test_labels.py",)),
    Family(
        "segments",
        ("jobs/gold/segments.py",),
        ("tests/jobs/gold/test_segments.py", "tests/jobs/test_checks_of_tables.py"),
        "tests/jobs/gold/test_{stem}.py",
    ),
    Family(
        "gate rules",
        ("models/judging/rules.py", "models/judging/candidates.py"),
        (
            "tests/models/judging/test_gate_rules.py",
            "tests/models/judging/test_judging.py",
            "tests/models/judging/test_candidates.py",
        ),
        "tests/models/judging/test_{stem}.py",
    ),
    Family(
        "measures",
        ("models/judging/measures.py",),
        ("tests/models/judging/test_measures.py", "tests/models/judging/test_evaluation.py"),
    ),
)


class Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives Python's import the mutant's text in place of its file."""

    def __init__(self, mutant: Mutant) -> None:
        """The mutant to be imported."""
        self.path = ROOT / mutant.file
        self.name = mutant.file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        self.source = mutant.source

    def find_spec(self, fullname: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        """The spec of the changed module; None for any other."""
        return (
            importlib.util.spec_from_file_location(fullname, self.path, loader=self)
            if fullname == self.name
            else None
        )

    def exec_module(self, module: ModuleType) -> None:
        """Run the mutant's text; what Python has compiled of the file before is not asked for."""
        exec(compile(self.source, str(self.path), "exec"), module.__dict__)  # noqa: S102 - our own file, with one change


def main() -> int:
    """Print each family with its survivors; 0 when at least nine of ten mutants die, 1 otherwise or
    when the tests fail unchanged.
    """
    options = _options()
    argued = (
        set(re.findall(r"^- (.+? -> `.+?`)$", ARGUED.read_text(), re.MULTILINE))
        if ARGUED.exists()
        else set()
    )
    families = [f for f in FAMILIES if not options.family or f.name in options.family]
    chosen = sampled(families, options.count, options.seed)
    for family in families:
        if not passes(family.tests):
            print(f"the tests of {family.name} fail without a fault: {' '.join(family.tests)}")
            return 1
    started, dead, alive = time.monotonic(), Counter[str](), list[tuple[str, Mutant]]()
    for place, (family, mutant) in enumerate(chosen):
        if mutant.name in argued:
            continue
        if survives(family, mutant):
            alive.append((family.name, mutant))
            print(
                f"survives  {mutant.kind:10} {mutant.file}:{mutant.line}"
                f" {mutant.name.partition(': ')[2]}",
                flush=True,
            )
        else:
            dead[family.name] += 1
        if place % 25 == 24:
            print(
                f"          {place + 1} of {len(chosen)} after {time.monotonic() - started:.0f} s,"
                f" {len(alive)} alive",
                flush=True,
            )
    if not all(passes(family.tests) for family in families):
        print(
            "the tests fail without a fault after the last mutant: a mutant has harmed the session"
        )
        return 1
    return _summary(
        families, dead, Counter(name for name, _ in alive), len(chosen), time.monotonic() - started
    )


def _summary(
    families: list[Family], dead: Counter[str], alive: Counter[str], chosen: int, seconds: float
) -> int:
    for group in families:
        print(f"{group.name:12} {dead[group.name]:4} died, {alive[group.name]:3} survived")
    judged = dead.total() + alive.total()
    share = dead.total() / max(judged, 1)
    print(
        f"{judged} mutants judged in {seconds:.0f} s, {chosen - judged} argued to be equal"
        f" (docs/mutants.md): {100 * share:.1f} % died"
    )
    return 0 if share >= LEAST_SHARE else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Small faults in the business logic, and whether the tests see them."
    )
    parser.add_argument("--count", type=int, default=320, help="how many mutants are sampled")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--family",
        action="append",
        help=f"one of: {', '.join(group.name for group in FAMILIES)}; all by default",
    )
    return parser.parse_args()


def sampled(families: Sequence[Family], count: int, seed: int) -> list[tuple[Family, Mutant]]:
    """So many mutants of all families together, drawn at random without repetition; in the order of
    the files.
    """
    types = _types_of_columns()
    every = [
        (family, mutant)
        for family in families
        for pattern in family.files
        for path in sorted(ROOT.glob(pattern))
        for mutant in mutants_of(str(path.relative_to(ROOT)), path.read_text(), types)
    ]
    places = sorted(random.Random(seed).sample(range(len(every)), min(count, len(every))))  # noqa: S311 - a sample, not a secret
    return [every[place] for place in places]


def _types_of_columns() -> dict[str, str]:
    # our modules are forgotten between mutants
    from features.declaring import declared  # noqa: PLC0415
    from lakehouse.contract.columns import dictionary  # noqa: PLC0415

    declared()
    return {name: entry.type for name, entry in dictionary().items()}


def survives(family: Family, mutant: Mutant) -> bool:
    """Whether no test of the family fails: those of the changed file are asked first."""
    own = family.own.format(stem=Path(mutant.file).stem)
    first = (own,) if own and (ROOT / own).exists() else ()
    with _imported(mutant):
        return (not first or passes(first)) and passes(family.tests)


@contextlib.contextmanager
def _imported(mutant: Mutant) -> Iterator[None]:
    finder = Changed(mutant)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def passes(tests: Sequence[str]) -> bool:
    """Whether these tests pass, with all our modules imported anew; the session of Spark stays."""
    _forget_our_modules()
    paths = [str(ROOT / test) for test in tests]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        code = pytest.main(
            [
                *paths,
                "-x",
                "-q",
                "--no-header",
                "-p",
                "no:cacheprovider",
                "--timeout=300",
                "--rootdir",
                str(ROOT),
            ]
        )
    _forget_our_modules()
    return code == pytest.ExitCode.OK


def _forget_our_modules() -> None:
    """Those of this repository but for the ones that run now."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        inside = file.startswith(str(ROOT)) and "/.venv" not in file
        if inside and not name.startswith("bench.mut") and name not in ("__main__", "bench"):
            del sys.modules[name]


if __name__ == "__main__":
    sys.exit(main())
