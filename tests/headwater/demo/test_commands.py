"""What an engineer types to look at the lake, and to go back."""

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from jobs.models.registry import registry_of
from lakehouse.base.run import Run
from lakehouse.store import delta
from lakehouse.store.release import ReleaseError, releases
from models.registry import tracking
from settings.model import load_settings
from tests.headwater.demo.conftest import UNTIL, House, command
from tests.shops import TENANT


def test_tables_tells_contract_and_columns(headwater: Callable[..., str], house: House) -> None:
    tables = {table["name"]: table for table in json.loads(headwater("tables", "--format", "json"))}
    profiles = tables["gold_customer_profiles"]
    assert profiles["rows"] == len(house.customers)
    assert (profiles["layer"], profiles["key"], profiles["slice_by"]) == (
        "gold",
        "customer_id as_of",
        "as_of",
    )
    (column,) = [c for c in profiles["columns"] if c["name"] == "amount_sum"]
    assert (column["type"], column["unit"], column["privacy"]) == (
        "decimal(18,4)",
        "currency",
        "personal",
    )
    assert "bronze_orders" in headwater("tables")


def test_show_finds_a_customer_in_every_format(headwater: Callable[..., str]) -> None:
    asked = (
        "show",
        "gold_recommendations",
        "--customer",
        "1",
        "--as-of",
        str(UNTIL),
        "--limit",
        "3",
    )
    rows = json.loads(headwater(*asked, "--format", "json"))
    assert [row["rank"] for row in rows] == [1, 2, 3]
    assert {row["customer_id"] for row in rows} == {"1"}
    assert len(list(csv.DictReader(io.StringIO(headwater(*asked, "--format", "csv"))))) == 3
    assert "bought" in headwater(*asked)


def test_lineage_runs_and_path(headwater: Callable[..., str], house: House) -> None:
    output = headwater("lineage", "gold_customer_scores").replace("\n", " ")
    assert "is built from: " in output
    assert "bronze_orders" in output.split("is read by")[0]
    assert "gold_customer_profiles" in output.split("is read by")[1]
    assert {row["status"] for row in json.loads(headwater("runs", "--format", "json"))} >= {
        "failed"
    }
    place, version = headwater("path", "gold_customer_scores").split()
    assert int(version) == house.release.tables["gold_customer_scores"]
    assert delta.exists(house.lake / "gold_customer_scores")
    assert place == str(house.lake / "gold_customer_scores")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "gold_customer_profile"), "Did you mean gold_customer_profiles?"),
        (
            ("show", "gold_kpis", "--customer", "1"),
            "gold_kpis has no column customer_id to choose by",
        ),
        (("lineage", "gold_score"), "Did you mean gold_"),
    ],
)
def test_a_wrong_name_is_answered_with_the_right_one(
    house: House, arguments: tuple[str, ...], message: str
) -> None:
    from typer.testing import CliRunner

    from headwater.cli import app

    done = CliRunner().invoke(app, list(arguments))
    assert message in str(done.exception)


def test_rollback_points_readers_and_models_back_and_hold_keeps_them(copied: House) -> None:
    settings = load_settings(TENANT)
    first = copied.release
    later = Run(TENANT, UNTIL - timedelta(days=1), UNTIL)
    from lakehouse.store import release

    # a later release with another champion, as the next training would make it
    made = release.publish(
        copied.lake, later, sorted(first.tables), {"segments": first.models["segments"]}
    )
    assert made is not None
    tracking.set_champion(registry_of(settings), TENANT, "churn", None)
    assert first.release_id in command("release", "list")
    command("release", "rollback", first.release_id, "--hold", "--tenant", TENANT)
    assert copied.release.release_id == first.release_id
    assert (
        tracking.champion_version(registry_of(settings), TENANT, "churn") == first.models["churn"]
    )
    assert release.publish(copied.lake, later, sorted(first.tables), {}) is None, "held"
    command("release", "rollback", made.release_id, "--tenant", TENANT)
    assert tracking.champion_version(registry_of(settings), TENANT, "churn") is None
    assert json.loads(command("release", "show", made.release_id))["tables"] == made.tables


def test_a_release_whose_files_are_gone_is_refused(copied: House) -> None:
    from lakehouse.store import release

    first = copied.release
    for file in (copied.lake / "gold_kpis").glob("*.parquet"):
        file.unlink()
    with pytest.raises(ReleaseError, match=r"VACUUM has deleted files of gold_kpis version \d+"):
        release.rollback(copied.lake, first.release_id, hold=False)
    assert len(releases(copied.lake)) == 1
    assert first.as_of == UNTIL
