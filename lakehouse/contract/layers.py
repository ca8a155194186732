"""Layers and stages, each named here alone: how tables are called, and which step of the pipeline
builds them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Layer:
    """A layer of tables: the first word of their names, the stage that builds them, and what they
    hold.

    The tables of a layer `by_date` are snapshots as of a date; those of the others follow the days
    that arrive.
    """

    name: str
    stage: str
    by_date: bool
    description: str


BRONZE = Layer(
    "bronze",
    "ingest",
    False,
    "Every delivery as received. Besides the columns below, a bronze table holds every column of"
    " the tenant's source (`conf/tenants/`), as text, under the tenant's names. Such a column has"
    " the strictest privacy class of the standard columns that the tenant's mapping makes of it,"
    " and is personal where it makes none of it as it stands: `headwater tables --format json`"
    " tells.",
)
SILVER = Layer(
    "silver",
    "silver",
    False,
    "Standard columns in the tenant's business days, one version per key, and the daily tiles that"
    " everything else sums.",
)
FEATURES = Layer(
    "features",
    "features",
    True,
    "What is known of an entity before an as-of date; labels, for training only, know the days"
    " after it.",
)
MODELS = Layer("models", "score", True, "What the champions say of every customer.")
GOLD = Layer(
    "gold",
    "gold",
    True,
    "What apps read, by way of the current release: `headwater path TABLE` prints path and released"
    " version.",
)
LAYERS = (BRONZE, SILVER, FEATURES, MODELS, GOLD)  # each reads those before it


@dataclass(frozen=True)
class Stage:
    """A step of the pipeline; `brings` deliveries, or `learns` from the days after an as-of
    date.
    """

    name: str
    brings: bool = False
    learns: bool = False


STAGES = (  # in the order in which a run takes them
    Stage("fetch", brings=True),
    Stage(BRONZE.stage, brings=True),
    Stage(SILVER.stage),
    Stage(FEATURES.stage),
    Stage("labels", learns=True),
    Stage("train", learns=True),
    Stage("gate", learns=True),
    Stage(MODELS.stage),
    Stage(GOLD.stage),
    Stage("release"),
    Stage("report"),
    Stage("optimize"),
    Stage("vacuum"),
)
STAGE_NAMES = tuple(stage.name for stage in STAGES)
BRINGING = frozenset(stage.name for stage in STAGES if stage.brings)
LEARNING = frozenset(stage.name for stage in STAGES if stage.learns)


def layer_of(table: str) -> Layer:
    """The layer of a table, by the first word of its name.

    Raises:
        ValueError: the name begins with no layer.
    """
    layer = _layer_or_none(table)
    if layer is None:
        raise ValueError(
            f"table {table}: its name begins with none of the layers"
            f" {', '.join(each.name for each in LAYERS)}"
        )
    return layer


def stage_of(table: str) -> str:
    """The stage that builds tables of such a name; empty for records such as `ops_runs`."""
    layer = _layer_or_none(table)
    return layer.stage if layer else ""


def _layer_or_none(table: str) -> Layer | None:
    return next((layer for layer in LAYERS if layer.name == table.split("_", 1)[0]), None)


def bronze_of(source: str) -> str:
    """The name of the table that keeps the deliveries of a source."""
    return f"{BRONZE.name}_{source}"


def stages_until(last: str) -> tuple[str, ...]:
    """The stages that a run takes up to one of them, which is among them."""
    return STAGE_NAMES[: STAGE_NAMES.index(last) + 1]


def stages_again(stage: str) -> tuple[str, ...]:
    """The stages that rows lost by the tables of a stage go through again: its own and those that
    read it in the same run.

    What follows the days that arrive is repeated up to silver, and a snapshot up to gold.
    """
    here = next((layer for layer in LAYERS if layer.stage == stage), None)
    if here is None:
        return (stage,)
    return tuple(
        each.stage for each in LAYERS[LAYERS.index(here) :] if each.by_date is here.by_date
    )
