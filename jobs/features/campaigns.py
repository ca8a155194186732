"""Who is in which campaign, as of any date."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.features.customers import KEY, newest_version
from lakehouse.contract.checks import holds
from lakehouse.contract.reads import History, Snapshot
from lakehouse.contract.table import table


@table(
    key="customer_id as_of campaign_id",
    columns=(
        "customer_id as_of campaign_id campaign_type days_since_campaign_start days_to_campaign_end"
    ),
    slice_by="as_of",
    checks=[holds("days_to_campaign_end IS NULL OR days_to_campaign_end >= 0")],
)
def features_campaign_customers(
    features_customers: Snapshot, silver_campaign_customers: History
) -> DataFrame:
    """One row per customer and campaign that runs on the as-of date and reached them before it.

    A campaign without a first day runs from its arrival on, one without a last day for ever.
    """
    reached = newest_version(silver_campaign_customers, "campaign_id", "customer_id")
    running = reached.where(
        "coalesce(start_date, as_of) <= as_of AND coalesce(end_date, as_of) >= as_of"
    )
    return running.join(features_customers.select(*KEY), KEY, "left_semi").select(
        *KEY,
        "campaign_id",
        "campaign_type",
        F.datediff("as_of", F.coalesce("start_date", "arrived_on")).alias(
            "days_since_campaign_start"
        ),
        F.datediff("end_date", "as_of").alias("days_to_campaign_end"),
    )
