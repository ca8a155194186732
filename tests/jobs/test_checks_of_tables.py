"""Each condition that a contract checks is true of good rows and false of bad ones; Deequ, which
counts them, is tested elsewhere.

Of a check: the columns it looks at, then good rows, then bad ones, parted by semicolons. A null
counts as not satisfied.
"""

import pytest
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lakehouse.contract.checks import ERROR, WARN, Check, Level
from lakehouse.contract.table import TABLES, Table
from lakehouse.quality import deequ
from tests.rows import actual, given
from tests.tables import condition_of

pytestmark = pytest.mark.usefixtures("small_plans")

Rows = tuple[str, str, str]
PLACED = {
    "holds(arrived_on IS NOT NULL AND source_file <> '' AND source_line > 0)": (
        "arrived_on source_file source_line",
        "2017-01-02 f 1",
        "- f 1; 2017-01-02 '' 1; 2017-01-02 - 1; 2017-01-02 f 0; 2017-01-02 f -",
    )
}
RANKED: Rows = ("rank", "1; 20", "0; 21; -")
COUNTED: Rows = ("order_count", "0; 1", "-1; -")


def of_entities(column: str, value: str) -> Rows:
    """What withdraws an entity need not tell more than its key."""
    return f"is_deleted {column}", f"false {value}; true -", "false -; - -"


OF: dict[str, dict[str, Rows]] = {
    **{name: PLACED for name, table in TABLES.items() if table.layer == "bronze"},
    "silver_exchange_rates": {"complete(exchange_rate)": ("exchange_rate", "0", "-")},
    "silver_order_lines": {
        "complete(product_id)": ("product_id", "p", "-"),
        "joins(product_id, silver_products)": ("product_id", "p; -", "q"),
    },
    "silver_promotions": {
        "complete(display_location)": ("display_location", "0", "-"),
        "complete(mailer_location)": ("mailer_location", "0", "-"),
        "joins(product_id, silver_products)": ("product_id", "p; -", "q"),
    },
    "silver_redemptions": {"complete(campaign_id)": ("campaign_id", "c", "-")},
    "silver_customer_days": {
        "holds(order_count >= 0)": COUNTED,
        "holds(line_count >= 1)": ("line_count", "1", "0; -"),
    },
    "silver_customer_product_days": {"holds(order_count >= 0)": COUNTED},
    "silver_customers": {"complete(customer_id)": ("customer_id", "7", "-")},
    "silver_products": {"complete(product_id)": ("product_id", "p", "-")},
    "silver_coupons": {"complete(coupon_id)": ("coupon_id", "k", "-")},
    "silver_campaign_customers": {"complete(start_date)": of_entities("start_date", "2017-01-02")},
    "silver_enrichments": {"complete(attributes)": of_entities("attributes", "{}")},
    "silver_outside_purchases": {"complete(amount)": ("amount", "0", "-")},
    "features_customers": {
        "holds(order_count >= 0)": COUNTED,
        "holds(days_since_last_order IS NULL OR days_since_last_order >= 1)": (
            "days_since_last_order",
            "1; -",
            "0",
        ),
        "holds(amount_sum >= 0)": ("amount_sum", "0", "-0.0001; -"),
    },
    "features_labels": {
        "holds((is_churned_28d IS NOT NULL) = coalesce(known_until = date_add(as_of, 28), false))": (
            "as_of is_churned_28d known_until",
            "2017-02-01 true 2017-03-01; 2017-02-01 - 2017-02-28; 2017-02-01 - -",
            "2017-02-01 - 2017-03-01; 2017-02-01 true 2017-02-28; 2017-02-01 true -",
        ),
        "holds((is_churned_91d IS NOT NULL) = coalesce(is_churned_91d_known_until = date_add(as_of, 91), false))": (
            "as_of is_churned_91d is_churned_91d_known_until",
            "2017-02-01 true 2017-05-03; 2017-02-01 - 2017-05-02; 2017-02-01 - -",
            "2017-02-01 - 2017-05-03; 2017-02-01 true 2017-05-02; 2017-02-01 true -",
        ),
        "holds((redeemed_campaigns_28d IS NOT NULL) = coalesce(redeemed_campaigns_28d_known_until = date_add(as_of, 28), false))": (
            "as_of redeemed_campaigns_28d redeemed_campaigns_28d_known_until",
            "2017-02-01 c 2017-03-01; 2017-02-01 - 2017-02-28; 2017-02-01 - -",
            "2017-02-01 - 2017-03-01; 2017-02-01 c 2017-02-28; 2017-02-01 c -",
        ),
    },
    "features_campaign_customers": {
        "holds(days_to_campaign_end IS NULL OR days_to_campaign_end >= 0)": (
            "days_to_campaign_end",
            "-; 0",
            "-1",
        )
    },
    "models_predictions": {
        "complete(score_status)": ("score_status", "scored", "-"),
        "holds(value IS NULL OR value BETWEEN 0 AND 1)": ("value", "-; 0; 1", "-0.0001; 1.0001"),
        "holds((value IS NOT NULL) = (score_status = 'scored'))": (
            "value score_status",
            "0.5 scored; - no_model",
            "- scored; 0.5 no_history",
        ),
    },
    "models_cluster_assignments": {"complete(micro_segment)": ("micro_segment", "steady", "-")},
    "gold_customer_scores": {
        "complete(score_status)": ("score_status", "scored", "-"),
        "holds((churn_probability IS NULL) = (churn_decile IS NULL))": (
            "churn_probability churn_decile",
            "0.5 5; - -",
            "0.5 -; - 5",
        ),
    },
    "gold_customer_segments": {
        "holds(rfm_segment IS NOT NULL)": ("rfm_segment", "lost", "-"),
        "holds((recency_score IS NULL) = (rfm_segment = 'no_orders'))": (
            "recency_score rfm_segment",
            "1 lost; - no_orders",
            "1 no_orders; - lost; 1 -",
        ),
    },
    "gold_segment_summary": {"holds(customer_count > 0)": ("customer_count", "1", "0; -")},
    "gold_popular_products": {
        "holds(rank BETWEEN 1 AND 20)": RANKED,
        "holds(customer_count > 0)": ("customer_count", "1", "0; -"),
    },
    "gold_recommendations": {
        "holds(rank BETWEEN 1 AND 20)": RANKED,
        "holds(reason <> '')": ("reason", "popular", "''; -"),
    },
    "gold_customer_profiles": {
        "complete(rfm_segment)": ("rfm_segment", "lost", "-"),
        "complete(score_status)": ("score_status", "scored", "-"),
    },
    "gold_customer_enrichments": {
        "complete(received_on)": ("received_on", "2017-01-02", "-"),
        "complete(matched_by)": ("matched_by", "customer", "-"),
        "holds(valid_until IS NULL OR valid_until >= as_of)": (
            "as_of valid_until",
            "2017-02-01 2017-02-01; 2017-02-01 -",
            "2017-02-01 2017-01-31",
        ),
    },
    "gold_kpis": {
        "holds(active_customers >= 0)": ("active_customers", "0", "-1; -"),
        "holds(repeat_rate IS NULL OR repeat_rate BETWEEN 0 AND 1)": (
            "repeat_rate",
            "-; 0; 1",
            "-0.0001; 1.0001",
        ),
    },
}
# every other check asks all rows, and stops the run
FORGIVING: dict[tuple[str, str], tuple[float, Level]] = {
    ("silver_order_lines", "complete(product_id)"): (0.99, ERROR),
    ("silver_order_lines", "joins(product_id, silver_products)"): (0.99, WARN),
    ("silver_promotions", "joins(product_id, silver_products)"): (0.9, WARN),
    ("silver_redemptions", "complete(campaign_id)"): (0.9, WARN),
    ("features_customers", "holds(amount_sum >= 0)"): (1.0, WARN),
    ("features_customers", "rows_where(silver_customer_days)"): (1.0, WARN),
    ("gold_popular_products", "rows_where(gold_customer_segments)"): (1.0, WARN),
    ("gold_recommendations", "rows_where(gold_customer_segments)"): (1.0, WARN),
}
# the business day of events; every other silver table is sliced by the day on which its rows
# arrived
EVENT_DAYS = {
    "silver_exchange_rates": "rate_date",
    "silver_order_lines": "order_date",
    "silver_customer_days": "order_date",
    "silver_customer_product_days": "order_date",
    "silver_redemptions": "redemption_date",
    "silver_promotions": "promotion_week",
    "silver_outside_purchases": "purchase_date",
}


