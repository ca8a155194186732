"""What the four DAGs left, and what a bad day did not change."""

import json
from datetime import timedelta

import pandas as pd
from deltalake import DeltaTable

from jobs.gold.segments import SEGMENTS
from lakehouse.store import delta
from tests.headwater.demo.conftest import CUSTOMERS, UNTIL, House
from tests.shops import TENANT

RUNS = ("backfill backfill", "training features_labels_train_gate", "maintenance optimize_vacuum")
DAILY = f"{TENANT}_daily fetch_ingest_silver_features_score_gold_release_report: success"


def test_airflow_ran_the_four_dags(house: House) -> None:
    for run in RUNS:
        assert f"{TENANT}_{run}: success" in house.output, house.output
    assert DAILY in house.output, house.output


def test_a_day_with_bad_data_is_red_and_says_why_in_task_log_notification_and_checks(
    house: House,
) -> None:
    reason = "refused_share of silver_order_lines: 1, expected <= 0.05"
    assert not house.succeeded
    assert f"{TENANT}_backfill backfill: failed" in house.output
    assert reason in house.output, house.output[-3000:]
    (log,) = {
        path
        for path in (house.home / "data/airflow/logs").rglob("attempt=2.log")
        if reason in path.read_text()
    }
    assert f"dag_id={TENANT}_backfill" in str(log)
    (notified,) = [
        json.loads(text)
        for text in (house.home / "data/airflow/notifications.log").read_text().splitlines()
    ]
    assert reason in notified["reason"]
    checks = house.table("ops_checks")
    failed = checks[(checks["status"] == "failed") & (checks["level"] == "ERROR")]
    assert set(failed["table_name"]) == {"silver_order_lines"}
    assert (failed["check_name"] == "refused_share").sum() == 2, "two attempts"


def test_the_bad_day_left_silver_features_gold_and_the_release_as_they_were(house: House) -> None:
    assert house.release.as_of == UNTIL
    runs = house.table("ops_runs")
    first_bad = runs[runs["slice_start"] == UNTIL]["started_at"].min()
    good = (
        runs[(runs["started_at"] < first_bad) & runs["delta_version"].notna()]
        .groupby("table_name")["delta_version"]
        .max()
    )
    for name in (
        name
        for name in good.index
        if name.split("_")[0] in ("silver", "features", "models", "gold")
    ):
        # what the bad run built before it failed read nothing of the bad day: no row changed
        version = delta.version_of(house.lake / name)
        if version != good[name]:
            assert name in (
                "silver_redemptions",
                "silver_customer_days",
                "silver_customer_product_days",
            ), name
    assert house.release.tables == {name: int(good[name]) for name in house.release.tables}
    assert (
        DeltaTable(str(house.lake / "silver_order_lines")).version() == good["silver_order_lines"]
    )


def test_every_customer_is_in_every_table_of_customers(house: House) -> None:
    assert 0.9 * CUSTOMERS < len(house.customers) <= CUSTOMERS
    for name in (
        "models_cluster_assignments",
        "gold_customer_profiles",
        "gold_customer_scores",
        "gold_customer_segments",
    ):
        rows = house.table(name)
        rows = rows[rows["as_of"] == UNTIL]
        assert sorted(rows["customer_id"]) == sorted(house.customers), name
    predictions = house.table("models_predictions")
    predictions = predictions[predictions["as_of"] == UNTIL]
    assert {*predictions["kind"]} >= {"churn", "churn_91d"}
    for kind in ("churn", "churn_91d"):
        asked = predictions[predictions["kind"] == kind]["customer_id"]
        assert sorted(asked) == sorted(house.customers), kind


