"""A champion speaks the words of today, whatever was saved with it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from features.declaring import words
from jobs.models import registry
from models.learning.boosted_trees import TreesModel
from models.learning.inputs import Features
from models.learning.reasons import sentence
from models.registry import tracking
from models.registry.store import from_files
from models.registry.tracking import Registry
from tests.rows import conf


def test_an_old_champion_says_its_reasons_in_the_words_of_today(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # its words were saved without units, and one of its features is declared no more
    features = Features(("days_since_last_order", "visit_days_28d", "amount_sum"), {})
    files = TreesModel(
        (), features, "an identity", (date(2017, 1, 1),), rounds=1, kind="churn", label_days=28
    ).to_files()
    about = json.loads(files["model.json"])
    about["words"] = {
        "days_since_last_order": ["recency", "last order {value} days ago"],
        "visit_days_28d": ["frequency", "visits on {value} days in the last 28 days"],
    }
    del about["label_days"], about["direction"]  # it did not say these itself
    old = from_files({**files, "model.json": json.dumps(about).encode()})
    monkeypatch.setattr(registry, "registry_of", lambda settings: None)
    monkeypatch.setattr(tracking, "champion_version", lambda *names: "3")
    monkeypatch.setattr(tracking, "load", lambda *names, version: old)
    champion = registry.champion(conf(currency="EUR"), "churn")
    assert champion is not None
    assert champion.version == "3"
    assert champion.model.words == words("EUR")
    assert champion.model.seen_until == date(2017, 1, 29)
    assert champion.model.direction == ("raises risk", "lowers risk")
    assert [sentence(name, 1, champion.model.words) for name in features.names] == [
        "last order 1 day ago",
        "visit days in the last 28 days: 1 day",
        "spent 1 EUR",
    ]


def test_a_relative_store_lies_under_the_home_and_a_server_stays_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_HOME", str(tmp_path))
    local = registry.registry_of(conf())
    assert local == Registry(f"sqlite:///{tmp_path}/data/mlflow.db", tmp_path / "data/mlflow")
    assert local.artifacts.is_dir()
    server = conf().model_copy(update={"mlflow_uri": "http://localhost:5000"})
    assert registry.registry_of(server).uri == "http://localhost:5000"


def test_without_a_champion_there_is_nothing_to_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "registry_of", lambda settings: None)
    monkeypatch.setattr(tracking, "champion_version", lambda *names: None)
    assert registry.champion(conf(), "segments") is None