def declared(table: Table) -> dict[str, Check]:
    """The checks above the table's function, as they ask its rows."""
    names = {check.name for check in table.checks}
    return {check.name: check for check in table.every_check if check.name in names}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_each_condition_holds_for_good_rows_and_not_for_bad_ones(name: str) -> None:
    checks, tried = declared(TABLES[name]), OF.get(name, {})
    untried = {one for one, check in checks.items() if check.metric.name == "Compliance"} - {*tried}
    assert not untried, f"no rows try {untried} of {name}: add some to OF"
    assert {*tried} - {*checks} == set(), f"{name} has no such checks any more: take them out of OF"
    parts = [tried_rows(checks[one], *rows) for one, rows in tried.items()]
    asked = [row for part in parts for row in actual(part)[1:]]
    assert [row for row in asked if row[1] != row[2]] == []


def tried_rows(check: Check, columns: str, good: str, bad: str) -> DataFrame:
    """The row as text, whether it should pass, and whether it does."""
    lines = [
        f"{line.strip()} {passes}"
        for lines, passes in ((good, "true"), (bad, "false"))
        for line in lines.split(";")
    ]
    rows = given("\n".join([f"{columns} passes", *lines]), passes="boolean")
    if check.lookup:
        rows = deequ.with_flag(rows, check.lookup, given(f"{columns}\np\np"))
    return rows.select(
        F.to_json(F.struct(*columns.split())),
        "passes",
        F.expr(f"coalesce({condition_of(check)}, false)"),
    )


def test_only_these_checks_forgive_a_row() -> None:
    all_checks = {
        (name, one): (check.share, check.level)
        for name, table in TABLES.items()
        for one, check in declared(table).items()
    }
    assert {key: value for key, value in all_checks.items() if value != (1.0, ERROR)} == FORGIVING


def test_a_table_refuses_at_most_one_row_in_twenty() -> None:
    assert {table.refused_share for table in TABLES.values()} == {0.05}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_table_is_sliced_by_the_day_of_its_kind(name: str) -> None:
    by_layer = {"bronze": "arrived_on", "silver": EVENT_DAYS.get(name, "arrived_on")}
    assert TABLES[name].slice_by == by_layer.get(TABLES[name].layer, "as_of")
