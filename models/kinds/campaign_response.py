"""Response to a campaign: the probability that a customer whom a running campaign has reached
redeems one of its coupons in the 28 days from the as-of date.
"""

from models.judging.probabilities import Probabilities, limits_beside
from models.kind import Kind, Population
from models.learning.boosted_trees import BoostedTrees

KIND = Kind(
    __name__,
    meaning="The customer redeems a coupon of the campaign in the days from the as-of date on.",
    label="redeemed_campaigns_28d",
    population=Population(
        table="features_campaign_customers", where="order_count > 0", target="campaign_id"
    ),
    learner=BoostedTrees(direction=("raises the chance", "lowers the chance")),
    measured_by=Probabilities(baseline="past_redemptions", column="redemption_count"),
    limits=limits_beside("past_redemptions"),  # fixed before looking
)
