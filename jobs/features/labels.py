"""What happened after an as-of date: for training only."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from features.declaring import Label, declared_labels, refuse_other_sources
from jobs.features.customers import KEY
from lakehouse.contract.checks import holds
from lakehouse.contract.reads import Read, Snapshot
from lakehouse.contract.table import table


@dataclass(frozen=True)
class Source:
    """What labels may be over: the column with a row's day, and the bronze table whose deliveries
    complete it.
    """

    day: str
    deliveries: str


SOURCES = {
    "silver_customer_days": Source("order_date", "bronze_orders"),
    "silver_redemptions": Source("redemption_date", "bronze_redemptions"),
}
refuse_other_sources(SOURCES, declared_labels)


def _following(over: str) -> Read:
    days = [declared.days for declared in declared_labels().values() if declared.over == over]
    return Read("after", days=max(days, default=0))


def _known_until(over: str) -> Read:
    return Read("known_until", name=SOURCES[over].deliveries)


@table(
    key="customer_id as_of",
    columns=" ".join(
        [*KEY, *(f"{label.name} {label.known_until}" for label in declared_labels().values())]
    ),
    slice_by="as_of",
    stage="labels",
    checks=[
        holds(
            f"({label.name} IS NOT NULL) = coalesce({label.known_until} = date_add(as_of,"
            f" {label.days}),"
            " false)"
        )
        for label in declared_labels().values()
    ],
)
def features_labels(
    features_customers: Snapshot,
    silver_customer_days: Annotated[DataFrame, _following("silver_customer_days")],
    silver_redemptions: Annotated[DataFrame, _following("silver_redemptions")],
    orders_known_until: Annotated[date | None, _known_until("silver_customer_days")],
    redemptions_known_until: Annotated[date | None, _known_until("silver_redemptions")],
) -> DataFrame:
    """One row per customer with an order before the as-of date: what they did in the days from it
    on, a column per label.

    A label is null until the deliveries of all its days are known, also of customers who have
    ordered in those that are: else the labels that are there would tell of buyers alone.
    """
    labelled = features_customers.where("order_count > 0").select(*KEY)
    for over, rows in (
        ("silver_customer_days", silver_customer_days),
        ("silver_redemptions", silver_redemptions),
    ):
        labelled = labelled.join(with_labels(rows, over), KEY, "left")
    until = {
        "silver_customer_days": orders_known_until,
        "silver_redemptions": redemptions_known_until,
    }
    return labelled.select(
        *KEY,
        *(
            column
            for label in declared_labels().values()
            for column in where_complete(label, until[label.over])
        ),
    )


def deliveries_of(label: str) -> str:
    """The bronze table whose deliveries complete a label, by the label's name."""
    return SOURCES[declared_labels()[label].over].deliveries


def with_labels(rows: DataFrame, over: str) -> DataFrame:
    """One row per customer and as-of date with every label of one source."""
    days = rows.withColumn("days_after", F.datediff(F.col(SOURCES[over].day), F.col("as_of")))
    return days.groupBy(*KEY).agg(
        *(
            label.aggregate().alias(label.name)
            for label in declared_labels().values()
            if label.over == over
        )
    )


def where_complete(label: Label, until: date | None) -> tuple[Column, Column]:
    """The label where its days are known, with its value for customers without rows; and until when
    they are known.
    """
    end, known_day = F.date_add("as_of", label.days), F.lit(until).cast("date")
    empty = F.lit(label.empty) if isinstance(label.empty, bool) else F.array()
    value = F.coalesce(F.col(label.name), empty.cast(label.type))
    return (
        F.when(end <= known_day, value).alias(label.name),
        F.when(end <= known_day, end).otherwise(known_day).alias(label.known_until),
    )
