"""No feature without a test: each is called by a test of this folder with a few rows, beside what
is expected of it.
"""

import ast
from collections.abc import Iterable
from pathlib import Path

from features.declaring import declared
from tests.repository.tree import parsed, python_files


def called_in(modules: Iterable[ast.Module]) -> set[str]:
    """The names of features that tests give to `values_of` as its first argument; a name in any
    other text is no call.
    """
    calls = [node for module in modules for node in ast.walk(module) if isinstance(node, ast.Call)]
    asked = [
        call.args[0]
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == "values_of" and call.args
    ]
    return {
        name for one in asked if isinstance(one, ast.Constant) for name in str(one.value).split()
    }


def test_every_feature_is_called_with_rows() -> None:
    tests = [
        parsed(path) for path in python_files("tests") if path.parent == Path("tests/features")
    ]
    missing = sorted(declared().keys() - called_in(tests))
    assert missing == [], (
        f"no test in tests/features calls {', '.join(missing)}: give values_of its name and a few rows"
    )


def test_a_name_in_a_text_is_no_call() -> None:
    module = ast.parse("""
text = "order_trend"
print("order_count")
assert values_of("amount_sum amount_sum_7d", ROWS) == expected("silence_ratio")
""")
    assert called_in([module]) == {"amount_sum", "amount_sum_7d"}
