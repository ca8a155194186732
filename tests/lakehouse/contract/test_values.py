"""From delivered texts to typed values: what is read, what is said of what cannot be, and what a
sum that does not fit ends as.
"""

from decimal import Decimal
from typing import Any

import pytest
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.silver.events import (
    in_tenant_currency,
    silver_customer_days,
    silver_customer_product_days,
)
from jobs.stages.pipeline import declare_tables
from lakehouse.base.value_errors import ValueRefused, sentence, value_errors
from lakehouse.build.binding import for_tenant, not_applied
from lakehouse.build.delivered_tables import judged
from lakehouse.build.reading import record_key
from lakehouse.contract.checks import complete, holds
from lakehouse.contract.conforming import conformed
from lakehouse.contract.errors import ContractError
from lakehouse.contract.mapping import event_date, mapped, most_of, refuse_senseless
from lakehouse.contract.rules import below_in_size
from lakehouse.contract.table import TABLES
from lakehouse.quality import deequ, metrics
from settings.model import Tenant
from settings.sources import Source
from tests.rows import actual, conf, expected, given

pytestmark = pytest.mark.usefixtures("small_plans")
declare_tables()
LINES = TABLES["silver_order_lines"]
KEYS = {
    "customer_id": "who",
    "order_id": "number",
    "line_id": "number",
    "order_date": "day",
    "amount": "paid",
}
DELIVERED = "who number day paid more arrived_on source_file source_line corrupt_record"
PLACE = "2020-03-02 orders.csv 2 -"


def source_of(mapping: dict[str, str], **more: Any) -> Source:
    columns = ["who", "number", "day", "paid", "more"]
    return Source(
        format="csv",
        delivery="daily",
        columns=columns,
        event_date="order_date",
        mapping=mapping,
        **more,
    )


def tenant_of(mapping: dict[str, str]) -> Tenant:
    return Tenant.model_validate(
        {
            "name": "shop",
            "zone": "UTC",
            "currency": "EUR",
            "first_day": "2020-01-01",
            "sources": {"orders": source_of(mapping)},
        }
    )


def bronze(source: Source, *rows: str) -> DataFrame:
    texts = dict.fromkeys(("who", "number", "day", "paid", "more"), "string")
    return given("\n".join([DELIVERED, *(f"{row} {PLACE}" for row in rows)]), **texts).withColumn(
        "event_date", event_date(source)
    )


def test_a_value_that_is_not_of_its_type_is_said_and_one_that_is_too_large_is_said_to_be() -> None:
    source = source_of({**KEYS, "ordered_at": "more"})
    rows = bronze(
        source,
        "7 o1 2020-03-02 ' 1.50 ' '2020-03-02 10:00:00'",  # blanks around a number are none of it
        # digits after the fourth are rounded; a blank instant is none
        "7 o2 2020-03-02 1.23456 ''",
        # a barcode with its zeros: 17 digits before the point
        "7 o3 2020-03-02 40063813339310000 -",
        "7 o4 2020-03-02 -1e40 -",  # larger than any decimal
        "7 o5 2020-03-02 abc n/a",
    )
    read = mapped(rows, source, LINES).withColumn("said", F.concat_ws("; ", "unreadable"))
    assert actual(read, "order_id amount ordered_at said") == expected("""
        order_id amount ordered_at            said
        o1       1.5    "2020-03-02 10:00:00" ""
        o2       1.2346 -                     ""
        o3       -      -                     "amount: '40063813339310000' is too large, the most is 99999999999999.9999"
        o4       -      -                     "amount: '-1e40' is too large, the most is 99999999999999.9999"
        o5       -      -                     "amount: 'abc' is not a decimal(18,4); ordered_at: 'n/a' is not a timestamp"
    """)


def test_the_most_of_a_decimal() -> None:
    assert [most_of("decimal(6,2)"), most_of("decimal(18,4)")] == ["9999.99", "99999999999999.9999"]


