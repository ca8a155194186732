"""The numbers of the page's tables, against numbers worked out by hand, and the choice of the
sample customers.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from jobs.report import views
from jobs.report.page import ReportFrames, ReportInputError
from jobs.report.samples import sample_customers


def test_weeks_outside_the_data_are_not_whole(frames: ReportFrames) -> None:
    assert views.weeks(frames)["is_whole"].tolist() == [False, True, True, False]
    assert views.headline(frames)["week"]["amount_sum"] == 100.0


def test_rfm_map_puts_the_best_at_the_top_right(frames: ReportFrames) -> None:
    rows = views.rfm_map(frames)
    best = rows[0][4]
    # (900 + 800) / 2
    assert (best.recency, best.frequency, best.customer_count, best.amount_mean) == (5, 5, 2, 850.0)
    assert (best.segment, best.shade) == ("champions", 5)
    assert sum(cell.customer_count for row in rows for cell in row) == 5  # 06 has no orders
    assert rows[4][0].shade == 0


def test_deciles_count_and_sum(frames: ReportFrames) -> None:
    rows = views.decile_rows(frames)
    assert [
        (row["churn_decile"], row["customer_count"], row["amount_sum_91d"]) for row in rows
    ] == [(10, 2, 100), (5, 1, 50), (1, 3, 150)]


def test_checks_are_counted_by_what_their_failure_means(frames: ReportFrames) -> None:
    counted = [
        (row["table_name"], row["passed"], row["warned"], row["broken"])
        for row in views.check_rows(frames)
    ]
    assert counted == [("gold_kpis", 1, 0, 1), ("silver_order_lines", 1, 1, 0)]
    assert [row["level"] for row in views.failed_checks(frames)] == ["ERROR", "WARN"]


def test_stages_come_in_the_order_they_ran(frames: ReportFrames) -> None:
    rows = [
        (row["stage"], row["seconds"], row["tables"], row["failed"], row["rows_kept"])
        for row in views.stage_rows(frames)
    ]
    assert rows == [("silver", 90.5, 2, 0, 1010), ("gold", 30.0, 1, 1, 0)]


def test_rows_of_another_date_are_left_out(frames: ReportFrames) -> None:
    older = frames.segments.assign(as_of=pd.Timestamp("2017-12-01"))
    both = replace(frames, segments=pd.concat([older, frames.segments]))
    assert views.micro_segment_rows(both) == views.micro_segment_rows(frames)


def test_samples_are_the_best_the_riskiest_and_the_middle(frames: ReportFrames) -> None:
    assert [one.profile["customer_id"] for one in sample_customers(frames)] == ["03", "04", "05"]


def test_samples_do_not_depend_on_the_order_of_rows(frames: ReportFrames) -> None:
    turned = replace(
        frames,
        profiles=frames.profiles[::-1],
        segments=frames.segments[::-1],
        recommendations=frames.recommendations[::-1],
    )
    assert [one.profile["customer_id"] for one in sample_customers(turned)] == ["03", "04", "05"]


def test_a_sample_shows_reasons_and_named_products_in_rank_order(frames: ReportFrames) -> None:
    best = sample_customers(frames)[0]
    assert best.reasons == ["last order 40 days ago", "few orders"]  # the third is null
    assert [(item["name"], item["reason"]) for item in best.recommendations] == [
        ("Fluid milk", "bought in 9 of 12 orders"),
        ("Product p2", "popular in your segment"),  # not in the products delivered
    ]


def test_without_scores_nobody_is_called_at_risk(frames: ReportFrames) -> None:
    unscored = replace(frames, scores=pd.DataFrame())
    assert [one.role for one in sample_customers(unscored)] == ["A best customer", "In the middle"]


def test_missing_columns_are_all_named(frames: ReportFrames) -> None:
    kpis = frames.kpis.rename(columns={"amount_sum": "amount_sums"})
    with pytest.raises(
        ReportInputError,
        match=r"kpis lacks column amount_sum \(it has amount_sums\).*runs lacks column seconds",
    ):
        replace(frames, kpis=kpis, runs=frames.runs.drop(columns="seconds"))
