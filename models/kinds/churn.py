"""Churn: the probability that a customer places no order in the 28 days from the as-of date."""

from models.judging.probabilities import Probabilities, limits_beside
from models.kind import Kind, Limit, Population
from models.learning.boosted_trees import BoostedTrees

KIND = Kind(
    __name__,
    meaning="The customer places no order in the days from the as-of date on.",
    label="is_churned_28d",
    population=Population(where="order_count > 0"),
    learner=BoostedTrees(direction=("raises risk", "lowers risk")),
    measured_by=Probabilities(baseline="recency", column="days_since_last_order"),
    limits=limits_beside("recency"),
    goals=(
        Limit("at_least", "AUC", "auc", 0.87),
        Limit("at_least", "gain over recency", "gain", 0.04),
        Limit("at_most", "ECE", "ece", 0.03),
    ),
    is_published=True,
)
