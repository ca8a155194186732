"""Models as plain files: what is written comes back, and what is none is refused by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from models import _load_pyfunc
from models.learning.boosted_trees import TreesModel
from models.learning.clusters import RFM, ClusterModel
from models.learning.inputs import Features
from models.learning.learner import TrainedModel
from models.registry import store
from models.store import _load_pyfunc as load_by_old_name

WORDS = {"order_count": ("frequency", "{value}", "orders", "no order")}
CHURN = TreesModel(
    (b"a", b"b"),
    Features(("order_count",), {"city": ("Ulm",)}),
    "id",
    (date(2017, 12, 1),),
    7,
    "churn",
    28,
    WORDS,
    ("up", "down"),
)
QUARTER = replace(CHURN, kind="churn_91d", label_days=91)
SEGMENTS = ClusterModel(b"pipeline", ("few", "many"), "id", date(2017, 12, 1), "segments")


@pytest.mark.parametrize("model", [CHURN, QUARTER, SEGMENTS], ids=lambda model: model.kind)
def test_a_model_comes_back_from_its_folder(model: TrainedModel, tmp_path: Path) -> None:
    assert store.read_model(store.write_model(model, tmp_path / "new" / "folder")) == model
    assert _load_pyfunc(str(tmp_path / "new" / "folder")) == model
    assert load_by_old_name(str(tmp_path / "new" / "folder")) == model


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError,
        match=r"holds no model\.json; expected a folder that models\.registry\.store wrote",
    ):
        store.read_model(tmp_path)
    (tmp_path / "model.json").write_text('{"kind": "segment"}')
    message = (
        r"names the kind 'segment': no kind of model segment\. Did you mean segments\?"
        r" There are: .*churn, .*segments"
    )
    with pytest.raises(ValueError, match=message):
        store.read_model(tmp_path)


def test_models_say_what_they_read() -> None:
    assert SEGMENTS.features == Features(RFM, {})
    assert (SEGMENTS.seen_until, SEGMENTS.train_as_ofs) == (date(2017, 12, 1), (date(2017, 12, 1),))
    assert CHURN.seen_until == date(2017, 12, 29), (
        "28 days after the newest as-of date it learned from"
    )
    assert QUARTER.seen_until == date(2018, 3, 2)
