"""Models as plain files (ubj, skops, json) and back; also MLflow's way in (`loader_module`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from models.churn import ChurnModel
from models.clusters import ClusterModel
from models.model import TrainedModel

KINDS: dict[str, type[ChurnModel] | type[ClusterModel]] = {
    "churn": ChurnModel,
    "segments": ClusterModel,
}


def write_model(model: TrainedModel, folder: Path) -> Path:
    """Write the model's files into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in model.to_files().items():
        (folder / name).write_bytes(content)
    return folder


def read_model(folder: Path) -> TrainedModel:
    """The model that `write_model` wrote.

    Raises:
        ValueError: the folder holds no model, or one of a kind that this version does not know.
    """
    if not (folder / "model.json").is_file():
        raise ValueError(
            f"{folder} holds no model.json; expected a folder written by models.store.write_model"
        )
    return from_files(
        {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
    )


def from_files(files: Mapping[str, bytes]) -> TrainedModel:
    """The model in files as `to_files` gives them."""
    kind = json.loads(files["model.json"])["kind"]
    if kind not in KINDS:
        raise ValueError(
            f"model.json names the kind {kind!r}; known kinds are {', '.join(sorted(KINDS))}"
        )
    return KINDS[kind].from_files(files)


def _load_pyfunc(path: str) -> TrainedModel:
    """What `mlflow.pyfunc.load_model` calls (the model is logged with
    `loader_module="models.store"`).
    """
    return read_model(Path(path))
