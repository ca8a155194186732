"""What must not be in the repository: paths of one machine, and hosts that packages come from
(those are the machine's settings).
"""

import re
from collections import Counter

import pytest

from tests.repository.tree import files, python_files, text_of

MACHINE_PATH = re.compile(r"(?<![\w.*~-])/(root|work|home/[a-z]\w*|Users/\w+)/")
REGISTRY = re.compile(  # written so that it does not match itself
    r"pypi\.org|pythonhosted\.org|maven\.org|maven\.apache\.org|mvnrepository\.com|registry\.npmjs|proxy\.golang|artifactor[y]|/nexu[s]/"
    r"|index-url[ =]+http",
    re.I,
)


@pytest.mark.parametrize(
    ("what", "pattern"),
    [("path of one machine", MACHINE_PATH), ("registry host", REGISTRY)],
    ids=["machine", "registry"],
)
def test_no_file_names_a_machine_or_a_registry(what: str, pattern: re.Pattern[str]) -> None:
    problems = []
    for path in files():
        try:
            lines = text_of(path).splitlines()
        except UnicodeDecodeError:  # a picture
            continue
        problems += [
            f"{path}:{number} has the {what} {match[0]}"
            for number, line in enumerate(lines, 1)
            if (match := pattern.search(line))
        ]
    assert problems == []


@pytest.mark.parametrize(
    ("pattern", "text", "is_found"),
    [
        (MACHINE_PATH, "open('" + "/".join(["", "home", "ada", "lake"]) + "')", True),
        (MACHINE_PATH, "cd " + "/".join(["", "root", "x"]), True),
        (MACHINE_PATH, "data/work/of/spark", False),  # a relative folder
        (REGISTRY, "https://pypi" + ".org/simple", True),
        (REGISTRY, "uv pip compile --no-emit-index-url --no-annotate", False),
    ],
)
def test_what_counts_as_one(pattern: re.Pattern[str], text: str, is_found: bool) -> None:
    assert bool(pattern.search(text)) is is_found


def test_no_two_files_of_tests_have_one_name() -> None:
    """Pytest imports a file of tests by its name alone, and refuses the second one."""
    names = Counter(path.name for path in python_files("tests") if path.name.startswith("test_"))
    assert [name for name, count in names.items() if count > 1] == []
