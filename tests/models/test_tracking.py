from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from models import promotion, tracking, training
from models.churn import ChurnModel, ChurnSettings
from models.clusters import ClusterSettings
from models.tracking import NoModelError, Registry
from models.training import Candidate, GateRules

Shop = tuple[pd.DataFrame, pd.DataFrame]
EASY = GateRules(ece_max=0.5)


@pytest.fixture(scope="module")
def candidate(shop: Shop, as_of: date, quick: ChurnSettings) -> Candidate:
    return training.train_churn(*shop, as_of, quick)


@pytest.fixture(scope="module")
def other(shop: Shop, as_of: date, quick: ChurnSettings) -> Candidate:
    return training.train_churn(*shop, as_of, replace(quick, seed=99))


def test_a_new_registry_has_no_champion(registry: Registry) -> None:
    assert tracking.champion_version(registry, "empty", "churn") is None
    with pytest.raises(NoModelError, match="empty_churn has no version called champion"):
        tracking.load(registry, "empty", "churn")


def test_a_published_candidate_is_challenger_and_comes_back_equal(
    registry: Registry, candidate: Candidate
) -> None:
    found = promotion.publish(registry, "a", candidate, {"features_customers": 4})
    assert found == tracking.Registered(
        "a_churn", "1", candidate.model.identity if candidate.model else "", is_reused=False
    )
    assert tracking.load(registry, "a", "churn", alias="challenger") == candidate.model
    assert tracking.champion_version(registry, "a", "churn") is None
    assert tracking.tags_of(registry, "a", "churn", "1")["gate"] == "pending"


def test_the_run_holds_metrics_pictures_and_data_versions(
    registry: Registry, candidate: Candidate
) -> None:
    promotion.publish(registry, "b", candidate, {"features_customers": 4})
    client = tracking._client(registry)
    run = client.get_run(str(client.search_model_versions("name = 'b_churn'")[0].run_id))
    assert run.data.metrics["auc"] == pytest.approx(candidate.metrics["auc"])
    assert run.data.tags["data.features_customers"] == "4"
    assert run.data.tags["train_as_ofs"] == "2017-09-08 2017-10-06 2017-11-03"
    pictures = [Path(file.path).name for file in client.list_artifacts(run.info.run_id, "pictures")]
    assert pictures == [
        "calibration.png",
        "importance.png",
        "lift.png",
        "precision_recall.png",
        "roc.png",
    ]


def test_no_pickle_is_stored_and_mlflow_opens_the_model(
    registry: Registry, candidate: Candidate
) -> None:
    from mlflow import pyfunc

    promotion.publish(registry, "c", candidate)
    client = tracking._client(registry)
    source = client.get_run(
        str(client.search_model_versions("name = 'c_churn'")[0].run_id)
    ).info.artifact_uri
    folder = Path(str(source).removeprefix("file://")) / "model"
    assert {path.suffix for path in (folder / "data" / "files").iterdir()} == {".json", ".ubj"}
    stored = [path for path in folder.rglob("*") if path.is_file()]
    assert len(stored) > 3
    assert [
        path
        for path in stored
        if path.suffix in (".pkl", ".pickle", ".joblib") or path.read_bytes()[:1] == b"\x80"
    ] == []
    scored = pyfunc.load_model(str(folder)).predict(candidate.rows)
    assert candidate.model is not None
    pd.testing.assert_frame_equal(scored, candidate.model.predict(candidate.rows))


def test_a_retried_training_reuses_its_version(registry: Registry, candidate: Candidate) -> None:
    first, again = (
        promotion.publish(registry, "d", candidate),
        promotion.publish(registry, "d", candidate),
    )
    assert first is not None
    assert again == replace(first, is_reused=True)


def test_the_gate_moves_the_alias_only_for_who_passes(
    registry: Registry, candidate: Candidate, other: Candidate
) -> None:
    promotion.publish(registry, "e", candidate)
    assert promotion.judge_and_promote(registry, "e", candidate, EASY).champion_after == "1"
    promotion.publish(registry, "e", other)
    refused = promotion.judge_and_promote(registry, "e", other, GateRules(auc_min=1.1))
    assert (refused.is_promoted, refused.version, refused.champion_after) == (False, "2", "1")
    # the old champion goes on scoring
    assert tracking.load(registry, "e", "churn") == candidate.model
    tags = tracking.tags_of(registry, "e", "churn", "2")
    assert tags["gate"] == "failed"
    assert "the minimum is 1.1000" in tags["gate_sentences"]


def test_judging_the_champion_again_changes_nothing(
    registry: Registry, candidate: Candidate
) -> None:
    promotion.publish(registry, "f", candidate)
    promotion.judge_and_promote(registry, "f", candidate, EASY)
    again = promotion.judge_and_promote(registry, "f", candidate, GateRules(auc_min=1.1))
    assert (again.is_promoted, again.champion_after) == (False, "1")
    assert tracking.tags_of(registry, "f", "churn", "1")["gate"] == "passed"


def test_rollback_points_the_alias_back_and_refuses_unknown_versions(
    registry: Registry, candidate: Candidate, other: Candidate
) -> None:
    promotion.publish(registry, "g", candidate)
    promotion.publish(registry, "g", other)
    tracking.set_champion(registry, "g", "churn", "2")
    tracking.set_champion(registry, "g", "churn", "1")
    with pytest.raises(NoModelError, match="g_churn has no version 9"):
        tracking.set_champion(registry, "g", "churn", "9")
    assert tracking.champion_version(registry, "g", "churn") == "1"
    tracking.set_champion(registry, "g", "churn", None)
    assert tracking.champion_version(registry, "g", "churn") is None


