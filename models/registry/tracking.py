"""Runs, versions and aliases in MLflow: the only file that imports it.

One experiment per tenant; one registered model per tenant and kind, such as `<tenant>_churn`.
`challenger` is the newest version, `champion` the one that scores.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING

from models.judging.rules import Verdict
from models.learning.learner import TrainedModel
from models.registry.moved_home import correct_places
from models.registry.store import read_model, write_model

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

CHAMPION = "champion"
CHALLENGER = "challenger"
MODEL_FOLDER = "model"
PICTURE_FOLDER = "pictures"
# Where MLflow puts what `data_path` names, inside its model folder.
FILES = "data/files"
# MLflow refuses longer tag values in older servers.
TAG_LENGTH = 5000


class NoModelError(LookupError):
    """The registry has no such model, alias or version."""


@dataclass(frozen=True)
class Registry:
    """Where MLflow is: a tracking URI, and the folder for files if the URI is a local database (a
    server keeps its own).
    """

    uri: str
    artifacts: Path


@dataclass(frozen=True)
class Registered:
    """A version in the registry; `is_reused` if an equal model had been registered before."""

    name: str
    version: str
    identity: str
    is_reused: bool


@dataclass(frozen=True)
class Logged:
    """What goes with a model into its run."""

    as_of: date
    train_as_ofs: Sequence[date] = ()
    metrics: Mapping[str, float] | None = None
    parameters: Mapping[str, object] | None = None
    data_versions: Mapping[str, int] | None = None
    pictures: Sequence[Path] = ()


def model_name(tenant: str, kind: str) -> str:
    """`complete_journey_churn`."""
    return f"{tenant}_{kind}"


def register(registry: Registry, tenant: str, model: TrainedModel, logged: Logged) -> Registered:
    """Log a run with the model, its metrics and pictures, register it as the next version, and call
    it challenger.

    A model whose identity is registered already is not logged again: its version is reused, and
    keeps its marks.
    """
    client, name = _client(registry), model_name(tenant, model.kind)
    existing = _version_of_identity(client, name, model.identity)
    if existing is not None:
        client.set_registered_model_alias(name, CHALLENGER, existing.version)
        return Registered(name, str(existing.version), model.identity, is_reused=True)
    run_id = _logged_run(registry, tenant, name, model, logged)
    _ensure_registered_model(client, name)
    tags = {"identity": model.identity, "as_of": str(logged.as_of), "gate": "pending"}
    created = client.create_model_version(
        name, source=f"runs:/{run_id}/{MODEL_FOLDER}", run_id=run_id, tags=tags
    )
    client.set_registered_model_alias(name, CHALLENGER, created.version)
    return Registered(name, str(created.version), model.identity, is_reused=False)


def log_evaluation(
    registry: Registry,
    tenant: str,
    kind: str,
    as_ofs: Sequence[str],
    metrics: Mapping[str, float],
    data_versions: Mapping[str, int],
) -> str:
    """Log what an evaluation measured as a run of its own; returns the run's id."""
    client = _client(registry)
    tags = {
        "as_ofs": " ".join(as_ofs),
        **{f"data.{table}": str(version) for table, version in data_versions.items()},
    }
    run = client.create_run(
        _experiment(registry, tenant),
        tags=tags,
        run_name=f"evaluation of {model_name(tenant, kind)}",
    )
    for name, value in metrics.items():
        client.log_metric(run.info.run_id, name, value)
    client.set_terminated(run.info.run_id)
    return str(run.info.run_id)


def load(
    registry: Registry, tenant: str, kind: str, *, alias: str = CHAMPION, version: str | None = None
) -> TrainedModel:
    """The model that an alias points to, or a given version.

    Raises:
        NoModelError: there is no such alias or version.
    """
    client, name = _client(registry), model_name(tenant, kind)
    wanted = version or aliased_version(registry, tenant, kind, alias)
    if wanted is None:
        raise NoModelError(
            f"{name} has no version called {alias} in {registry.uri}; run the stages train and gate"
            " first"
        )
    run_id = _existing(client, name, wanted, registry).run_id
    with tempfile.TemporaryDirectory() as folder:
        return read_model(
            Path(client.download_artifacts(str(run_id), f"{MODEL_FOLDER}/{FILES}", folder))
        )


