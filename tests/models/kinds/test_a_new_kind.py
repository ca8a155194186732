"""A new kind is one file: it is found, trained, judged, registered, loaded and evaluated."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from models import kinds
from models.judging.candidates import judge, trained
from models.judging.evaluation import evaluated, missed_goals
from models.kind import Kind, Tables
from models.registry import promotion, tracking
from models.registry.tracking import Registry
from tests.models.fixed import AS_OF, OF_CHURN

FILE = '''"""Return: the probability that a customer does not come back, by an old label."""

from models.judging.probabilities import Probabilities
from models.kind import UNSEEN, Kind, Limit, Population
from models.learning.boosted_trees import BoostedTrees, TreeSettings

KIND = Kind(
    __name__,
    meaning="The customer does not come back.",
    label="is_churned_28d",
    population=Population(where="order_count > 0"),
    learner=BoostedTrees(
        direction=("speaks for it", "speaks against it"),
        settings=TreeSettings(
            rounds_max=20, patience=5, ensemble=1, learning={"max_depth": 2, "eta": 0.3}
        ),
    ),
    measured_by=Probabilities(baseline="orders", column="order_count"),
    limits=(
        UNSEEN,
        Limit("above_baseline", "AUC", "auc", 0.01, baseline="orders"),
        Limit("as_champion", "AUC", "auc", 0.005),
    ),
    goals=(Limit("at_least", "AUC", "auc", 1.1),),
)
'''


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kind:
    """The kind in a folder of its own, which the kinds are looked for in too."""
    (tmp_path / "farewell.py").write_text(FILE)
    monkeypatch.setattr(kinds, "__path__", [*kinds.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "models.kinds.farewell", raising=False)
    return kinds.declared()["farewell"]


@pytest.fixture(autouse=True)
def forgotten() -> object:
    """Afterwards nobody knows the kind, also not as an attribute of its package."""
    yield
    sys.modules.pop("models.kinds.farewell", None)
    vars(kinds).pop("farewell", None)


def test_it_is_found_among_the_others(new: Kind) -> None:
    names = list(kinds.declared())
    assert names == sorted(names)
    assert {"churn", "segments", "farewell"} <= {*names}
    assert kinds.kind_of("farewell") == new
    assert (new.name, new.module) == ("farewell", "models.kinds.farewell")
    assert not new.is_published, "what nobody has looked at reaches no gold table"


def test_it_is_trained_judged_registered_and_loaded(
    new: Kind, shop: Tables, registry: Registry
) -> None:
    setup = replace(OF_CHURN, seed=3)
    candidate = trained(new, shop, AS_OF, setup)
    assert candidate.model is not None
    assert candidate.metrics["orders_auc"] < candidate.metrics["auc"]
    registered = promotion.publish(registry, "shop", new, candidate)
    assert registered is not None
    assert (registered.name, registered.version) == ("shop_farewell", "1")
    again = promotion.stored_candidate(registry, "shop", new, shop, AS_OF, setup)
    assert promotion.judge_and_promote(registry, "shop", new, again).is_promoted
    champion = tracking.load(registry, "shop", "farewell")
    assert champion == candidate.model
    assert champion.kind == "farewell"
    first_reasons = champion.predict(candidate.rows, reasons=True)["reason_1"]
    assert first_reasons.str.contains(r"\((?:speaks for it|speaks against it)\)$").all()
    assert [finding.rule for finding in judge(new, candidate, champion).findings] == [
        "training labels",
        "AUC above orders",
        "against the champion",
    ]


def test_it_is_evaluated_against_its_own_goals(new: Kind, shop: Tables) -> None:
    evaluation = evaluated(new, shop, [date(2017, 12, 1)], OF_CHURN, times=10)
    assert evaluation["as_of"].tolist() == ["2017-12-01", "mean"]
    assert {"orders_auc", "gain", "auc_low", "auc_goal", "auc_result"} <= {*evaluation.columns}
    assert missed_goals(evaluation, new.goals) == [
        f"mean AUC is {evaluation['auc'][1]:.4f}; the goal is at least 1.1"
    ]


def test_a_model_whose_kind_is_gone_says_so(
    new: Kind, shop: Tables, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    promotion.publish(registry, "gone", new, trained(new, shop, AS_OF, OF_CHURN))
    monkeypatch.undo()
    with pytest.raises(ValueError, match="names the kind 'farewell': no kind of model farewell"):
        tracking.load(registry, "gone", "farewell", alias=tracking.CHALLENGER)


def test_an_unknown_kind_is_refused_with_the_nearest_match() -> None:
    names = ", ".join(sorted(kinds.declared()))
    message = f"no kind of model segmets. Did you mean segments? There are: {names}"
    with pytest.raises(ValueError, match="segmets") as refused:
        kinds.kind_of("segmets")
    assert str(refused.value) == message
    with pytest.raises(ValueError, match=r"no kind of model weather\. There are: "):
        kinds.kind_of("weather")
