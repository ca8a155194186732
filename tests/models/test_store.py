"""Models as plain files: what is written comes back, and what is none is refused by name."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from models import store
from models.churn import ChurnModel
from models.clusters import RFM, ClusterModel
from models.inputs import Features

WORDS = {"order_count": ("frequency", "{value}", "orders", "no order")}
CHURN = ChurnModel(
    (b"a", b"b"),
    Features(("order_count",), {"city": ("Ulm",)}),
    "id",
    (date(2017, 12, 1),),
    7,
    WORDS,
)
SEGMENTS = ClusterModel(b"pipeline", ("few", "many"), "id", date(2017, 12, 1))


@pytest.mark.parametrize("model", [CHURN, SEGMENTS], ids=lambda model: model.kind)
def test_a_model_comes_back_from_its_folder(
    model: ChurnModel | ClusterModel, tmp_path: Path
) -> None:
    assert store.read_model(store.write_model(model, tmp_path / "new" / "folder")) == model
    assert store._load_pyfunc(str(tmp_path / "new" / "folder")) == model


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError,
        match=r"holds no model\.json; expected a folder written by models\.store\.write_model",
    ):
        store.read_model(tmp_path)
    (tmp_path / "model.json").write_text('{"kind": "weather"}')
    with pytest.raises(
        ValueError, match="names the kind 'weather'; known kinds are churn, segments"
    ):
        store.read_model(tmp_path)


def test_models_say_what_they_read_and_keep_their_words() -> None:
    assert SEGMENTS.features == Features(RFM, {})
    assert CHURN.seen_until == date(2017, 12, 29), (
        "28 days after the newest as-of date it learned from"
    )
    words = {"city": ("place", "lives in {value}", "", "place not told")}
    spoken = CHURN.with_words(words)
    assert spoken.words == words
    assert (spoken.boosters, spoken.identity) == (CHURN.boosters, CHURN.identity)
