"""The stages train and gate: which dates they learn from, and how long each kind takes."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from jobs.stages import training
from jobs.stages.training import KindTraining
from lakehouse.base.run import Run
from lakehouse.store import delta, ops
from lakehouse.store.context import Context
from models.judging.candidates import Candidate
from models.judging.rules import Finding, verdict
from models.kind import Kind
from models.kinds import campaign_response, churn, churn_91d, segments
from models.registry.promotion import Decision
from settings.model import Training, load_settings

END = date(2017, 12, 31)


TWO = {kind.name: kind for kind in (churn.KIND, segments.KIND)}


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


def training_of(kind: Kind) -> KindTraining:
    """The training of the kind in a run of this test."""
    [of_kind] = [one for one in training.trainings(context()) if one.kind == kind]
    return of_kind


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """There are two kinds. Reading takes 3 seconds, churn 40 to train and 5 to load, segments 7
    and 2, each judgement 1.
    """
    one, none = Clock(), Candidate("churn", END, END, None, "too little", pd.DataFrame())
    monkeypatch.setattr(ops, "now", one.now)
    monkeypatch.setattr(training, "registry_of", lambda _: None)
    monkeypatch.setattr(training, "known_until", lambda *_: END)
    monkeypatch.setattr(training, "declared", lambda: TWO)
    monkeypatch.setattr(training, "_frames", one.takes(3, {}))
    monkeypatch.setattr(
        training, "trained", lambda kind, *_: one.takes(40 if kind.label else 7, none)()
    )
    monkeypatch.setattr(training, "publish", lambda *_: None)
    monkeypatch.setattr(
        training,
        "stored_candidate",
        lambda _r, _t, kind, *_: one.takes(5 if kind.label else 2, none)(),
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
@pytest.mark.parametrize("known_until", [END, date(2018, 6, 1)])
def test_a_training_is_as_of_its_run(monkeypatch: pytest.MonkeyPatch, known_until: date) -> None:
    monkeypatch.setattr(training, "declared", lambda: TWO)
    monkeypatch.setattr(training, "known_until", lambda *_: known_until)
    assert training.labelled_as_ofs(context()) == [
        date(2017, 9, 10),
        date(2017, 10, 8),
        date(2017, 11, 5),
        date(2017, 12, 3),
    ]
    assert training.labelled_as_ofs(context(7))[-3:] == [
        date(2017, 10, 29),
        date(2017, 11, 5),
        date(2017, 12, 3),
    ]
    assert training._waiting(context(), training_of(churn.KIND)) == ""


def test_with_a_late_delivery_it_is_as_of_the_day_until_which_orders_are_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training, "declared", lambda: TWO)
    monkeypatch.setattr(training, "known_until", lambda *_: date(2017, 12, 30))
    assert training_of(churn.KIND).as_of == date(2017, 12, 30)
    # a day earlier, and the window that ends with the run: its label is null until the delivery is
    # there
    wanted = [
        date(2017, 9, 9),
        date(2017, 10, 7),
        date(2017, 11, 4),
        date(2017, 12, 2),
        date(2017, 12, 3),
    ]
    assert training.labelled_as_ofs(context()) == wanted
    message = training._waiting(context(), training_of(churn.KIND))
    assert (
        "trained as of 2017-12-30, not 2017-12-31, too young for a label of 28 days: 2017-12-03 (needs deliveries until 2017-12-31"
        in message
    )
    assert training._waiting(context(), training_of(segments.KIND)) == ""


def test_a_shop_without_orders_is_as_of_its_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "known_until", lambda *_: None)
    assert training_of(churn.KIND).as_of == END


def test_kinds_share_their_dates_and_a_label_of_a_quarter_asks_for_three_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # 91 days are four steps of 28; six windows of churn, three of the quarter, two steps apart
    monkeypatch.setattr(training, "known_until", lambda *_: END)
    steps = [END - timedelta(days=28 * place) for place in (12, 10, 8, *range(7, 0, -1))]
    assert training.labelled_as_ofs(context(windows=6)) == steps
    assert training_of(churn_91d.KIND).as_of == END


def test_what_is_known_of_redemptions_alone_takes_back_their_kind_by_whole_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # redemptions of the last 29 days are not delivered yet: two steps of 28 days
    known_until = {"bronze_redemptions": date(2017, 12, 2)}
    monkeypatch.setattr(training, "known_until", lambda _, table: known_until.get(table, END))
    assert training_of(churn.KIND).as_of == END
    assert training_of(campaign_response.KIND).as_of == date(2017, 11, 5)
    # a shop that delivers none at all
    monkeypatch.setattr(
        training, "known_until", lambda _, table: END if table == "bronze_orders" else None
    )
    assert training_of(campaign_response.KIND).as_of == END
