"""Trained models whose answers anybody can reckon; here, and not in a test, so that Spark's workers
can import them.
"""

from dataclasses import dataclass

import pandas as pd

from models.learning.inputs import KEY, TARGET, Features

ORDERS = Features(("order_count",), {})


@dataclass(frozen=True)
class OnePerOrders:
    """A model of any kind: of a customer with n orders one in n does it."""

    kind: str = "churn"
    identity: str = "one per orders"
    features: Features = ORDERS

    def predict(self, frame: pd.DataFrame, *, reasons: bool = False) -> pd.DataFrame:
        """Probability, and reasons when they are asked for.

        Raises:
            ValueError: a customer has no order.
        """
        if (frame["order_count"] <= 0).any():
            raise ValueError("customers without an order are not for this model")
        orders = frame["order_count"].astype(str)
        texts = {f"reason_{place}": orders + f" orders, reason {place}" for place in (1, 2, 3)}
        scored = frame[[*KEY, TARGET]].assign(value=1 / frame["order_count"])
        return scored.assign(**texts) if reasons else scored

    def to_files(self) -> dict[str, bytes]:
        return {}


@dataclass(frozen=True)
class FewOrMany:
    """A model of segments: more than two orders are many."""

    kind: str = "segments"
    identity: str = "few or many"
    features: Features = ORDERS

    def predict(self, frame: pd.DataFrame, *, reasons: bool = False) -> pd.DataFrame:
        return frame[list(KEY)].assign(
            micro_segment=["many" if count > 2 else "few" for count in frame["order_count"]]
        )

    def to_files(self) -> dict[str, bytes]:
        return {}
