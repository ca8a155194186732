"""Weekly numbers of the shop."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.window import Window

from lakehouse.contract.checks import complete, holds, rows_where
from lakehouse.contract.reads import History
from lakehouse.contract.table import table

SILENT_DAYS = 28  # the churn window: a customer is lost on the 28th day without an order


@table(
    key="as_of week_start",
    columns=(
        "as_of week_start active_customers order_count amount_sum amount_per_order repeat_rate"
        " new_customers lost_customers"
    ),
    slice_by="as_of",
    checks=[
        holds("active_customers >= 0"),
        holds("repeat_rate IS NULL OR repeat_rate BETWEEN 0 AND 1"),
        complete("amount_sum"),
        rows_where("silver_customer_days"),
    ],
    privacy="order_count:none amount_sum:none amount_per_order:none",
)
def gold_kpis(silver_customer_days: History) -> DataFrame:
    """One row per week (from Monday) known before the as-of date; the first and the newest week may
    be cut.

    All customers count, also those whom the shop has deleted since: a week's numbers say what was
    sold, to whomever.
    """
    days = silver_customer_days.withColumn("week_start", week_start("order_date"))
    customer = Window.partitionBy("as_of", "customer_id")
    bought = F.col("order_count") > 0
    with_first_week = days.withColumn(
        "first_week", F.min(F.when(bought, F.col("week_start"))).over(customer)
    )
    weekly = with_first_week.groupBy("as_of", "week_start").agg(
        customers(bought).alias("active_customers"),
        F.sum("order_count").alias("order_count"),
        F.sum("amount_sum").alias("amount_sum"),
        customers(bought & (F.col("first_week") < F.col("week_start"))).alias("returning"),
        customers(bought & (F.col("first_week") == F.col("week_start"))).alias("new_customers"),
    )
    return weekly.join(lost(with_first_week.where(bought)), ["as_of", "week_start"], "full").select(
        "as_of",
        "week_start",
        *(
            F.coalesce(F.col(c), F.lit(0)).alias(c)
            for c in (
                "active_customers",
                "order_count",
                "amount_sum",
                "new_customers",
                "lost_customers",
            )
        ),
        F.expr("try_divide(double(amount_sum), order_count)").alias("amount_per_order"),
        F.expr("try_divide(double(returning), active_customers)").alias("repeat_rate"),
    )


def customers(chosen: Column) -> Column:
    """How many different customers have a row that is chosen."""
    return F.size(F.collect_set(F.when(chosen, F.col("customer_id")))).cast("bigint")


def lost(days: DataFrame) -> DataFrame:
    """Customers per week in which their silence reached 28 days, as far as the as-of date can know
    it.
    """
    customer = Window.partitionBy("as_of", "customer_id").orderBy("order_date")
    days = days.withColumn("next_day", F.lead("order_date").over(customer))
    reached = F.date_add("order_date", SILENT_DAYS)
    # an order on the 28th day ends the silence after 27
    silent = F.coalesce(F.col("next_day"), F.col("as_of")) > reached
    weeks = days.where(silent).withColumn("week_start", F.date_trunc("week", reached).cast("date"))
    return weeks.groupBy("as_of", "week_start").agg(customers(F.lit(True)).alias("lost_customers"))


def week_start(day: str) -> Column:
    """Monday of the day's week."""
    return F.date_trunc("week", day).cast("date")