def aliased_version(registry: Registry, tenant: str, kind: str, alias: str) -> str | None:
    """The version that an alias points to; None if there is none."""
    client, name = _client(registry), model_name(tenant, kind)
    registered = next(
        iter(client.search_registered_models(f"name = '{name}'", max_results=1)), None
    )
    return (
        str(registered.aliases[alias])
        if registered is not None and alias in registered.aliases
        else None
    )


def champion_version(registry: Registry, tenant: str, kind: str) -> str | None:
    """The version that scores; None before the first one passed the gate."""
    return aliased_version(registry, tenant, kind, CHAMPION)


def challenger_version(registry: Registry, tenant: str, kind: str) -> str | None:
    """The version that was trained last; it may be the champion already."""
    return aliased_version(registry, tenant, kind, CHALLENGER)


def set_champion(registry: Registry, tenant: str, kind: str, version: str | None) -> None:
    """Point the champion alias at a version (promotion, rollback); None takes it away, as before
    the first promotion.

    Raises:
        NoModelError: there is no such version; the alias stays where it was.
    """
    client, name = _client(registry), model_name(tenant, kind)
    if version is not None:
        _existing(client, name, version, registry)
        client.set_registered_model_alias(name, CHAMPION, version)
    elif champion_version(registry, tenant, kind) is not None:
        client.delete_registered_model_alias(name, CHAMPION)


def mark(registry: Registry, tenant: str, kind: str, version: str, verdict: Verdict) -> None:
    """Write the gate's verdict and its sentences onto a version; a failed one is kept."""
    client, name = _client(registry), model_name(tenant, kind)
    client.set_model_version_tag(name, version, "gate", "passed" if verdict.passed else "failed")
    client.set_model_version_tag(
        name, version, "gate_sentences", "\n".join(verdict.sentences)[:TAG_LENGTH]
    )


def tags_of(registry: Registry, tenant: str, kind: str, version: str) -> dict[str, str]:
    """The tags of a version: identity, as_of, gate (`pending`, `passed`, `failed`),
    gate_sentences.
    """
    return dict(_existing(_client(registry), model_name(tenant, kind), version, registry).tags)


def identity_of_version(registry: Registry, tenant: str, kind: str, version: str) -> str:
    """The identity of a version, as a release names it."""
    return tags_of(registry, tenant, kind, version)["identity"]


def _client(registry: Registry) -> MlflowClient:
    correct_places(registry.uri, registry.artifacts)
    return _client_at(registry.uri)