def test_labels_say_who_did_not_order_in_the_28_days_from_the_date_on(house: House) -> None:
    labels, days = house.table("features_labels"), house.table("silver_customer_days")
    assert labels["as_of"].nunique() >= 3
    for as_of in labels["as_of"].unique().tolist():
        rows = labels[labels["as_of"] == as_of]
        before = set(days[days["order_date"] < as_of]["customer_id"])
        after = set(
            days[(days["order_date"] >= as_of) & (days["order_date"] < as_of + timedelta(days=28))][
                "customer_id"
            ]
        )
        assert set(rows["customer_id"]) == before, "everybody who had ordered, and nobody else"
        assert set(rows[rows["is_churned_28d"]]["customer_id"]) == before - after


def test_scores_are_probabilities_of_the_released_model_with_reasons_that_differ(
    house: House,
) -> None:
    scores = house.table("gold_customer_scores")
    scored = scores[scores["score_status"] == "scored"]
    assert set(scores["score_status"]) <= {"scored", "no_history"}
    assert len(scored) > 0.9 * len(house.customers)
    assert scored["churn_probability"].between(0, 1).all()
    assert set(scored["model_name"]) == {f"{TENANT}_churn"}
    assert set(scored["model_version"]) == {house.release.models["churn"]}
    assert scored["reason_1"].str.contains(r"\((?:raises|lowers) risk\)").all()
    assert (scored["reason_1"] != scored["reason_2"]).all()
    deciles = scored.sort_values("churn_probability")["churn_decile"]
    assert deciles.is_monotonic_increasing
    assert set(deciles) == set(range(1, 11))


def test_every_customer_gets_twenty_products_once_each_and_none_of_the_excluded_departments(
    house: House,
) -> None:
    shown, products = (
        house.table("gold_recommendations"),
        house.table("silver_products").set_index("product_id"),
    )
    assert shown.groupby("customer_id").size().eq(20).all()
    assert set(shown["customer_id"]) == house.customers
    assert not shown.duplicated(["customer_id", "product_id"]).any()
    assert (
        shown.groupby("customer_id")["rank"]
        .agg(lambda ranks: sorted(ranks) == list(range(1, 21)))
        .all()
    )
    departments = set(shown["product_id"].map(products["department"]))
    assert not departments & {"FUEL", "COUPON", "MISCELLANEOUS"}
    assert shown["reason"].str.len().gt(10).all()
    own = house.table("silver_customer_product_days").groupby("customer_id")["product_id"].nunique()
    strategies = shown.groupby("customer_id")["strategy"].agg(set)
    assert all(strategies[customer] == {"bought_again"} for customer in own[own > 200].index), (
        "personal where there is history"
    )
    assert all("popular_in_segment" in strategies[customer] for customer in own[own < 20].index), (
        "then what the segment buys"
    )


def test_segments_have_names_that_a_person_understands(house: House) -> None:
    segments = house.table("gold_customer_segments")
    assert set(segments["rfm_segment"]) <= {name for name, *_ in SEGMENTS} | {"no_orders"}
    assert segments["micro_segment"].nunique() >= 3
    assert not segments["micro_segment"].str.contains("cluster", case=False).any()
    summary = house.table("gold_segment_summary")
    assert summary["customer_count"].sum() == len(house.customers)
    assert abs(summary["amount_share"].sum() - 1) < 1e-9


def test_weekly_numbers_add_up_to_the_order_lines(house: House) -> None:
    lines, kpis = house.table("silver_order_lines"), house.table("gold_kpis")
    assert kpis["amount_sum"].sum() == lines["amount"].sum()
    assert kpis["order_count"].sum() == lines["order_id"].nunique()
    assert kpis["new_customers"].sum() == lines["customer_id"].nunique()
    weeks = pd.to_datetime(lines["order_date"]).dt.to_period("W-SUN").dt.start_time.dt.date
    active = lines.groupby(weeks)["customer_id"].nunique()
    assert kpis.set_index("week_start")["active_customers"].to_dict() == active.to_dict()


def test_the_page_is_written_and_shows_the_release(house: House) -> None:
    page = (house.home / "data/report" / TENANT / "index.html").read_text()
    assert house.release.release_id in page
    assert "calls the data simulated" in page or "describes as simulated" in page
