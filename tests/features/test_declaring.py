"""How a feature is declared: one function, one column per window, and refusals that say what is
missing.
"""

from collections.abc import Callable
from dataclasses import FrozenInstanceError

import pytest
from pyspark.sql import Column
from pyspark.sql import functions as F

from features import declaring
from features.declaring import ALL_TIME, Feature, declared, feature, refuse_other_sources, words
from jobs.features.customers import SOURCES, aggregated, filled, with_days_ago
from lakehouse.contract.columns import ColumnEntry, column
from lakehouse.contract.errors import ContractError
from tests.rows import actual, aggregated_row, expected, given

Aggregate = Callable[[Column], Column]


def visits(within: Column) -> Column:
    """Visits of the shop.

    The rest is no part of the description.
    """
    return F.count_if(within)


def nothing(within: Column) -> Column:
    return F.count_if(within)


@pytest.fixture
def described(monkeypatch: pytest.MonkeyPatch) -> list[ColumnEntry]:
    """An empty registry, and the columns that features describe in it."""
    columns: list[ColumnEntry] = []
    monkeypatch.setattr(declaring, "FEATURES", {})
    monkeypatch.setattr(declaring, "describe", columns.append)
    return columns


def declare(
    function: Aggregate = visits, words: str = "{value}{window}", **more: object
) -> Aggregate:
    about = {
        "over": "silver_customer_days",
        "type": "int",
        "unit": "visits",
        "null": "no visit{window}",
    } | more
    return feature(words=words, **about)(function)  # type: ignore[arg-type]


def test_a_feature_has_a_column_per_window_that_the_dictionary_describes(
    described: list[ColumnEntry],
) -> None:
    assert declare(windows=(ALL_TIME, 28), empty=0) is visits
    assert described == [
        ColumnEntry("visits", "int", "visits", "personal", "Visits of the shop."),
        ColumnEntry(
            "visits_28d",
            "int",
            "visits",
            "personal",
            "Visits of the shop. In the 28 days before the as-of date.",
        ),
    ]
    common = ("test_declaring", "silver_customer_days", "int", "visits", 0)
    during = " in the last 28 days"
    assert [_fields_of(one) for one in declaring.FEATURES.values()] == [
        ("visits", "{value}", "no visit yet", *common),
        ("visits_28d", "{value}" + during, "no visit" + during, *common),
    ]
    assert [one.description for one in declaring.FEATURES.values()] == [
        entry.description for entry in described
    ]


def test_its_aggregate_sees_the_rows_of_the_window_and_has_the_declared_type(
    described: list[ColumnEntry],
) -> None:
    declare(windows=(ALL_TIME, 28), type="string")
    rows = given("days_ago\n1\n2\n28\n29", days_ago="int")
    assert aggregated_row(declaring.FEATURES["visits"].aggregate(), rows) == "4"
    assert aggregated_row(declaring.FEATURES["visits_28d"].aggregate(), rows) == "3"
    assert rows.agg(declaring.FEATURES["visits"].aggregate().alias("a")).dtypes == [("a", "string")]


def test_one_window_of_all_time_and_null_without_rows_unless_declared_otherwise(
    described: list[ColumnEntry],
) -> None:
    declare()
    assert [(one.name, one.empty) for one in declaring.FEATURES.values()] == [("visits", None)]


def test_a_feature_without_a_docstring_is_refused(described: list[ColumnEntry]) -> None:
    with pytest.raises(
        ContractError,
        match=r"^nothing needs a docstring: it is its description in the dictionary$",
    ):
        declare(nothing)
    assert declaring.FEATURES == {}
    assert described == []


def test_words_that_say_no_value_are_refused(described: list[ColumnEntry]) -> None:
    with pytest.raises(
        ContractError,
        match=r"^the words of the feature visits say no value: 'visits' needs \{value\} in it$",
    ):
        declare(words="visits")


def test_a_feature_over_a_table_that_no_job_reads_is_refused(
    described: list[ColumnEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(over="silver_customer_day")
    monkeypatch.setattr(declaring, "declared", lambda: declaring.FEATURES)
    message = (
        "no job reads the source of these columns: visits is declared over silver_customer_day. Did you mean "
        "silver_customer_days? The sources are silver_customer_days, silver_redemptions."
    )
    with pytest.raises(ContractError) as refused:
        refuse_other_sources(("silver_customer_days", "silver_redemptions"))
    assert str(refused.value) == message


def test_every_source_of_the_job_has_features_and_every_feature_a_source() -> None:
    refuse_other_sources(SOURCES)
    assert {one.over for one in declared().values()} == set(SOURCES)


def test_the_files_are_the_families_in_their_order() -> None:
    families = list(dict.fromkeys(one.family for one in declared().values()))
    assert families == sorted(families)
    assert {"recency", "frequency", "monetary", "trend"} <= set(families)
    assert declared()["days_since_last_order"].family == "recency"


def test_the_windows_are_a_week_four_a_quarter_and_a_year() -> None:
    sums = [name for name in declared() if name.startswith("amount_sum")]
    assert sums == [
        "amount_sum",
        "amount_sum_7d",
        "amount_sum_28d",
        "amount_sum_91d",
        "amount_sum_365d",
    ]


def test_a_declared_feature_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        declared()["order_count"].unit = "visits"  # type: ignore[misc]


def test_words_are_told_with_family_unit_and_what_is_said_of_null() -> None:
    assert list(words("USD")) == list(declared())
    assert words("USD")["amount_sum_7d"] == (
        "monetary",
        "spent {value} in the last 7 days",
        "USD",
        "nothing spent in the last 7 days",
    )
    assert words("USD")["order_count"] == ("frequency", "{value}", "orders", "no order yet")


def test_features_are_columns_of_the_dictionary() -> None:
    one = declared()["order_trend"]
    assert column("order_trend") == ColumnEntry(
        "order_trend", one.type, one.unit, "personal", one.description
    )


def test_the_job_gives_a_customer_without_rows_the_declared_value() -> None:
    nulls = (F.lit(None).cast(one.type).alias(name) for name, one in declared().items())
    shown = (
        given("customer_id\n7")
        .select(*nulls)
        .select(*(filled(name) for name in declared()))
        .collect()[0]
        .asDict()
    )
    assert shown == {name: one.empty for name, one in declared().items()}
    assert (shown["order_count"], shown["amount_sum"], shown["days_since_last_order"]) == (
        0,
        0,
        None,
    )


def test_the_job_aggregates_each_customer_as_of_each_date() -> None:
    # the day before the as-of date is 1 day ago; as of a week later the same order is 8 days ago
    rows = with_days_ago(
        given("""
            customer_id as_of      redemption_date
            7           2017-10-02 2017-10-01
            7           2017-10-09 2017-10-01
            8           2017-10-09 2017-09-30
        """),
        "redemption_date",
    )
    shown = actual(
        aggregated(rows, "silver_redemptions"),
        "customer_id as_of redemption_count days_since_last_redemption",
    )
    assert shown == expected("""
        customer_id as_of      redemption_count days_since_last_redemption
        7           2017-10-02 1                1
        7           2017-10-09 1                8
        8           2017-10-09 1                9
    """)


def _fields_of(one: Feature) -> tuple[object, ...]:
    return one.name, one.words, one.null, one.family, one.over, one.type, one.unit, one.empty
