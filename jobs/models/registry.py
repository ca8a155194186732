"""Where the tenant's models are, and the champion a run is pinned to."""

from features.registry import words
from lakehouse.context import Context
from lakehouse.runner import MODEL_LOADER
from lakehouse.settings import Settings, absolute
from models import tracking
from models.model import TrainedModel
from models.tracking import Registry

SQLITE = "sqlite:///"
KINDS = ("churn", "segments")


def registry_of(settings: Settings) -> Registry:
    """The MLflow store of the settings; a relative SQLite path lies under the repository."""
    uri, artifacts = settings.mlflow_uri, absolute(settings.paths.models)
    artifacts.mkdir(parents=True, exist_ok=True)
    if uri.startswith(SQLITE):
        uri = SQLITE + str(absolute(type(artifacts)(uri.removeprefix(SQLITE))))
    return Registry(uri, artifacts)


def champion(context: Context, kind: str) -> tuple[TrainedModel, str] | None:
    """The champion and its version, saying its reasons in the features' own words; None when there is none yet."""
    registry = registry_of(context.settings)
    version = tracking.champion_version(registry, context.run.tenant, kind)
    if version is None:
        return None
    model = tracking.load(registry, context.run.tenant, kind, version=version)
    return (model.with_words(words()) if hasattr(model, "with_words") else model), version


for one in KINDS:
    MODEL_LOADER[one] = champion
