"""A champion speaks the words of today, whatever was saved with it."""

from __future__ import annotations

import json
from datetime import date

import pytest

from features.registry import words
from jobs.models import registry
from models import tracking
from models.churn import ChurnModel
from models.inputs import Features
from models.reasons import sentence
from models.store import from_files
from tests.rows import conf


def test_an_old_champion_says_its_reasons_in_the_words_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    # its words were saved without units, and one of its features is declared no more
    features = Features(("days_since_last_order", "visit_days_28d", "amount_sum"), {})
    files = ChurnModel((), features, "an identity", (date(2017, 1, 1),), rounds=1).to_files()
    about = json.loads(files["model.json"])
    about["words"] = {
        "days_since_last_order": ["recency", "last order {value} days ago"],
        "visit_days_28d": ["frequency", "visits on {value} days in the last 28 days"],
    }
    old = from_files({**files, "model.json": json.dumps(about).encode()})
    monkeypatch.setattr(registry, "registry_of", lambda settings: None)
    monkeypatch.setattr(tracking, "champion_version", lambda *names: "3")
    monkeypatch.setattr(tracking, "load", lambda *names, version: old)
    champion = registry.champion(conf(currency="EUR"), "churn")
    assert champion is not None
    assert champion.version == "3"
    assert champion.model.words == words("EUR")
    assert [sentence(name, 1, champion.model.words) for name in features.names] == [
        "last order 1 day ago",
        "visit days in the last 28 days: 1 day",
        "spent 1 EUR",
    ]
