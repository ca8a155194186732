"""The stages train and gate: which dates they learn from, and how long each kind takes."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from jobs.stages import training
from lakehouse.base.run import Run
from lakehouse.store import delta, ops
from lakehouse.store.context import Context
from models.gate import Finding, verdict
from models.promotion import Decision
from models.training import Candidate
from settings.model import Training, load_settings

END = date(2017, 12, 31)


class Clock:
    """A clock that only work moves."""

    def __init__(self) -> None:
        self.at = datetime(2020, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def takes(self, seconds: int, result: Any) -> Any:
        """A function that takes so long and returns that."""

        def work(*_: Any, **__: Any) -> Any:
            self.at += timedelta(seconds=seconds)
            return result

        return work


def context(step: int = 28, windows: int = 3) -> Context:
    spark: Any = None  # dates are chosen without one
    settings = load_settings("complete_journey").model_copy(
        update={"training": Training(windows=windows, window_days=step)}
    )
    return Context(spark, settings, Run("complete_journey", date(2017, 12, 30), END))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Reading takes 3 seconds, churn 40 to train and 5 to load, segments 7 and 2, each
    judgement 1.
    """
    one, none = Clock(), Candidate("churn", END, END, None, "too little", pd.DataFrame())
    monkeypatch.setattr(ops, "now", one.now)
    monkeypatch.setattr(training, "registry_of", lambda _: None)
    monkeypatch.setattr(training, "known_until", lambda *_: END)
    monkeypatch.setattr(training, "_frames", one.takes(3, (pd.DataFrame(), pd.DataFrame())))
    monkeypatch.setattr(training, "train_churn", one.takes(40, none))
    monkeypatch.setattr(training, "train_segments", one.takes(7, none))
    monkeypatch.setattr(training, "publish", lambda *_: None)
    monkeypatch.setattr(
        training,
        "stored_candidate",
        lambda _r, _t, kind, *_: one.takes(5 if kind == "churn" else 2, none)(),
    )
    decision = Decision(verdict([Finding("history", False, "too little")]), None, None, None)
    monkeypatch.setattr(training, "judge_and_promote", one.takes(1, decision))
    return one


def seconds(stage: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    monkeypatch.setenv("HEADWATER_HOME", str(tmp_path))
    stage(context())
    rows = delta.read_arrow(tmp_path / "data/lake/complete_journey/ops_runs").to_pylist()
    return {row["table_name"]: row["seconds"] for row in rows}


def test_the_seconds_of_a_training_are_those_of_its_work(
    clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert seconds(training.train, tmp_path, monkeypatch) == {
        "model_churn": 43,
        "model_segments": 7,
    }


def test_the_seconds_of_the_gate_are_those_of_its_work(
    clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert seconds(training.gate, tmp_path, monkeypatch) == {"model_churn": 9, "model_segments": 3}


# all that the run may see has arrived; and more than that
@pytest.mark.parametrize("known", [END, date(2018, 6, 1)])
def test_a_training_is_as_of_its_run(monkeypatch: pytest.MonkeyPatch, known: date) -> None:
    monkeypatch.setattr(training, "known_until", lambda *_: known)
    assert training.training_as_ofs(context()) == [
        date(2017, 9, 10),
        date(2017, 10, 8),
        date(2017, 11, 5),
        date(2017, 12, 3),
    ]
    assert training.training_as_ofs(context(7))[-3:] == [
        date(2017, 10, 29),
        date(2017, 11, 5),
        date(2017, 12, 3),
    ]
    assert training._waiting(context(), "churn") == ""


def test_with_a_late_delivery_it_is_as_of_the_day_until_which_orders_are_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training, "known_until", lambda *_: date(2017, 12, 30))
    assert training.churn_as_of(context()) == date(2017, 12, 30)
    # a day earlier, and the window that ends with the run: its label is null until the delivery is
    # there
    wanted = [
        date(2017, 9, 9),
        date(2017, 10, 7),
        date(2017, 11, 4),
        date(2017, 12, 2),
        date(2017, 12, 3),
    ]
    assert training.training_as_ofs(context()) == wanted
    said = training._waiting(context(), "churn")
    assert (
        "trained as of 2017-12-30, not 2017-12-31, too young for a label of 28 days: 2017-12-03 (needs orders until 2017-12-31"
        in said
    )
    assert training._waiting(context(), "segments") == ""


def test_a_shop_without_orders_is_as_of_its_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "known_until", lambda *_: None)
    assert training.churn_as_of(context()) == END
