from __future__ import annotations

import pickle
from datetime import date

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import silhouette_score

from models.learning import clusters
from models.learning.cluster_names import names_of
from models.learning.clusters import RFM, ClusterModel, ClusterSettings, Trial, chosen
from models.registry.store import from_files

AS_OF = date(2017, 12, 1)


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    """Three plain groups of 30 (days, orders, money) around regulars, occasional and lost
    customers, and one without orders.
    """
    generator = np.random.default_rng(0)
    groups = [(2, 80, 3000), (12, 20, 500), (150, 2, 30)]
    rows = [np.array(group) * generator.uniform(0.9, 1.1, (30, 3)) for group in groups]
    frame = pd.DataFrame(np.vstack(rows), columns=list(RFM))
    frame = pd.concat([frame, pd.DataFrame({"order_count": [0.0]})], ignore_index=True)
    return frame.assign(customer_id=[f"{number:03d}" for number in range(91)], as_of=AS_OF)


@pytest.fixture(scope="module")
def model(customers: pd.DataFrame) -> ClusterModel:
    return clusters.fit(customers, ClusterSettings(k_max=4), "segments")[0]


def test_groups_are_found_and_named_by_what_sets_them_apart(
    model: ClusterModel, customers: pd.DataFrame
) -> None:
    segment = model.predict(customers)["micro_segment"]
    assert segment[:30].nunique() == segment[30:60].nunique() == segment[60:90].nunique() == 1
    assert segment[60] == "long not seen, low spend"
    assert segment[90] == "no orders yet"


def test_shuffled_customers_make_the_same_model(
    model: ClusterModel, customers: pd.DataFrame
) -> None:
    again = clusters.fit(
        customers.sample(frac=1, random_state=3), ClusterSettings(k_max=4), "segments"
    )[0]
    assert again.identity == model.identity
    assert again.predict(customers).equals(model.predict(customers))


def test_it_survives_files_and_pickle(model: ClusterModel, customers: pd.DataFrame) -> None:
    for copy in (from_files(model.to_files()), pickle.loads(pickle.dumps(model))):
        assert copy == model
        assert copy.predict(customers).equals(model.predict(customers))


def test_only_customers_without_orders_still_get_a_segment(
    model: ClusterModel, customers: pd.DataFrame
) -> None:
    assert model.predict(customers.tail(1))["micro_segment"].tolist() == ["no orders yet"]


def test_numbering_clusters_otherwise_changes_no_name() -> None:
    centres = np.array([[1.5, -1.2, -1.1], [0.1, 0.0, 0.2], [-0.9, 1.1, 1.3], [0.1, 0.1, 0.2]])
    typical = np.array([[80, 3, 40], [9, 20, 500], [2, 70, 3000], [9, 24, 510]])
    names = dict(zip(map(tuple, centres), names_of(RFM, centres, typical), strict=True))
    for order in ([3, 2, 1, 0], [1, 3, 0, 2]):
        assert names_of(RFM, centres[order], typical[order]) == tuple(
            names[tuple(centre)] for centre in centres[order]
        )


def test_names_are_unique_even_between_near_twins() -> None:
    centres = np.array([[0.1, 0.0, 0.2], [0.1, 0.1, 0.2], [1.2, -1.4, 0.0]])
    typical = np.array([[9, 20, 510], [9, 24, 510], [80, 3, 40]])
    assert names_of(RFM, centres, typical, "USD") == (
        "typical customers (about 9 days since the last order, about 20 orders, spent about 510 USD)",
        "typical customers (about 9 days since the last order, about 24 orders, spent about 510 USD)",
        "few orders, long not seen",
    )


def test_the_chosen_k_is_neither_the_first_nor_the_best_silhouette() -> None:
    # 4 is the most detailed within 0.06 of the best (3); 5 has a splinter; 6 is too far below.
    trials = [Trial(3, 0.36, 0.2), Trial(4, 0.32, 0.1), Trial(5, 0.35, 0.01), Trial(6, 0.25, 0.05)]
    assert chosen(trials, ClusterSettings()).k == 4


