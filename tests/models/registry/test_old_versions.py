"""Versions as older releases of Headwater wrote them are read as they were meant then."""

from __future__ import annotations

import json
from datetime import date

import pytest

from models.learning.boosted_trees import TreesModel
from models.learning.inputs import Features
from models.learning.learner import TrainedModel
from models.registry.old_versions import completed
from models.registry.store import from_files
from tests.models.fixed import churn_model, segments_model

CHURN_OF_OLD = {
    "kind": "churn",
    "numeric": ["order_count"],
    "categories": {"city": ["Ulm"]},
    "identity": "id",
    "train_as_ofs": ["2017-12-01"],
    "rounds": 7,
}


def old_files(**more: object) -> dict[str, bytes]:
    about = json.dumps({**CHURN_OF_OLD, **more})
    return {"model.json": about.encode(), "booster_0.ubj": b"a"}


def test_a_churn_model_of_old_is_of_28_days_and_tells_of_risk() -> None:
    words = {"order_count": ("frequency", "{value}", "orders", "no order")}
    expected = TreesModel(
        (b"a",),
        Features(("order_count",), {"city": ("Ulm",)}),
        "id",
        (date(2017, 12, 1),),
        7,
        "churn",
        28,
        words,
        ("raises risk", "lowers risk"),
    )
    assert from_files(old_files(words=words)) == expected


def test_words_of_old_without_units_and_without_words_are_read() -> None:
    # the first releases told no words, the next ones told them without unit and words for null
    for more in ({}, {"words": {"order_count": ["frequency", "{value} orders"]}}):
        loaded = from_files(old_files(**more))
        assert isinstance(loaded, TreesModel)
        assert loaded.words == {}


@pytest.mark.parametrize("model", [churn_model(), segments_model()], ids=lambda model: model.kind)
def test_versions_of_today_stay_as_they_are(model: TrainedModel) -> None:
    files = model.to_files()
    whole = completed(files)
    assert json.loads(whole.pop("model.json")) == json.loads(files.pop("model.json"))
    assert whole == files