def test_the_gate_finds_the_challenger_again_in_another_application(
    registry: Registry, candidate: Candidate, shop: Shop, as_of: date
) -> None:
    promotion.publish(registry, "h", candidate)
    found = promotion.stored_candidate(registry, "h", "churn", *shop, as_of)
    assert found.model == candidate.model
    assert found.metrics["auc"] == pytest.approx(candidate.metrics["auc"])
    assert promotion.judge_and_promote(registry, "h", found, EASY).is_promoted


def test_a_stored_challenger_that_has_learned_from_the_judged_days_is_refused(
    registry: Registry, candidate: Candidate, shop: Shop, as_of: date
) -> None:
    model = candidate.model
    assert isinstance(model, ChurnModel)
    # as a step of 7 days once chose
    leaking = replace(
        model, train_as_ofs=(*model.train_as_ofs, date(2017, 11, 24)), identity="leaking"
    )
    promotion.publish(
        registry, "n", replace(candidate, model=leaking, train_as_ofs=leaking.train_as_ofs)
    )
    found = promotion.stored_candidate(registry, "n", "churn", *shop, as_of)
    assert found.train_as_ofs == leaking.train_as_ofs
    decision = promotion.judge_and_promote(registry, "n", found, EASY)
    assert not decision.is_promoted
    assert decision.verdict.sentences[0].startswith(
        "failed: the training labels go on until 2017-12-22, exclusive"
    )


def test_a_stored_challenger_is_not_judged_on_labels_that_are_not_there(
    registry: Registry, candidate: Candidate, shop: Shop, as_of: date
) -> None:
    features, labels = shop
    promotion.publish(registry, "o", candidate)
    none = labels.assign(is_churned_28d=None, known_until=date(2017, 12, 3))
    found = promotion.stored_candidate(registry, "o", "churn", features, none, as_of)
    assert not promotion.judge_and_promote(registry, "o", found).is_promoted
    assert "2017-12-01 (needs orders until 2017-12-29, known until 2017-12-03)" in found.reason


def test_without_a_challenger_of_that_day_the_gate_says_so(
    registry: Registry, candidate: Candidate, shop: Shop, as_of: date
) -> None:
    nothing = promotion.stored_candidate(registry, "i", "churn", *shop, as_of)
    assert (
        "has no challenger to judge"
        in promotion.judge_and_promote(registry, "i", nothing).verdict.sentences[0]
    )
    promotion.publish(registry, "i", candidate)
    late = promotion.stored_candidate(registry, "i", "churn", *shop, date(2018, 1, 1))
    assert "trained as of 2017-12-29; nothing was trained as of 2018-01-01" in late.reason


def test_an_unpublished_candidate_cannot_be_promoted(
    registry: Registry, candidate: Candidate
) -> None:
    with pytest.raises(NoModelError, match="call publish before judge_and_promote"):
        promotion.judge_and_promote(registry, "j", candidate)


def test_segments_go_the_same_way(registry: Registry, shop: Shop) -> None:
    found = training.train_segments(shop[0], date(2017, 12, 1), ClusterSettings(k_max=4))
    promotion.publish(registry, "k", found)
    assert promotion.judge_and_promote(registry, "k", found).is_promoted
    assert tracking.load(registry, "k", "segments") == found.model


def test_too_little_history_publishes_nothing(registry: Registry, shop: Shop) -> None:
    nothing = training.train_segments(shop[0], date(2016, 1, 1))
    assert promotion.publish(registry, "l", nothing) is None
    assert promotion.judge_and_promote(registry, "l", nothing).version is None


def test_what_a_version_was_judged_by_comes_back_with_its_pictures(
    registry: Registry, candidate: Candidate
) -> None:
    promotion.publish(registry, "m", candidate)
    as_of, metrics, pictures = tracking.results_of(registry, "m", "churn", "1")
    assert as_of == candidate.as_of
    assert metrics == pytest.approx(dict(candidate.metrics))
    assert {*pictures} == {"calibration", "importance", "lift", "precision_recall", "roc"}
    assert all(picture.startswith(b"\x89PNG") for picture in pictures.values())
    with pytest.raises(NoModelError, match="m_churn has no version 2"):
        tracking.results_of(registry, "m", "churn", "2")


def test_an_evaluation_is_a_run_of_its_own(registry: Registry) -> None:
    run_id = tracking.log_evaluation(
        registry,
        "n",
        "churn",
        ["2017-11-03", "2017-12-01"],
        {"auc/mean": 0.88},
        {"features_customers": 4},
    )
    run = tracking._client(registry).get_run(run_id)
    assert run.data.metrics == {"auc/mean": 0.88}
    assert (run.data.tags["as_ofs"], run.data.tags["data.features_customers"]) == (
        "2017-11-03 2017-12-01",
        "4",
    )
    assert (run.info.run_name, run.info.status) == ("evaluation of n_churn", "FINISHED")


def test_segments_are_found_again_with_their_measures(registry: Registry, shop: Shop) -> None:
    day = date(2017, 12, 1)
    found = training.train_segments(shop[0], day, ClusterSettings(k_max=4))
    promotion.publish(registry, "o", found)
    again = promotion.stored_candidate(registry, "o", "segments", shop[0], None, day)
    assert (again.kind, again.as_of, again.holdout, again.reason, again.model) == (
        "segments",
        day,
        day,
        "",
        found.model,
    )
    assert set(again.rows["as_of"]) == {day}
    assert again.metrics == pytest.approx(
        {name: found.metrics[name] for name in ("silhouette", "smallest_share", "clusters")}
    )
