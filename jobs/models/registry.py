"""Where the tenant's models are, and the champion a run is pinned to."""

from features.registry import words
from lakehouse.store.context import PinnedModel
from models import tracking
from models.churn import ChurnModel
from models.tracking import Registry
from settings.model import Settings
from settings.places import absolute

SQLITE = "sqlite:///"
KINDS = ("churn", "segments")


def registry_of(settings: Settings) -> Registry:
    """The MLflow store of the settings; a relative SQLite path lies under the repository."""
    uri, artifacts = settings.mlflow_uri, absolute(settings.paths.models)
    artifacts.mkdir(parents=True, exist_ok=True)
    if uri.startswith(SQLITE):
        uri = SQLITE + str(absolute(type(artifacts)(uri.removeprefix(SQLITE))))
    return Registry(uri, artifacts)


def champion(settings: Settings, kind: str) -> PinnedModel | None:
    """The tenant's champion, saying its reasons in the features' words of today, in the tenant's
    currency; None when there is none yet.
    """
    registry, tenant = registry_of(settings), settings.tenant.name
    version = tracking.champion_version(registry, tenant, kind)
    if version is None:
        return None
    model = tracking.load(registry, tenant, kind, version=version)
    if isinstance(model, ChurnModel):
        model = model.with_words(words(settings.tenant.currency))
    return PinnedModel(model, tracking.model_name(tenant, kind), version)
