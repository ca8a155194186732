"""What third parties say of customers and postcodes, and what customers bought elsewhere: with
provider, arrival and validity.

Columns differ by provider, so they come as one JSON object: `to_json(named_struct('income', INC,
'urban', URB))` in the mapping.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.contract.checks import complete
from lakehouse.contract.reads import Touched
from lakehouse.contract.rules import RuleOf, at_least, below_in_size, not_after, present
from lakehouse.contract.table import table

SUBJECTS = ("customer", "postcode")


def named_subject() -> RuleOf:
    """Reject rows that speak of neither a customer nor a postcode."""
    return RuleOf(
        "named_subject()",
        f"subject is {' or '.join(SUBJECTS)}",
        lambda: (
            ~F.coalesce(F.col("subject").isin(*SUBJECTS), F.lit(False)),
            F.concat(
                F.lit("subject '"),
                F.coalesce("subject", F.lit("")),
                F.lit(f"' is not {' or '.join(SUBJECTS)}"),
            ),
        ),
        ("subject",),
    )


def json_object(column: str) -> RuleOf:
    """Reject rows whose text is no JSON object; nulls pass."""
    return RuleOf(
        f"json_object({column})",
        f"{column} is a JSON object",
        lambda: (
            F.col(column).isNotNull() & F.expr(f"json_object_keys({column})").isNull(),
            F.concat(F.lit(f"{column}: '"), F.col(column), F.lit("' is not a JSON object")),
        ),
        (column,),
    )


@table(
    source="enrichments",
    row="record of what a third party says of a customer or a postcode",
    key="provider subject subject_id arrived_on",
    columns="provider subject subject_id attributes valid_from valid_until is_deleted arrived_on",
    required="attributes",
    slice_by="arrived_on",
    rules=[
        present("provider"),
        named_subject(),
        present("subject_id"),
        present("attributes"),
        json_object("attributes"),
        not_after("valid_from", "valid_until"),
    ],
    checks=[complete("attributes")],
)
def silver_enrichments(bronze_enrichments: Touched) -> DataFrame:
    """One row per provider, customer or postcode it speaks of, and arrival day."""
    return bronze_enrichments


@table(
    source="outside_purchases",
    row="purchase that a third party reports",
    key="provider purchase_id",
    columns="provider purchase_id customer_id purchase_date amount valid_until arrived_on",
    required="customer_id purchase_date amount",
    slice_by="purchase_date",
    rules=[
        present("provider"),
        present("purchase_id"),
        present("customer_id"),
        present("purchase_date"),
        present("amount"),
        at_least("amount", 0),
        below_in_size("amount"),
        not_after("purchase_date", "arrived_on"),
    ],
    checks=[complete("amount")],
)
def silver_outside_purchases(bronze_outside_purchases: Touched) -> DataFrame:
    """One row per purchase that a third party reports, such as one in a shop without a till of
    ours; the latest version received.
    """
    return bronze_outside_purchases