@pytest.mark.parametrize("is_compiled", [True, False], ids=["compiled", "read"])
def test_an_expression_that_raises_rejects_its_row_alone(
    spark: SparkSession, *, is_compiled: bool
) -> None:
    """Both plans: Spark computes once what expressions share, here `cast(paid as int)`, and before
    the rest of the row.
    """
    if is_compiled:  # the fixture sets both back
        spark.conf.set("spark.sql.codegen.wholeStage", "true")
        spark.conf.set("spark.sql.codegen.factoryMode", "FALLBACK")
    source = source_of(
        {
            **KEYS,
            "amount": "cast(paid as int) * 2",
            "quantity": "cast(paid as int)",
            "order_date": "to_date(day)",
            "is_return": "more < 0",
        },
        deleted_when="cast(more as int) = 9",
    )
    rows = bronze(
        source,
        "7 o1 2020-03-02 3 1",
        "7 o2 2020-03-02 - 9",  # nothing paid is no error; withdrawn
        "7 o3 2020-03-02 two 1",
        "7 o4 2/3/2020 3 1",
        "7 o5 2020-03-02 3 x",
    )
    read = mapped(rows, source, LINES).withColumn(
        "said", F.concat_ws("; ", F.transform("unreadable", lambda one: F.split(one, ";")[0]))
    )
    assert actual(
        read, "order_id order_date amount quantity is_return is_deleted said"
    ) == expected("""
        order_id order_date amount quantity is_return is_deleted said
        o1       2020-03-02 6      3        false     false      ""
        o2       2020-03-02 -      -        false     true       ""
        o3       2020-03-02 -      -        false     false      "amount: `cast(paid as int) * 2` cannot be computed of paid 'two'; quantity: `cast(paid as int)` cannot be computed of paid 'two'"
        o4       -          6      3        false     false      "order_date: `to_date(day)` cannot be computed of day '2/3/2020'"
        o5       2020-03-02 6      3        -         false      "is_return: `more < 0` cannot be computed of more 'x'; deleted_when: `cast(more as int) = 9` cannot be computed of more 'x'"
    """)


def test_one_reading_for_rows_days_keys_and_metrics() -> None:
    """What raises in an expression raises nowhere: not for the business day, the key or the metrics
    before silver.
    """
    source = source_of(
        {
            **KEYS,
            "order_date": "to_date(day)",
            "ordered_at": "more",
            "line_id": "cast(number as int)",
        }
    )
    rows = bronze(
        source,
        "7 1 2020-03-02 1 '2020-03-02 10:00:00'",
        "7 01 2020-03-02 1 n/a",  # the same number: the same line
        "7 x soon 1 -",
    )
    keyed = rows.select(
        "number", "event_date", F.split(record_key(source, LINES), "\u0001")[1].alias("key")
    )
    assert actual(
        keyed.selectExpr("number AS order_id", "event_date", "key AS line_id")
    ) == expected("""
        order_id event_date line_id
        1        2020-03-02 1
        01       2020-03-02 1
        x        -          -
    """)
    measured = {(name, metric): value for _, name, metric, value in metrics.of_frame(rows, source)}
    assert measured["more", "bucket_2"] == 1, "of the instants that are ones"
    assert measured["*", "late_share"] == 0


def test_an_expression_that_means_nothing_is_refused_in_a_sentence() -> None:
    source = source_of(KEYS)
    rows = bronze(source, "7 o1 2020-03-02 1 -")
    misspelt = source_of({**KEYS, "amount": "payd"})
    with pytest.raises(
        ContractError,
        match=r"silver_order_lines: amount: `payd` has no meaning to Spark: .*Mend the tenant's file",
    ):
        mapped(rows, misspelt, LINES)
    texts = source_of({**KEYS, "amount": "paid * more"})
    with pytest.raises(ContractError, match=r"orders: amount: `paid \* more`.*DATATYPE_MISMATCH"):
        refuse_senseless(rows, texts, "orders")
    broken = source_of({**KEYS, "amount": "cast(paid as"})
    with pytest.raises(ContractError, match=r"amount: `cast\(paid as`.*PARSE_SYNTAX_ERROR"):
        refuse_senseless(rows, broken, "orders")


