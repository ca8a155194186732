"""Entities: every version received is kept with its arrival day, so that a snapshot as of D can
take the one known before D.

A version may say that the shop has deleted the entity (`is_deleted`): it hides those before it.
"""

from pyspark.sql import DataFrame

from lakehouse.contract.checks import complete
from lakehouse.contract.reads import Touched
from lakehouse.contract.rules import not_after, present
from lakehouse.contract.table import table

DEMOGRAPHICS = (
    "demographic_age demographic_income demographic_home_ownership demographic_marital_status "
    "demographic_household_size demographic_household_composition demographic_children"
)


@table(
    source="customers",
    row="customer record",
    key="customer_id arrived_on",
    columns=f"customer_id postcode {DEMOGRAPHICS} is_deleted arrived_on",
    slice_by="arrived_on",
    rules=[present("customer_id")],
    checks=[complete("customer_id")],
)
def silver_customers(bronze_customers: Touched) -> DataFrame:
    """One row per customer and arrival day on which the shop delivered them."""
    return bronze_customers


@table(
    source="products",
    row="product record",
    key="product_id arrived_on",
    columns=(
        "product_id manufacturer_id department brand product_category product_type package_size"
        " is_deleted arrived_on"
    ),
    slice_by="arrived_on",
    rules=[present("product_id")],
    checks=[complete("product_id")],
)
def silver_products(bronze_products: Touched) -> DataFrame:
    """One row per product and arrival day on which the shop delivered it."""
    return bronze_products


@table(
    source="campaigns",
    row="campaign and customer it was sent to",
    key="campaign_id customer_id arrived_on",
    columns="campaign_id customer_id campaign_type start_date end_date is_deleted arrived_on",
    slice_by="arrived_on",
    rules=[present("campaign_id"), present("customer_id"), not_after("start_date", "end_date")],
    checks=[complete("start_date")],
)
def silver_campaign_customers(bronze_campaigns: Touched) -> DataFrame:
    """One row per campaign, customer it reached and arrival day."""
    return bronze_campaigns


@table(
    source="coupons",
    row="coupon and product it is good for",
    key="coupon_id product_id campaign_id arrived_on",
    columns="coupon_id product_id campaign_id is_deleted arrived_on",
    slice_by="arrived_on",
    rules=[present("coupon_id"), present("product_id"), present("campaign_id")],
    checks=[complete("coupon_id")],
)
def silver_coupons(bronze_coupons: Touched) -> DataFrame:
    """One row per coupon, product it is good for, campaign and arrival day."""
    return bronze_coupons
