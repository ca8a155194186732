"""The session's settings hold in every thread that builds tables."""

import ast
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs.stages.pipeline import context_of
from lakehouse.base.run import Run
from lakehouse.base.spark import active_in_this_thread
from lakehouse.build import runner
from lakehouse.contract.table import Table
from lakehouse.store import ledger
from lakehouse.store.context import Context
from settings.model import load_settings
from tests.repository.tree import parsed, python_files
from tests.shops import TENANT


def settings_of_thread(spark: SparkSession) -> dict[str, Any]:
    """What this thread's JVM thread takes for settings, and whether bad casts raise that are made
    here.
    """
    assert spark.sparkContext._jvm is not None
    conf = spark.sparkContext._jvm.org.apache.spark.sql.internal.SQLConf.get()
    rows = spark.range(1)
    return {
        "ansi": conf.ansiEnabled(),
        "zone": conf.sessionLocalTimeZone(),
        "parser": conf.getConfString("spark.sql.legacy.timeParserPolicy"),
        "raise": [
            _raises(rows, made)
            for made in (F.lit("x").cast("int"), F.expr("cast('x' as date)"), F.sum(_large()))
        ],
    }


def _large() -> Column:
    return F.lit("9" * 38).cast("decimal(38,0)") * F.lit(9)


def _raises(rows: DataFrame, made: Column) -> bool:
    try:
        rows.select(made).collect()
    except Exception:  # whichever class Spark chose: raised it has
        return True
    return False


SETTINGS = {"ansi": True, "zone": "UTC", "parser": "CORRECTED", "raise": [True, True, True]}


def test_tables_are_built_under_the_settings_of_the_session(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every thread of the pool is asked; the stage has more tables than threads."""
    assert settings_of_thread(spark) == SETTINGS
    by_table: dict[str, dict[str, Any]] = {}

    def build(context: Context, table: Table) -> None:
        by_table[table.name] = settings_of_thread(context.spark)

    monkeypatch.setattr(runner, "build", build)
    monkeypatch.setattr(ledger, "refuse_damage", lambda *_: None)
    settings = load_settings(TENANT)
    day = settings.tenant.first_day
    runner.run_stage(
        replace(context_of(settings, Run(TENANT, day, day + timedelta(days=1))), lease=None),
        "ingest",
    )
    assert len(by_table) > settings.spark.tables_at_once > 1
    assert by_table == dict.fromkeys(by_table, SETTINGS)


def test_a_thread_that_is_not_told_has_none_of_them(spark: SparkSession) -> None:
    """Why it has to be told: the day this fails, Spark does it itself."""
    with ThreadPoolExecutor(1) as pool:
        assert not pool.submit(settings_of_thread, spark).result()["ansi"]
    with ThreadPoolExecutor(1, initializer=active_in_this_thread, initargs=(spark,)) as pool:
        assert pool.submit(settings_of_thread, spark).result() == SETTINGS


def test_no_other_code_starts_a_pool_untold() -> None:
    """Threads that touch no Spark are `Thread`s: the lease's beat. A pool is told, or does not
    import Spark (bench/memory.py).
    """
    untold = []
    for path in python_files("lakehouse", "features", "models", "jobs"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("PoolExecutor"):
                has_initializer = any(
                    one.arg == "initializer" and ast.unparse(one.value) == "active_in_this_thread"
                    for one in node.keywords
                )
                untold += [] if has_initializer else [f"{path}:{node.lineno}"]
    assert untold == []
