"""Layers and stages: what is asked of their one list."""

import pytest
import yaml

from jobs.stages.pipeline import ACTIONS, declare_tables
from lakehouse.contract.layers import (
    BRINGING,
    LAYERS,
    LEARNING,
    STAGE_NAMES,
    bronze_of,
    layer_of,
    stage_of,
    stages_again,
    stages_until,
)
from lakehouse.contract.table import TABLES
from settings.places import ROOT


def test_every_stage_builds_tables_or_acts() -> None:
    declare_tables()
    building = {table.stage for table in TABLES.values()}
    assert building | {*ACTIONS} == {*STAGE_NAMES}
    assert building & {*ACTIONS} == set()


def test_airflow_runs_stages_that_there_are() -> None:
    applications = yaml.safe_load((ROOT / "conf/airflow.yml").read_text())["applications"]
    named = [stages for kind in applications.values() for stages in kind]
    assert [
        stages for stages in named if stages != [stage for stage in STAGE_NAMES if stage in stages]
    ] == []


def test_a_table_belongs_to_the_layer_that_its_name_begins_with() -> None:
    assert [layer.name for layer in LAYERS] == ["bronze", "silver", "features", "models", "gold"]
    assert layer_of("models_predictions").stage == "score"
    assert [stage_of(name) for name in ("bronze_orders", "features_customers", "ops_runs")] == [
        "ingest",
        "features",
        "",
    ]
    with pytest.raises(ValueError, match="ops_runs"):
        layer_of("ops_runs")
    assert bronze_of("orders") == "bronze_orders"


def test_what_stages_do() -> None:
    assert {"fetch", "ingest"} == BRINGING
    assert {"labels", "train", "gate"} == LEARNING
    assert stages_until("silver") == ("fetch", "ingest", "silver")


@pytest.mark.parametrize(
    ("stage", "again"),
    [
        ("ingest", "ingest silver"),  # bronze alone helps nobody
        ("silver", "silver"),  # snapshots stay as they were published
        ("features", "features score gold"),
        ("labels", "labels"),
        ("score", "score gold"),
        ("gold", "gold"),
    ],
)
def test_lost_rows_go_through_the_stages_that_read_them(stage: str, again: str) -> None:
    assert " ".join(stages_again(stage)) == again
