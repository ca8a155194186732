"""Churn of a quarter: the probability that a customer places no order in the 91 days from the as-of
date.
"""

from models.judging.probabilities import Probabilities, limits_beside
from models.kind import Kind, Population
from models.learning.boosted_trees import BoostedTrees
from models.learning.windows import Windows

KIND = Kind(
    __name__,
    meaning="The customer places no order in the days from the as-of date on.",
    label="is_churned_91d",
    population=Population(where="order_count > 0"),
    learner=BoostedTrees(direction=("raises risk", "lowers risk")),
    # Three windows, two steps apart: with a step of 28 days the oldest ends by the newest, and all
    # of them fit into a year.
    windows=Windows(count=3, every=2),
    measured_by=Probabilities(baseline="recency", column="days_since_last_order"),
    limits=limits_beside("recency"),  # fixed before looking
)
