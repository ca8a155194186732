"""Two models are the same when their rows, what their code does and their parameters are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from models.learning.identity import code_digest, identity_of, rows_digest

FRAME = pd.DataFrame(
    {
        "customer_id": ["2", "1", "3"],
        "as_of": [date(2017, 12, 1)] * 3,
        "order_count": [1, 2, 3],
        "amount_sum": [Decimal("10.5000"), None, Decimal("0.2500")],
    }
)
CODE = '''"""Docs."""

import json
from pathlib import Path


class Depth:
    """Deep."""

    of_tree = 3


def depth(path):
    """How deep."""
    import ast

    return Depth.of_tree + 1
'''


def test_identity_ignores_the_order_of_rows_and_columns_and_nothing_else() -> None:
    shuffled = FRAME.iloc[[2, 0, 1], ::-1]
    changed = FRAME.assign(order_count=[1, 2, 4])
    renamed = FRAME.rename(columns={"order_count": "orders_count"})
    assert identity_of(shuffled, [], {"depth": 3}) == identity_of(FRAME, [], {"depth": 3})
    assert len({rows_digest(frame) for frame in (FRAME, changed, renamed)}) == 3
    assert identity_of(FRAME, [], {"depth": 4}) != identity_of(FRAME, [], {"depth": 3})


def test_rows_of_several_targets_have_one_digest_in_any_order() -> None:
    twice = pd.concat([FRAME.assign(target="8"), FRAME.assign(target="13")], ignore_index=True)
    assert rows_digest(twice.iloc[[5, 0, 4, 1, 3, 2]]) == rows_digest(twice)
    assert rows_digest(twice.assign(target="8")) != rows_digest(twice)


@pytest.mark.parametrize(
    ("old", "new", "is_same"),
    [
        ("of_tree = 3", "of_tree = 4", False),
        ("+ 1", "- 1", False),
        ("def depth(path)", "def depth(folder)", False),
        ("How deep.", "How many splits lie on the longest path.", True),  # docstrings
        ('"""Docs."""', "", True),
        ("import json\n", "", True),
        ("from pathlib import Path", "from models.learning.paths import Path", True),
        ("    import ast\n", "", True),
        ("of_tree = 3", "of_tree = (\n        3\n    )  # found by trying", True),  # the layout
    ],
)
def test_code_is_the_same_when_it_does_the_same(
    tmp_path: Path, old: str, new: str, is_same: bool
) -> None:
    assert old in CODE
    before, after = tmp_path / "before.py", tmp_path / "moved" / "after.py"
    after.parent.mkdir()
    before.write_text(CODE)
    after.write_text(CODE.replace(old, new))
    assert (code_digest(before) == code_digest(after)) is is_same
    assert (identity_of(FRAME, [before], {}) == identity_of(FRAME, [after], {})) is is_same


def test_the_order_of_the_code_files_does_not_matter(tmp_path: Path) -> None:
    one, two = tmp_path / "one.py", tmp_path / "two.py"
    one.write_text("a = 1")
    two.write_text("a = 2")
    assert identity_of(FRAME, [one, two], {}) == identity_of(FRAME, [two, one], {})
    assert identity_of(FRAME, [one, two], {}) != identity_of(FRAME, [one], {})
