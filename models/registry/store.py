"""Models as plain files (ubj, skops, json) and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from models.kinds import kind_of
from models.learning.learner import TrainedModel
from models.registry.old_versions import completed


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
            f"{folder} holds no model.json; expected a folder that models.registry.store wrote"
        )
    return from_files(
        {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
    )


def from_files(files: Mapping[str, bytes]) -> TrainedModel:
    """The model in files as `to_files` gives them, or gave them in older versions.

    Raises:
        ValueError: there is no kind of the name that model.json says.
    """
    name = json.loads(files["model.json"])["kind"]
    try:
        kind = kind_of(name)
    except ValueError as error:
        raise ValueError(f"model.json names the kind {name!r}: {error}") from None
    return kind.learner.from_files(completed(files))


def load_for_mlflow(path: str) -> TrainedModel:
    """The model in a folder that MLflow names."""
    return read_model(Path(path))
