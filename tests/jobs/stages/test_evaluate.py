"""An evaluation of a date whose orders are not known yet ends before anything is built."""

from datetime import date
from pathlib import Path

import pytest

from jobs.stages.evaluation import evaluate
from lakehouse.base.run import Run
from lakehouse.store import delta, ops
from lakehouse.store.context import lake_of
from settings.model import load_settings
from tests.shops import file_record


def test_dates_that_are_too_young_are_named_and_nothing_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_HOME", str(tmp_path))
    settings, newest = load_settings("complete_journey"), date(2017, 12, 30)
    lake, run = lake_of(settings), Run("complete_journey", newest, date(2017, 12, 31))
    ops.record_files(lake, [file_record(run, "orders", "a", newest)])
    # 12-03 needs the orders until 12-31, exclusive, which are known; 12-04 one day more
    with pytest.raises(
        ValueError,
        match=r"28 days: 2017-12-04 \(needs deliveries until 2018-01-01, known until 2017-12-31\); run",
    ) as caught:
        evaluate(settings, "churn", [date(2017, 12, 3), date(2017, 12, 4)])
    assert "2017-12-03" not in str(caught.value)
    assert [path.name for path in delta.tables(lake)] == ["ops_files"]
