"""How well groups lie apart: the metrics of their clusters, without intervals and pictures."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from models.judging.separation import Separation
from models.kind import Draws
from models.learning.clusters import cluster_metrics
from tests.models.fixed import segments_model

ROWS = pd.DataFrame(
    {
        "customer_id": list("abcde"),
        "as_of": date(2017, 12, 1),
        "days_since_last_order": [1, 2, 200, 201, None],
        "order_count": [50, 51, 2, 3, 0],
        "amount_sum": [900, 901, 20, 21, None],
        "segment": ["near", "near", "far", "far", "no orders yet"],
    }
)


def test_metrics_are_those_of_the_clusters_and_an_evaluation_counts_the_customers() -> None:
    model, measured = segments_model(), Separation()
    metrics = measured.metrics(model, ROWS)
    assert metrics == cluster_metrics(model, ROWS)
    assert (metrics["clusters"], metrics["smallest_share"]) == (2, 0.5)
    assert metrics["silhouette"] > 0.9
    assert measured.evaluated(model, ROWS) == {"customers": 5, **metrics}
    assert {*measured.shown} == {"as_of", "customers", *metrics}


def test_there_are_no_intervals_and_no_pictures(tmp_path: Path) -> None:
    model = segments_model()
    assert Separation().draws(model, ROWS, np.arange(5), Draws(5, 10, 0)) == {}
    assert Separation().pictures(model, ROWS, tmp_path) == []
    assert [*tmp_path.iterdir()] == []