@lru_cache(maxsize=4)
def _client_at(uri: str) -> MlflowClient:
    """One client per URI and process. Importing takes 4 s and the first touch of a new database 1 s
    more: both wait until needed.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    if uri.startswith("sqlite:///"):
        Path(uri.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    for noisy in ("mlflow", "alembic"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    # after the settings above, and only when a registry is used
    from mlflow import MlflowClient  # noqa: PLC0415

    # MLflow configures its own loggers while it is imported, and again when it makes its tables.
    for noisy in [
        name
        for name in logging.root.manager.loggerDict
        if name.split(".")[0] in {"mlflow", "alembic"}
    ]:
        logging.getLogger(noisy).setLevel(logging.ERROR)
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def _logged_run(
    registry: Registry, tenant: str, name: str, model: TrainedModel, logged: Logged
) -> str:
    client = _client(registry)
    tags = {
        "identity": model.identity,
        "as_of": str(logged.as_of),
        "train_as_ofs": " ".join(map(str, logged.train_as_ofs)),
    }
    tags |= {
        f"data.{table}": str(version) for table, version in (logged.data_versions or {}).items()
    }
    run = client.create_run(
        _experiment(registry, tenant), tags=tags, run_name=f"{name} as of {logged.as_of}"
    )
    run_id = str(run.info.run_id)
    for metric, value in (logged.metrics or {}).items():
        client.log_metric(run_id, metric, value)
    for parameter, setting in (logged.parameters or {}).items():
        client.log_param(run_id, parameter, setting)
    for picture in logged.pictures:
        client.log_artifact(run_id, str(picture), PICTURE_FOLDER)
    _log_model(client, run_id, model)
    client.set_terminated(run_id)
    return run_id


def _log_model(client: MlflowClient, run_id: str, model: TrainedModel) -> None:
    """An MLflow model that `mlflow.pyfunc.load_model` opens, made of ubj, skops and json only."""
    from mlflow import pyfunc  # noqa: PLC0415 - see _client_at

    requirements = [f"{package}=={installed(package)}" for package in model.requirements]
    with tempfile.TemporaryDirectory() as scratch:
        files = write_model(model, Path(scratch) / "files")
        packed = Path(scratch) / "packed"
        pyfunc.save_model(
            str(packed),
            loader_module="models",
            data_path=str(files),
            pip_requirements=requirements,
        )
        client.log_artifacts(run_id, str(packed), MODEL_FOLDER)


def _experiment(registry: Registry, tenant: str) -> str:
    """The tenant's experiment; its files lie beside a local database rather than wherever the
    process was started.
    """
    client = _client(registry)
    existing = client.get_experiment_by_name(tenant)
    if existing is not None:
        return str(existing.experiment_id)
    is_local = registry.uri.startswith("sqlite:")
    location = (registry.artifacts.resolve() / tenant).as_uri() if is_local else None
    return str(client.create_experiment(tenant, artifact_location=location))


def _ensure_registered_model(client: MlflowClient, name: str) -> None:
    if not client.search_registered_models(f"name = '{name}'", max_results=1):
        client.create_registered_model(name)


def _version_of_identity(client: MlflowClient, name: str, identity: str) -> ModelVersion | None:
    versions = client.search_model_versions(
        f"name = '{name}' and tags.identity = '{identity}'", max_results=1
    )
    return next(iter(versions), None)


def _existing(client: MlflowClient, name: str, version: str, registry: Registry) -> ModelVersion:
    versions = [
        candidate
        for candidate in client.search_model_versions(f"name = '{name}'")
        if str(candidate.version) == str(version)
    ]
    if not versions:
        raise NoModelError(
            f"{name} has no version {version} in {registry.uri}; `headwater release list` shows the"
            " versions in use"
        )
    return versions[0]


def results_of(
    registry: Registry, tenant: str, kind: str, version: str
) -> tuple[date, dict[str, float]]:
    """What a version was judged by: the as-of date of its training, and its metrics.

    Raises:
        NoModelError: the registry has no such version.
    """
    client = _client(registry)
    registered = _existing(client, model_name(tenant, kind), version, registry)
    metrics = client.get_run(str(registered.run_id)).data.metrics
    trained = date.fromisoformat(registered.tags["as_of"])
    return trained, {name: float(value) for name, value in metrics.items()}


def pictures_of(registry: Registry, tenant: str, kind: str, version: str) -> dict[str, bytes]:
    """The pictures that were drawn when a version was trained, by name.

    Raises:
        NoModelError: the registry has no such version.
    """
    client = _client(registry)
    run_id = str(_existing(client, model_name(tenant, kind), version, registry).run_id)
    pictures = {}
    with tempfile.TemporaryDirectory() as folder:
        for entry in client.list_artifacts(run_id, PICTURE_FOLDER):
            path = Path(client.download_artifacts(run_id, entry.path, folder))
            pictures[path.stem] = path.read_bytes()
    return pictures
