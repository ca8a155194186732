"""Where the tenant's models are, the champion a run is pinned to, and what a run says of a
training.
"""

from features.declaring import declared_labels, words
from lakehouse.store.context import PinnedModel
from models.kind import Kind
from models.kinds import kind_of
from models.learning.learner import LabelWindow, Setup
from models.registry import tracking
from models.registry.tracking import Registry
from settings.model import Settings
from settings.nearest import did_you_mean
from settings.places import absolute

SQLITE = "sqlite:///"


def registry_of(settings: Settings) -> Registry:
    """The MLflow store of the settings; a relative SQLite path lies under the repository."""
    uri, artifacts = settings.mlflow_uri, absolute(settings.paths.models)
    artifacts.mkdir(parents=True, exist_ok=True)
    if uri.startswith(SQLITE):
        uri = SQLITE + str(absolute(type(artifacts)(uri.removeprefix(SQLITE))))
    return Registry(uri, artifacts)


def setup_of(settings: Settings, kind: Kind) -> Setup:
    """What a training of the kind gets from the settings and from the label that it names.

    Raises:
        ValueError: no label of that name is declared; names the nearest match.
    """
    labels, label = declared_labels(), None
    if kind.label:
        if kind.label not in labels:
            raise ValueError(
                f"the kind {kind.name} learns {kind.label}, which no function of features/labels.py"
                f" declares.{did_you_mean(kind.label, labels)}"
            )
        declared_label = labels[kind.label]
        label = LabelWindow(declared_label.name, declared_label.days, declared_label.known_until)
    return Setup(
        label,
        seed=settings.seed,
        threads=settings.threads,
        windows=settings.training.windows,
        window_days=settings.training.window_days,
        currency=settings.tenant.currency,
        words=words(settings.tenant.currency),
    )


def champion(settings: Settings, name: str) -> PinnedModel | None:
    """The tenant's champion of a kind, saying its reasons in the features' words of today, in the
    tenant's currency; None when there is none yet.
    """
    registry, tenant, kind = registry_of(settings), settings.tenant.name, kind_of(name)
    version = tracking.champion_version(registry, tenant, name)
    if version is None:
        return None
    model = tracking.load(registry, tenant, name, version=version)
    spoken = model.with_words(words(settings.tenant.currency), kind.learner.direction)
    return PinnedModel(spoken, tracking.model_name(tenant, name), version)