def test_a_line_that_leaves_no_room_for_sums_is_rejected_whatever_its_sign() -> None:
    rule = below_in_size("amount")()
    rows = given("""
        order_id amount
        o1       9999999999.9999
        o2       10000000000
        o3       -4006381333931
        o4       -
    """)
    assert actual(
        rows.select("order_id", F.when(rule.broken, rule.sentence).alias("reason"))
    ) == expected("""
        order_id reason
        o1       -
        o2       "amount: '10000000000.0000' is too large, it must be below 10,000,000,000 in size"
        o3       "amount: '-4006381333931.0000' is too large, it must be below 10,000,000,000 in size"
        o4       -
    """)


def test_an_amount_that_its_rate_makes_too_large_is_rejected_not_null() -> None:
    """9,999,999,999 x 1,000,000 has 16 digits before the point, two more than the column."""
    lines = given("""
        order_id line_id customer_id product_id store_id order_date amount     discount coupon_discount quantity is_return currency arrived_on ordered_at
        o1       1       7           p          -        2020-03-02 9999999999 -        -               1        false     VND      2020-03-02 -
        o2       1       7           p          -        2020-03-02 2.00       1.00     -               1        false     VND      2020-03-02 -
    """)
    rates = given("""
        currency rate_date  exchange_rate
        VND      2020-03-01 1000000
    """)
    technical = {
        "source_file": F.lit("f"),
        "source_line": F.lit(1),
        "raw_record": F.lit("{}"),
        "fingerprint": F.col("order_id"),
    }
    more = technical | {
        "unreadable": F.expr("cast(array() as array<string>)"),
        "is_deleted": F.lit(False),
    }
    table = for_tenant(LINES, tenant_of({**KEYS, "currency": "more", "discount": "more"}))
    marked = judged(in_tenant_currency(lines, rates, conf(currency="EUR")).withColumns(more), table)
    reasons = marked.select("order_id", "state", F.concat_ws("; ", "refused").alias("reason"))
    assert actual(reasons) == expected("""
        order_id state       reason
        o1       quarantined "amount: '9999999999000000.0000' is too large, it must be below 10,000,000,000 in size"
        o2       kept        ""
    """)
    kept = marked.where("state = 'kept'").select(*table.columns)
    assert actual(conformed(kept, table), "amount discount exchange_rate") == expected("""
        amount  discount exchange_rate
        2000000 1000000  1000000
    """)


LARGE = """
    order_id line_id customer_id product_id order_date amount           discount coupon_discount quantity ordered_at is_return
    o1       1       7           p          2020-03-02 60000000000000   0        -               1        -          false
    o1       2       7           p          2020-03-02 39999999999999.5 0        -               1        -          false
"""


def test_a_sum_that_fits_is_exact_and_one_that_does_not_is_an_error_of_one_sentence() -> None:
    """The two of o1 are just below what a decimal(18,4) holds; one more cent-rich line is above it,
    and no null.
    """
    days, pairs = TABLES["silver_customer_days"], TABLES["silver_customer_product_days"]
    fit = conformed(silver_customer_days(given(LARGE), conf(zone="UTC")), days)
    assert fit.schema["amount_sum"].dataType.simpleString() == "decimal(18,4)"
    assert fit.collect()[0]["amount_sum"] == Decimal("99999999999999.5000")
    above = given(LARGE + "o2 1 7 p 2020-03-02 0.5 0 - 1 - false")
    message = (
        r"silver_customer_days is not written: silver_customer_days.amount_sum is a decimal\(18,4\), and 100000000000000.0000 does not fit "
        r"into it \(customer_id 7, order_date 2020-03-02\). Look for"
    )
    with pytest.raises(ValueRefused, match=message), value_errors(days.name):
        conformed(silver_customer_days(above, conf(zone="UTC")), days).collect()
    with (
        pytest.raises(ValueRefused, match=r"customer_id 7, product_id p, order_date"),
        value_errors(pairs.name),
    ):
        conformed(silver_customer_product_days(above), pairs).collect()


