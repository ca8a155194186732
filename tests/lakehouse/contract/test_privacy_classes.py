"""Which class a column has: by the dictionary, a contract, or what a tenant's mapping makes of a
delivered column.
"""

from datetime import date

import pytest

from features.declaring import declared
from jobs.stages.pipeline import declare_tables
from lakehouse.contract.columns import (
    class_of_delivered,
    classes_of,
    column,
    dictionary,
    impersonal_columns,
    impersonal_records,
)
from lakehouse.contract.errors import ContractError
from lakehouse.contract.reads import Delivered
from lakehouse.contract.table import CLASSES, TABLES, table
from settings.model import Tenant, load_settings
from settings.sources import Source

declare_tables()


def of(name: str, columns: str) -> dict[str, str]:
    classes = classes_of(TABLES[name])
    return {one: classes[one] for one in columns.split()}


def test_the_dictionary_says_the_class_where_a_contract_does_not() -> None:
    assert of("silver_order_lines", "order_id customer_id product_id order_date amount") == {
        "order_id": "pseudonym",  # whoever knows the order knows who placed it
        "customer_id": "pseudonym",
        "product_id": "none",
        "order_date": "none",  # readers skip files by it
        "amount": "personal",  # of one line of one customer
    }
    assert of("features_customers", "as_of amount_sum days_since_last_order") == {
        "as_of": "none",
        "amount_sum": "personal",
        "days_since_last_order": "personal",
    }


def test_sums_over_many_customers_are_of_nobody() -> None:
    """The same names are personal in tables with one row per customer."""
    assert of("gold_kpis", "amount_sum order_count amount_per_order") == dict.fromkeys(
        ("amount_sum", "order_count", "amount_per_order"), "none"
    )
    assert of("gold_segment_summary", "rfm_segment amount_sum_mean") == {
        "rfm_segment": "none",
        "amount_sum_mean": "none",
    }
    assert of("gold_popular_products", "reason product_id") == {
        "reason": "none",
        "product_id": "none",
    }
    assert of("gold_customer_segments", "rfm_segment") == {"rfm_segment": "personal"}
    assert of("gold_recommendations", "reason") == {"reason": "personal"}


def test_no_table_of_customers_keeps_a_feature_or_a_text_about_them() -> None:
    personal = {*declared(), "churn_probability", "reason_1", "rfm_segment", "micro_segment"}
    wrong = [
        (name, one)
        for name, each in TABLES.items()
        if "customer_id" in each.columns
        for one, privacy in classes_of(each).items()
        if one in personal and privacy == "none"
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("privacy", "message"),
    [
        (
            "amount_sun:none",
            "privacy of gold_trial: no column amount_sun. Did you mean amount_sum?",
        ),
        (
            "amount_sum:public",
            "privacy of gold_trial: amount_sum has the class 'public', expected one of none, pseudonym, personal",
        ),
        (
            "amount_sum",
            "privacy of gold_trial: amount_sum has the class '', expected one of none, pseudonym, personal",
        ),
    ],
    ids=["a column that is not there", "a class that is not there", "no class"],
)
def test_a_contract_that_names_what_is_not_there_is_refused(privacy: str, message: str) -> None:
    def gold_trial(orders: Delivered) -> Delivered:
        """Rows."""
        return orders

    with pytest.raises(ContractError, match="gold_trial") as error:
        table(key="as_of", columns="as_of amount_sum", slice_by="as_of", privacy=privacy)(
            gold_trial
        )
    assert str(error.value) == message
    assert "gold_trial" not in TABLES


SOURCE = Source(
    format="csv",
    delivery="daily",
    columns=["person", "sku", "day", "payload", "Line.no", "nickname", "person_name"],
    mapping={
        "customer_id": "person",
        "order_id": "concat(Person, day)",
        "line_id": "`Line.no`",
        "product_id": "sku",
        "department": "get_json_object(payload, '$.department')",
        "order_date": "to_date(day)",
    },
)


@pytest.mark.parametrize(
    ("delivered", "privacy"),
    [
        ("sku", "none"),  # feeds the product alone, as it stands
        ("person", "pseudonym"),  # feeds the customer, and the order by another spelling
        ("Line.no", "pseudonym"),  # names with odd characters stand in backticks
        ("day", "personal"),  # only expressions take it: what they leave is unknown
        ("payload", "personal"),  # one field of a text that may hold others
        ("nickname", "personal"),  # feeds nothing
        ("person_name", "personal"),  # feeds nothing: the name of another column begins like it
    ],
)
def test_a_delivered_column_has_the_strictest_class_of_what_it_feeds(
    delivered: str, privacy: str
) -> None:
    assert class_of_delivered(delivered, SOURCE) == privacy


def test_a_delivered_column_that_feeds_two_has_the_stricter_class() -> None:
    """A shop without line numbers: the product is part of the line's id, too."""
    shared = SOURCE.model_copy(update={"mapping": SOURCE.mapping | {"line_id": "sku"}})
    assert class_of_delivered("sku", shared) == "pseudonym"


def test_the_impersonal_columns_of_a_table_of_deliveries_are_those_of_its_tenant() -> None:
    first = date(2020, 1, 1)
    tenant = Tenant(
        name="trial", zone="UTC", currency="EUR", first_day=first, sources={"orders": SOURCE}
    )
    assert impersonal_columns("bronze_orders", tenant) == {
        "sku",
        "arrived_on",
        "source_file",
        "source_line",
        "event_date",
    }
    demo = load_settings("complete_journey").tenant
    assert "corrupt_record" not in impersonal_columns("bronze_customers", demo)
    assert "household_id" not in impersonal_columns("bronze_customers", demo)
    assert "brand" in impersonal_columns("bronze_products", demo)


def test_records_and_the_quarantine_follow_the_dictionary() -> None:
    tenant = load_settings("complete_journey").tenant
    assert (
        impersonal_columns("silver_order_lines_quarantine", tenant)
        == impersonal_columns("ops_runs", tenant)
        == impersonal_records()
    )
    quoting = {
        "error",
        "message",
        "reasons",
        "raw_record",
        "corrupt_record",
        "why",
        "reason",
        "value",
        "observed",
        "who",
        "waived_by",
    }
    assert quoting & impersonal_records() == set()
    assert {"run_id", "table_name", "arrived_on", "as_of", "order_date"} <= impersonal_records()


def test_every_class_of_the_dictionary_is_one() -> None:
    assert {entry.privacy for entry in dictionary().values()} == {*CLASSES}
    assert column("order_id").privacy == "pseudonym"
