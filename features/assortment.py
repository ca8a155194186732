"""What a customer buys: breadth and shares of departments, over the tile of customer and product
days with the product's department.
"""

from pyspark.sql import Column
from pyspark.sql import functions as F

from features.declaring import ALL_TIME, feature
from features.expressions import part, ratio, total

PRODUCTS = "customer_product_days"


@feature(
    over=PRODUCTS,
    type="bigint",
    unit="products",
    windows=(ALL_TIME, 91),
    words="{value} bought at least once{window}",
    null="no product bought{window}",
    empty=0,
)
def product_breadth(within: Column) -> Column:
    """Distinct products bought."""
    return F.size(F.collect_set(F.when(within, F.col("product_id"))))


@feature(
    over=PRODUCTS,
    type="bigint",
    unit="categories",
    windows=(ALL_TIME, 91),
    words="bought from {value}{window}",
    null="bought from no category{window}",
    empty=0,
)
def category_breadth(within: Column) -> Column:
    """Distinct product categories bought."""
    return F.size(F.collect_set(F.when(within, F.col("product_category"))))


@feature(
    over=PRODUCTS,
    type="bigint",
    unit="departments",
    windows=(91,),
    words="bought from {value}{window}",
    null="bought from no department{window}",
    empty=0,
)
def department_breadth(within: Column) -> Column:
    """Distinct departments bought from."""
    return F.size(F.collect_set(F.when(within, F.col("department"))))


@feature(
    over=PRODUCTS,
    type="double",
    unit="share",
    windows=(ALL_TIME, 91),
    words="{value} of the spending on national brands{window}",
    null="no spending on products{window}",
)
def national_brand_share(within: Column) -> Column:
    """Share of the spending on products of national brands."""
    return _share(within, F.lower("brand") == "national")


@feature(
    over=PRODUCTS,
    type="double",
    unit="share",
    words="{value} of the spending on fresh food",
    null="no spending on products{window}",
)
def fresh_share(within: Column) -> Column:
    """Share of the spending on produce, meat, seafood, deli and bakery departments."""
    return _share(within, F.upper("department").rlike("PRODUCE|MEAT|SEAFOOD|DELI|PASTRY|BAKERY"))


def _share(within: Column, chosen: Column) -> Column:
    return ratio(part("amount_sum", chosen, within), total("amount_sum", within))
