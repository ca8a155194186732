"""A small seeded shop for training tests: 120 customers whose churn follows the days since their
last order.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.judging.candidates import Candidate, trained
from models.kind import Tables
from models.registry.tracking import Registry
from tests.models.fixed import AS_OF, CHURN, LABEL, OF_CHURN, tables_of


@pytest.fixture(scope="session")
def as_of() -> date:
    return AS_OF


@pytest.fixture(scope="session")
def shop() -> Tables:
    """Features and labels as of 2017-12-01 (the holdout) and of the three windows before it."""
    frames = [_window(AS_OF - timedelta(days=28 * step), 120, seed=step) for step in range(1, 5)]
    rows = pd.concat(frames, ignore_index=True)
    return tables_of(rows.drop(columns=LABEL.name), rows[["customer_id", "as_of", LABEL.name]])


@pytest.fixture(scope="session")
def candidate(shop: Tables) -> Candidate:
    """A churn model that passes the gate."""
    return trained(CHURN, shop, AS_OF, OF_CHURN)


@pytest.fixture(scope="session")
def other(shop: Tables) -> Candidate:
    """The same of another seed."""
    return trained(CHURN, shop, AS_OF, replace(OF_CHURN, seed=99))


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
            LABEL.name: generator.random(customers) < risk,
        }
    )
