"""`make bench-peer` has both do the same days, and says how many times ours are the script's."""

from datetime import date

from bench import peer_sql as sql
from bench.beside_peer import Stage, line_of, stages_of
from bench.cpu import Spent
from bench.peer import KINDS, TREES
from features.habits import EVENING_HOUR
from jobs.gold import kpis, recommendations, segments
from models.learning.boosted_trees import TreeSettings
from settings.model import load_shared


def test_both_load_all_days_but_the_last_then_train_then_do_the_last() -> None:
    stages = stages_of(date(2017, 1, 1), date(2018, 1, 1))
    assert stages == (
        Stage("load", "backfill", date(2017, 1, 1), date(2017, 12, 31)),
        Stage("train", "training", date(2017, 12, 30), date(2017, 12, 31)),
        Stage("day", "daily", date(2017, 12, 31), date(2018, 1, 1)),
    )
    assert {stage.dag for stage in stages} <= load_shared().airflow.applications.keys()


def test_the_script_learns_from_dates_whose_labels_are_complete() -> None:
    churn, quarter, _ = KINDS
    assert churn.as_ofs(date(2017, 12, 31))[:2] == [date(2017, 12, 3), date(2017, 11, 5)]
    assert quarter.as_ofs(date(2017, 12, 31)) == [
        date(2017, 9, 10),
        date(2017, 7, 16),
        date(2017, 5, 21),
    ]


def test_the_constants_of_the_script_are_ours() -> None:
    assert sql.EVENING_HOUR == EVENING_HOUR
    assert sql.SILENT_DAYS == kpis.SILENT_DAYS
    assert (sql.HALF_LIFE_DAYS, sql.POPULAR_DAYS, sql.RANKS) == (
        recommendations.HALF_LIFE_DAYS,
        recommendations.POPULAR_DAYS,
        recommendations.RANKS,
    )
    assert (sql.SEGMENTS, sql.NO_ORDERS) == (segments.SEGMENTS, segments.NO_ORDERS)
    assert TREES.items() >= TreeSettings().learning.items()


def test_a_line_has_both_and_the_ratio_of_their_cpu_seconds() -> None:
    line = line_of("day", Spent(121.24, 71.04), Spent(6.1, 4.2))
    assert line == "day       121.2 CPU s  71.0 s     6.1 CPU s   4.2 s  19.9 times"
