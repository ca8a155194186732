from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from features.expressions import order_days_ago, part, ratio, total
from tests.rows import actual, aggregated_row, given

ROWS = """
    order_date days_ago order_count amount_sum
    2017-01-01 3        0           4
    2017-01-02 2        1           -
    2017-01-03 1        2           8
"""


def rows(condition: str = "true") -> DataFrame:
    """The rows above that meet a condition."""
    return given(ROWS, days_ago="int").where(condition)


def test_a_total_is_of_the_rows_of_the_window() -> None:
    within = F.col("days_ago") <= 2
    assert aggregated_row(total("amount_sum", within), rows()) == "8"
    assert aggregated_row(total("order_count", within), rows()) == "3"
    # no row lies in the window
    assert aggregated_row(total("amount_sum", within), rows("days_ago = 3")) is None


def test_a_part_is_0_where_the_window_has_rows_of_which_none_is_chosen() -> None:
    within, chosen = F.col("days_ago") <= 2, F.col("days_ago") <= 1
    assert aggregated_row(part("order_count", chosen, within), rows()) == "2"
    assert aggregated_row(part("order_count", chosen, within), rows("days_ago = 2")) == "0"
    assert aggregated_row(part("order_count", chosen, within), rows("days_ago = 3")) is None
    # not known to be chosen
    assert aggregated_row(part("order_count", F.lit(None).cast("boolean"), within), rows()) == "0"
    # what lies outside of the window is no part of it
    assert aggregated_row(part("order_count", F.lit(True), within), rows()) == "3"


def test_a_ratio_is_a_double_and_null_over_0_and_null() -> None:
    null = F.lit(None).cast("int")
    for numerator, denominator, quotient in (
        (F.lit(1), F.lit(2), "0.5"),
        (F.lit(0), F.lit(2), "0"),
        (F.lit(-1), F.lit(-4), "0.25"),
        (F.lit(1), F.lit(0), None),
        (F.lit(1), null, None),
        (null, F.lit(2), None),
    ):
        assert aggregated_row(F.first(ratio(numerator, denominator)), rows()) == quotient


def test_days_on_which_goods_were_only_taken_back_are_no_order_days() -> None:
    shown = rows().select("order_date", order_days_ago(F.col("days_ago") <= 2).alias("all"))
    assert actual(shown) == [
        ["order_date", "all"],
        ["2017-01-01", None],
        ["2017-01-02", "2"],
        ["2017-01-03", "1"],
    ]
    assert actual(rows().select("order_date", order_days_ago(F.lit(True)).alias("all")))[1] == [
        "2017-01-01",
        None,
    ]
