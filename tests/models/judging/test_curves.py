from __future__ import annotations

from pathlib import Path

import pandas as pd

from models.judging.curves import pictures_of

TRUTH, SCORE = [0, 0, 1, 0, 1], [0.1, 0.2, 0.3, 0.6, 0.8]
IMPORTANCE = pd.Series({"days_since_last_order": 9.0, "order_count": 4.0})


def test_five_pictures_are_drawn_and_equal_when_drawn_again(tmp_path: Path) -> None:
    first, again = (
        pictures_of(TRUTH, SCORE, IMPORTANCE, tmp_path / name) for name in ("first", "again")
    )
    assert [path.name for path in first] == [
        "roc.png",
        "precision_recall.png",
        "lift.png",
        "calibration.png",
        "importance.png",
    ]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in first)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
