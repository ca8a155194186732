"""Every test of a feature gives it a few rows: plans that are read, not compiled."""

import pytest


@pytest.fixture(autouse=True)
def _small_plans(small_plans: object) -> None:
    """For all tests of this folder."""
