from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from models.judging.candidates import Candidate
from models.registry import promotion, tracking
from models.registry.tracking import NoModelError, Registry
from tests.models.fixed import (
    CHURN,
)


def test_a_new_registry_has_no_champion(registry: Registry) -> None:
    assert tracking.champion_version(registry, "empty", "churn") is None
    with pytest.raises(NoModelError, match="empty_churn has no version called champion"):
        tracking.load(registry, "empty", "churn")


def test_a_published_candidate_is_challenger_and_comes_back_equal(
    registry: Registry, candidate: Candidate
) -> None:
    registered = promotion.publish(registry, "a", CHURN, candidate, {"features_customers": 4})
    assert registered == tracking.Registered(
        "a_churn", "1", candidate.model.identity if candidate.model else "", is_reused=False
    )
    assert tracking.load(registry, "a", "churn", alias="challenger") == candidate.model
    assert tracking.champion_version(registry, "a", "churn") is None
    assert tracking.tags_of(registry, "a", "churn", "1")["gate"] == "pending"


def test_the_run_holds_metrics_pictures_and_data_versions(
    registry: Registry, candidate: Candidate
) -> None:
    promotion.publish(registry, "b", CHURN, candidate, {"features_customers": 4})
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

    promotion.publish(registry, "c", CHURN, candidate)
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
        promotion.publish(registry, "d", CHURN, candidate),
        promotion.publish(registry, "d", CHURN, candidate),
    )
    assert first is not None
    assert again == replace(first, is_reused=True)


def test_rollback_points_the_alias_back_and_refuses_unknown_versions(
    registry: Registry, candidate: Candidate, other: Candidate
) -> None:
    promotion.publish(registry, "g", CHURN, candidate)
    promotion.publish(registry, "g", CHURN, other)
    tracking.set_champion(registry, "g", "churn", "2")
    tracking.set_champion(registry, "g", "churn", "1")
    with pytest.raises(NoModelError, match="g_churn has no version 9"):
        tracking.set_champion(registry, "g", "churn", "9")
    assert tracking.champion_version(registry, "g", "churn") == "1"
    tracking.set_champion(registry, "g", "churn", None)
    assert tracking.champion_version(registry, "g", "churn") is None


def test_what_a_version_was_judged_by_comes_back_with_its_pictures(
    registry: Registry, candidate: Candidate
) -> None:
    promotion.publish(registry, "m", CHURN, candidate)
    as_of, metrics = tracking.results_of(registry, "m", "churn", "1")
    pictures = tracking.pictures_of(registry, "m", "churn", "1")
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