@pytest.mark.parametrize(
    ("trials", "k"),
    [
        # by just the detail cost, and just the smallest share
        ([Trial(3, 0.5, 0.25), Trial(4, 0.25, 0.25)], 4),
        ([Trial(3, 0.5, 0.25), Trial(4, 0.24, 0.25)], 3),  # beyond the detail cost
        ([Trial(3, 0.5, 0.25), Trial(4, 0.5, 0.24)], 3),  # a cluster too small
        # the most detailed, wherever it stands
        ([Trial(3, 0.5, 0.25), Trial(5, 0.4, 0.3), Trial(4, 0.45, 0.3)], 5),
        # the best that is not usable sets no bar
        ([Trial(3, 0.3, 0.25), Trial(4, 0.9, 0.1), Trial(5, 0.29, 0.3)], 5),
        # none is usable: the smaller of two equal ones
        ([Trial(3, 0.9, 0.1), Trial(4, 0.1, 0.2), Trial(5, 0.1, 0.2)], 4),
    ],
)
def test_the_rule_at_its_edges(trials: list[Trial], k: int) -> None:
    assert chosen(trials, ClusterSettings(smallest_share=0.25, detail_cost=0.25)).k == k


def test_the_rule_is_this_unless_told() -> None:
    settings = ClusterSettings()
    assert (
        settings.k_min,
        settings.k_max,
        settings.smallest_share,
        settings.detail_cost,
        settings.customers_min,
    ) == (3, 8, 0.03, 0.06, 50)


def test_without_a_usable_k_the_largest_smallest_cluster_wins() -> None:
    assert (
        chosen(
            [Trial(3, 0.5, 0.01), Trial(4, 0.3, 0.02), Trial(5, 0.4, 0.005)], ClusterSettings()
        ).k
        == 4
    )


def test_too_few_customers_and_null_features_are_told(
    model: ClusterModel, customers: pd.DataFrame
) -> None:
    with pytest.raises(clusters.TooFewCustomersError, match="40 customers with orders"):
        clusters.fit(customers.head(40), ClusterSettings(), "segments")
    with pytest.raises(ValueError, match="customer 000 has orders as of 2017-12-01, but one of"):
        model.predict(customers.head(1).assign(amount_sum=np.nan))


def test_fifty_customers_are_enough_and_must_differ(customers: pd.DataFrame) -> None:
    settings = ClusterSettings(k_max=4)
    assert clusters.fit(customers.head(50), settings, "segments")[0].as_of == AS_OF
    with pytest.raises(clusters.TooFewCustomersError, match="49 customers with orders"):
        clusters.fit(customers.head(49), settings, "segments")
    four = pd.concat([customers.iloc[[0, 30, 60, 61]]] * 15).assign(
        customer_id=[f"{number:03d}" for number in range(60)]
    )
    with pytest.raises(
        clusters.TooFewCustomersError,
        match=r"60 customers with orders \(4 different ones\); .* more than 4 different",
    ):
        clusters.fit(four, settings, "segments")


def test_measures_of_clusters_are_those_of_their_customers_with_orders(
    model: ClusterModel, customers: pd.DataFrame
) -> None:
    bought = customers.head(90)
    logs = np.log1p(bought[list(RFM)].to_numpy(float))
    segments = model.predict(bought)["micro_segment"]
    expected = silhouette_score((logs - logs.mean(axis=0)) / logs.std(axis=0), segments)
    # the one without orders counts for nothing
    for rows in (customers, customers.sample(frac=1, random_state=2)):
        assert clusters.cluster_metrics(model, rows) == pytest.approx(
            {"silhouette": expected, "smallest_share": 1 / 3, "clusters": 3}
        )
    uneven = customers.iloc[[*range(30), *range(30, 40), 90]]
    assert clusters.cluster_metrics(model, uneven)["smallest_share"] == pytest.approx(10 / 40)
    alone = clusters.cluster_metrics(model, customers.head(30))
    assert np.isnan(alone["silhouette"]), "one segment is apart from nothing"
    assert (alone["smallest_share"], alone["clusters"]) == (1, 1)


def test_metrics_tell_silhouette_and_smallest_share(
    model: ClusterModel, customers: pd.DataFrame
) -> None:
    metrics = clusters.cluster_metrics(model, customers)
    assert metrics["silhouette"] > 0.7
    assert metrics["smallest_share"] == pytest.approx(1 / 3)
