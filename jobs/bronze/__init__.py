"""Bronze: every delivery as received, plus arrival day, file and line."""

from pyspark.sql import DataFrame

from lakehouse.contract.table import Delivered, holds, table

AS_RECEIVED = "corrupt_record arrived_on source_file source_line event_date"
PLACED = [holds("arrived_on IS NOT NULL AND source_file <> '' AND source_line > 0")]


@table(
    source="orders",
    key="source_file source_line",
    columns=AS_RECEIVED,
    slice_by="arrived_on",
    checks=PLACED,
)
def bronze_orders(orders: Delivered) -> DataFrame:
    """One row per delivered order line."""
    return orders


@table(
    source="customers",
    key="source_file source_line",
    columns=AS_RECEIVED,
    slice_by="arrived_on",
    checks=PLACED,
)
def bronze_customers(customers: Delivered) -> DataFrame:
    """One row per delivered customer record."""
    return customers


@table(
    source="products",
    key="source_file source_line",
    columns=AS_RECEIVED,
    slice_by="arrived_on",
    checks=PLACED,
)
def bronze_products(products: Delivered) -> DataFrame:
    """One row per delivered product record."""
    return products


@table(
    source="campaigns",
    key="source_file source_line",
    columns=AS_RECEIVED,
    slice_by="arrived_on",
    checks=PLACED,
)
def bronze_campaigns(campaigns: Delivered) -> DataFrame:
    """One row per delivered campaign and customer it was sent to."""
    return campaigns


@table(
    source="coupons",
    key="source_file source_line",
    columns=AS_RECEIVED,
    slice_by="arrived_on",
    checks=PLACED,
)
def bronze_coupons(coupons: Delivered) -> DataFrame:
    """One row per delivered coupon and product it is good for."""
    return coupons


@table(
    source="redemptions",
    key="source_file source_line",
    columns=AS_RECEIVED,
    slice_by="arrived_on",
    checks=PLACED,
)
def bronze_redemptions(redemptions: Delivered) -> DataFrame:
    """One row per delivered coupon redemption."""
    return redemptions


@table(
    source="promotions",
    key="source_file source_line",
    columns=AS_RECEIVED,
    slice_by="arrived_on",
    checks=PLACED,
)
def bronze_promotions(promotions: Delivered) -> DataFrame:
    """One row per delivered promotion of a product in a store."""
    return promotions


@table(
    source="enrichments",
    key="source_file source_line",
    columns=AS_RECEIVED,
    slice_by="arrived_on",
    checks=PLACED,
)
def bronze_enrichments(enrichments: Delivered) -> DataFrame:
    """One row per delivered record of what a third party says of a customer or a postcode."""
    return enrichments


@table(
    source="outside_purchases",
    key="source_file source_line",
    columns=AS_RECEIVED,
    slice_by="arrived_on",
    checks=PLACED,
)
def bronze_outside_purchases(outside_purchases: Delivered) -> DataFrame:
    """One row per delivered purchase that a third party reports."""
    return outside_purchases


@table(
    source="exchange_rates",
    key="source_file source_line",
    columns=AS_RECEIVED,
    slice_by="arrived_on",
    checks=PLACED,
)
def bronze_exchange_rates(exchange_rates: Delivered) -> DataFrame:
    """One row per delivered currency and day from which its rate holds."""
    return exchange_rates
