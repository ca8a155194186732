"""Segments: groups of customers alike in recency, frequency and money, with names in words."""

from models.judging.separation import Separation
from models.kind import Kind, Limit
from models.learning.clusters import Clusters
from models.learning.windows import Windows

KIND = Kind(
    __name__,
    meaning="The group of customers that the customer is most like.",
    learner=Clusters(),
    windows=Windows(count=0),  # it learns from the customers of the as-of date itself
    columns="micro_segment string",
    measured_by=Separation(),
    limits=(
        Limit("at_least", "silhouette", "silhouette", 0.15),
        Limit("at_least", "share of the smallest cluster", "smallest_share", 0.01),
        Limit("as_champion", "silhouette", "silhouette", 0.05),
    ),
    is_published=True,
)
