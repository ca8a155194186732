"""Champions for small shops: models of a few boosters and clusters, fitted to the shop's own
features and crowned without a gate.
"""

from datetime import date, timedelta

import pandas as pd
import pyarrow.dataset as ds

from features.declaring import words
from jobs.models.registry import registry_of
from jobs.stages.pipeline import declare_tables
from lakehouse.contract.table import TABLES
from lakehouse.store.table_reading import read_frame
from models.kinds import churn, segments
from models.learning import boosted_trees, clusters
from models.learning.boosted_trees import TreeSettings, TreesModel
from models.learning.clusters import ClusterModel, ClusterSettings
from models.learning.inputs import OUTCOME
from models.registry import tracking
from tests.shops import Shop


def crown(shop: Shop, as_of: str) -> None:
    """Have the shop score with a churn and a segments model, learned from its features as of the
    date.
    """
    day = date.fromisoformat(as_of)
    rows = read_frame(shop.lake / "features_customers", where=ds.field("as_of") == day)
    with shop.at_home():
        registry, tenant = registry_of(shop.settings), shop.settings.tenant.name
        for model in (churn_model(rows, day), segments_model(rows)):
            version = tracking.register(registry, tenant, model, tracking.Logged(day)).version
            tracking.set_champion(registry, tenant, model.kind, version)


def churn_model(rows: pd.DataFrame, day: date) -> TreesModel:
    """Learned from labels that are made up, the same ones twice: those who spent less than most
    have churned.
    """
    bought = rows[rows["order_count"] > 0]
    spent = bought["amount_sum"].astype(float)
    labelled = bought.assign(**{OUTCOME: spent < spent.median()})
    learning = {"max_depth": 2, "eta": 0.5, "min_child_weight": 0}
    settings = TreeSettings(rounds_max=5, patience=5, ensemble=1, learning=learning)
    earlier = labelled.assign(as_of=day - timedelta(days=28))
    model = boosted_trees.fit(earlier, labelled, settings, churn.KIND.name, label_days=28)
    return model.with_words(words("USD"), churn.KIND.learner.direction)


def segments_model(rows: pd.DataFrame) -> ClusterModel:
    """Two groups, of however few customers."""
    return clusters.fit(
        rows, ClusterSettings(k_min=2, k_max=2, restarts=1, customers_min=4), segments.KIND.name
    )[0]


def snapshot_tables() -> list[str]:
    """Every declared table of which each as-of date is a slice."""
    declare_tables()
    return sorted(name for name, table in TABLES.items() if table.slice_by == "as_of")
