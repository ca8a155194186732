"""What a column comes from, as the plan of its table says it; checked on small frames whose answer
is known.
"""

from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from headwater.docs.lineage import as_text, find_lineage
from lakehouse.lineage.column_lineage import (
    LINEAGE_FILE,
    Inputs,
    downstream,
    lineage_of,
    require_column,
    upstream,
)
from lakehouse.lineage.spark_plans import column_inputs

ORDERS = "customer string, product string, day date, amount double, quantity int"
PRODUCTS = "product string, department string"


@pytest.fixture
def orders(spark: SparkSession, tmp_path: Path) -> DataFrame:
    return empty(spark, tmp_path / "orders", ORDERS)


@pytest.fixture
def products(spark: SparkSession, tmp_path: Path) -> DataFrame:
    return empty(spark, tmp_path / "products", PRODUCTS)


def empty(spark: SparkSession, folder: Path, schema: str) -> DataFrame:
    folder.mkdir()
    return spark.read.schema(schema).parquet(str(folder))


def of(frame: DataFrame, column: str) -> tuple[str, str]:
    """Direct and indirect inputs as text."""
    inputs = column_inputs(frame)[column]
    return tuple(
        " ".join(sorted(f"{t}.{c}" for t, c in part)) for part in (inputs.direct, inputs.indirect)
    )  # type: ignore[return-value]


def test_a_value_comes_from_what_its_expression_names(orders: DataFrame) -> None:
    frame = orders.select((F.col("amount") * F.col("quantity")).alias("paid"), "day")
    assert of(frame, "paid") == ("orders.amount orders.quantity", "")
    assert of(frame, "day") == ("orders.day", "")


def test_a_constant_comes_from_nothing(orders: DataFrame) -> None:
    assert of(orders.select(F.lit(1).alias("one")), "one") == ("", "")


def test_keys_and_filters_decide_of_which_rows(orders: DataFrame) -> None:
    frame = (
        orders.where("quantity > 0")
        .groupBy("customer")
        .agg(F.sum("amount").alias("total"), F.count(F.lit(1)).alias("lines"))
    )
    assert of(frame, "total") == ("orders.amount", "orders.customer orders.quantity")
    assert of(frame, "lines") == ("", "orders.customer orders.quantity")
    assert of(frame, "customer") == ("orders.customer", "orders.quantity")


def test_the_other_side_of_a_join_gives_its_column(orders: DataFrame, products: DataFrame) -> None:
    frame = orders.join(products, "product", "left")
    assert of(frame, "department") == ("products.department", "orders.product products.product")
    assert of(frame.select("amount"), "amount") == (
        "orders.amount",
        "orders.product products.product",
    )


def test_a_union_gives_the_columns_of_all_its_parts(orders: DataFrame, products: DataFrame) -> None:
    parts = orders.select(F.col("customer").alias("name"), "amount").union(
        products.select("department", F.lit(0.0))
    )
    assert of(parts, "name") == ("orders.customer products.department", "")
    assert of(parts, "amount") == ("orders.amount", "")


def test_a_rank_comes_from_the_order_and_not_from_the_partition(orders: DataFrame) -> None:
    place = F.row_number().over(Window.partitionBy("customer").orderBy(F.col("amount").desc()))
    frame = orders.withColumn("place", place)
    assert of(frame, "place") == ("orders.amount", "orders.customer")
    assert of(frame.where("place = 1").drop("place"), "product") == (
        "orders.product",
        "orders.amount orders.customer",
    )


def test_a_left_join_to_one_row_each_decides_of_no_row_and_one_to_many_does(
    orders: DataFrame, products: DataFrame
) -> None:
    once = products.groupBy("product").agg(F.first("department").alias("department"))
    assert of(orders.join(once, "product", "left"), "amount") == ("orders.amount", "")
    assert of(orders.join(products, "product", "left"), "amount") == (
        "orders.amount",
        "orders.product products.product",
    )


def test_where_a_row_may_come_twice_what_only_repeats_rows_decides_of_none(
    orders: DataFrame, products: DataFrame
) -> None:
    """The largest amount is the same with each line once or twice, their number is not."""
    sold = orders.join(products, "product", "left").groupBy("customer")
    frame = sold.agg(F.max("amount").alias("most"), F.count("amount").alias("lines"))
    assert of(frame, "most") == ("orders.amount", "orders.customer")
    assert of(frame, "lines") == (
        "orders.amount",
        "orders.customer orders.product products.product",
    )
    assert of(frame.select("customer").distinct(), "customer") == ("orders.customer", "")


def test_an_explosion_comes_from_what_is_exploded(orders: DataFrame) -> None:
    frame = orders.select(F.explode(F.array("customer", "product")).alias("word"), "amount")
    assert of(frame, "word") == ("orders.customer orders.product", "")
    assert of(frame, "amount") == ("orders.amount", "orders.customer orders.product")


def test_out_of_a_function_in_python_everything_comes_from_everything(orders: DataFrame) -> None:
    frame = orders.select("customer", "amount").mapInPandas(
        lambda frames: frames, "customer string, score double"
    )
    assert of(frame, "score") == ("orders.amount orders.customer", "")


def test_text_that_looks_like_a_list_does_not_confuse(orders: DataFrame) -> None:
    frame = orders.select(
        F.concat("customer", F.lit(", ["), "product").alias("both"), "amount", "day"
    )
    assert of(frame, "both") == ("orders.customer orders.product", "")


COLUMNS = {
    "bronze_orders.paid": Inputs(("landing_orders.paid",), ()),
    "bronze_orders.who": Inputs(("landing_orders.who",), ()),
    "silver_days.amount": Inputs(("bronze_orders.paid",), ("bronze_orders.who",)),
    "gold_share.share": Inputs(("silver_days.amount",), ()),
}


def test_up_goes_down_to_the_files_and_keeps_apart_what_only_decides_of_which_rows() -> None:
    assert upstream(COLUMNS, "gold_share.share") == Inputs(
        ("landing_orders.paid", "bronze_orders.paid", "silver_days.amount"),
        ("landing_orders.who", "bronze_orders.who"),
    )


def test_down_goes_up_to_gold() -> None:
    assert downstream(COLUMNS, "landing_orders.paid") == Inputs(
        ("bronze_orders.paid", "silver_days.amount", "gold_share.share"), ()
    )
    assert downstream(COLUMNS, "landing_orders.who") == Inputs(
        ("bronze_orders.who",), ("silver_days.amount", "gold_share.share")
    )


def test_an_unknown_column_names_the_nearest() -> None:
    assert require_column(COLUMNS, "landing_orders.paid") == "landing_orders.paid"
    with pytest.raises(
        ValueError, match=r"no column gold_share\.shares\. Did you mean gold_share\.share\?"
    ):
        require_column(COLUMNS, "gold_share.shares")


def test_what_a_customer_paid_comes_from_the_price_of_the_lines() -> None:
    inputs = upstream(lineage_of("complete_journey"), "gold_kpis.amount_sum")
    assert [one for one in inputs.direct if one.startswith("landing_")] == [
        "landing_orders.sales_value"
    ]
    assert "landing_orders.household_id" in inputs.indirect


def test_the_lineage_file_is_that_of_the_tables(spark: SparkSession) -> None:
    """All tables are planned again: 54 s on a busy machine of two cores."""
    assert as_text(find_lineage()) == LINEAGE_FILE.read_text(), (
        "conf/lineage.json is not up to date: run `make docs`"
    )