@pytest.mark.parametrize(
    ("text", "error_class"),
    [
        ("cast('abc' as int)", "The value 'abc' of the type"),
        ("1 / 0", "Division by zero"),
        ("cast(1e20 as int)", r"CAST_OVERFLOW"),
        ("cast(12345 as decimal(4,2))", "NUMERIC_VALUE_OUT_OF_RANGE"),
        ("9223372036854775807 + id", "ARITHMETIC_OVERFLOW"),
        ("to_timestamp('x', 'yyyy')", "CANNOT_PARSE_TIMESTAMP"),
        ("array(1)[5]", "INVALID_ARRAY_INDEX"),
    ],
)
def test_what_spark_raises_of_a_value_is_one_sentence(
    spark: SparkSession, text: str, error_class: str
) -> None:
    with (
        pytest.raises(ValueRefused, match=f"gold_kpis is not written: .*{error_class}") as error,
        value_errors("gold_kpis"),
    ):
        spark.range(1, 2).selectExpr(text).collect()
    assert "\n" not in str(error.value)
    assert "\tat " not in str(error.value)


def test_a_value_that_raises_while_it_is_judged_is_told_though_deequ_takes_it_for_a_metric_that_is_not_there(
    spark: SparkSession,
) -> None:
    frame = spark.range(2).selectExpr("cast(concat('x', id) as int) AS order_count")
    with (
        pytest.raises(
            ValueRefused, match=r"gold_kpis is not written: The value 'x[01]' of the type"
        ),
        value_errors("gold_kpis"),
    ):
        deequ.measure(frame, [complete("order_count")], {})


def test_an_error_that_speaks_of_no_value_stays_what_it_is(spark: SparkSession) -> None:
    assert sentence("gold_kpis", "Path does not exist") is None
    with pytest.raises(PySparkException), value_errors("gold_kpis"):
        spark.table("there_is_none")


def test_rules_and_checks_of_a_column_that_is_not_mapped_are_not_applied_and_said() -> None:
    tenant = tenant_of({**KEYS, "quantity": "more"})
    table = for_tenant(LINES, tenant)
    names = [rule.name for rule in table.rules]
    assert "below_in_size(quantity, 10000000000)" in names
    assert "present(amount)" in names
    assert "not_after(order_date, arrived_on)" in names, "the house brings arrived_on itself"
    assert "with_rate()" not in names, "no currency is mapped"
    assert [check.name for check in table.checks] == []
    outcomes = {
        one.check_name: (one.status, one.level, one.expected) for one in not_applied(LINES, tenant)
    }
    assert outcomes == {
        "with_rate()": ("passed", "WARN", "not applied: currency is not mapped"),
        "below_in_size(discount, 10000000000)": (
            "passed",
            "WARN",
            "not applied: discount is not mapped",
        ),
        "below_in_size(coupon_discount, 10000000000)": (
            "passed",
            "WARN",
            "not applied: coupon_discount is not mapped",
        ),
        "complete(product_id)": ("passed", "WARN", "not applied: product_id is not mapped"),
        "joins(product_id, silver_products)": (
            "passed",
            "WARN",
            "not applied: product_id is not mapped",
        ),
    }
    assert not_applied(TABLES["silver_customer_days"], tenant) == [], (
        "a table made from tables has all columns"
    )


def test_a_condition_needs_the_columns_that_it_names_outside_of_texts() -> None:
    columns = ("amount", "currency", "store_id")
    assert holds("coalesce(amount, 0) >= 0 OR currency = 'store_id'").needs(columns) == (
        "amount",
        "currency",
    )
    assert complete("amount").needs(columns) == ("amount",)


@pytest.mark.parametrize("left_out", ["customer_id", "amount", "line_id"])
def test_a_mapping_that_lacks_what_the_table_requires_is_refused(left_out: str) -> None:
    source = source_of({name: text for name, text in KEYS.items() if name != left_out})
    with pytest.raises(ContractError, match=f"lacking columns: {left_out}"):
        mapped(bronze(source_of(KEYS), "7 o1 2020-03-02 1 -"), source, LINES)


def test_what_rules_demand_is_required_or_of_the_key() -> None:
    """A table cannot demand a value of a column and let a tenant leave it out."""
    for table in TABLES.values():
        demanded = {rule.needs[0] for rule in table.rules if rule.name.startswith("present(")}
        assert demanded <= {*table.key, *table.required}, table.name
