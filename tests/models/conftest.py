"""A small seeded shop for training tests: 120 customers whose churn follows the days since their
last order.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.churn import ChurnSettings
from models.tracking import Registry

AS_OF = date(2017, 12, 29)
Shop = tuple[pd.DataFrame, pd.DataFrame]


@pytest.fixture(scope="session")
def as_of() -> date:
    return AS_OF


@pytest.fixture(scope="session")
def shop() -> Shop:
    """Features and labels as of 2017-12-01 (the holdout) and of the three windows before it."""
    frames = [_window(AS_OF - timedelta(days=28 * step), 120, seed=step) for step in range(1, 5)]
    rows = pd.concat(frames, ignore_index=True)
    return rows.drop(columns="is_churned_28d"), rows[["customer_id", "as_of", "is_churned_28d"]]


@pytest.fixture(scope="session")
def quick() -> ChurnSettings:
    """Two small boosters: enough to rank 120 customers."""
    learning = {"max_depth": 2, "eta": 0.3, "min_child_weight": 5}
    return ChurnSettings(rounds_max=20, patience=5, ensemble=2, learning=learning)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """An empty MLflow store; once per module, since making its tables takes a second."""
    folder: Path = tmp_path_factory.mktemp("mlflow")
    return Registry(f"sqlite:///{folder}/mlflow.db", folder / "artifacts")


def _window(as_of: date, customers: int, seed: int) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    days = generator.integers(1, 60, customers)
    orders = generator.integers(1, 40, customers)
    # Two causes, so that recency alone is good but a model is better.
    risk = 1 / (1 + np.exp(-(days - 30) / 6 + (orders - 20) / 3))
    return pd.DataFrame(
        {
            "customer_id": [f"{number:04d}" for number in range(customers)],
            "as_of": as_of,
            "days_since_last_order": days,
            "order_count": orders,
            "amount_sum": [
                Decimal(int(count) * 20 + number) for number, count in enumerate(orders)
            ],
            "demographic_income": generator.choice(["low", "high", "unknown"], customers),
            "is_churned_28d": generator.random(customers) < risk,
        }
    )
