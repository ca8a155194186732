"""Every task's spark-submit command, rendered for known days, against a recorded file (`--record`
writes them anew).
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG
from house.build import application
from house.conf import tenants

from settings.places import ROOT

RECORDED = Path(__file__).parent / "rendered"

# A day whose midnight differs from UTC's, and the 23- and 25-hour days of each zone: the date must
# be the tenant's.
DAYS = {
    "closed_shop": {
        "2017-12-31": (datetime(2017, 12, 31, 5, tzinfo=UTC), datetime(2018, 1, 1, 5, tzinfo=UTC)),
        "2017-03-12, 23 hours": (
            datetime(2017, 3, 12, 5, tzinfo=UTC),
            datetime(2017, 3, 13, 4, tzinfo=UTC),
        ),
        "2017-11-05, 25 hours": (
            datetime(2017, 11, 5, 4, tzinfo=UTC),
            datetime(2017, 11, 6, 5, tzinfo=UTC),
        ),
    },
    "open_shop": {
        "2024-06-01": (datetime(2024, 5, 31, 22, tzinfo=UTC), datetime(2024, 6, 1, 22, tzinfo=UTC)),
        "2024-03-31, 23 hours": (
            datetime(2024, 3, 30, 23, tzinfo=UTC),
            datetime(2024, 3, 31, 22, tzinfo=UTC),
        ),
        "2024-10-27, 25 hours": (
            datetime(2024, 10, 26, 22, tzinfo=UTC),
            datetime(2024, 10, 27, 23, tzinfo=UTC),
        ),
    },
}
BACKFILLS: dict[str, dict[str, Any]] = {
    "a year": {"start": "2017-01-01", "end": "2017-12-31"},
    "named as-of dates and stages": {
        "start": "2017-01-01",
        "end": "2017-03-01",
        "stages": ["features", "score"],
        "as_of": ["2017-02-01", "2017-03-01"],
    },
    "an as-of date every 28 days": {"start": "2017-01-01", "end": "2017-12-31", "as_of_every": 28},
}


DIFFERS = "if the difference is meant, run the tests with --record and read what it wrote"


@pytest.mark.parametrize("tenant", DAYS)
@pytest.mark.parametrize("kind", ["daily", "training", "maintenance"])
def test_scheduled_commands(
    dags: Any, request: pytest.FixtureRequest, tenant: str, kind: str
) -> None:
    if kind == "daily":
        intervals = DAYS[tenant]
    else:  # a week that ends where the first day begins
        end = next(iter(DAYS[tenant].values()))[0]
        intervals = {"the week before": (end - timedelta(days=7), end)}
    dag = dags[f"{tenant}_{kind}"]
    blocks = [
        f"# {name}\n{command_of(task, data_interval_start=start, data_interval_end=end)}"
        for name, (start, end) in intervals.items()
        for task in dag.topological_sort()
    ]
    rendered = "\n\n".join(blocks) + "\n"
    assert rendered == recorded(request, dag.dag_id, rendered), DIFFERS


@pytest.mark.parametrize("tenant", DAYS)
def test_backfill_commands(dags: Any, request: pytest.FixtureRequest, tenant: str) -> None:
    dag = dags[f"{tenant}_backfill"]
    defaults = dag.params.dump()
    blocks = [
        f"# {name}\n{command_of(dag.tasks[0], params={**defaults, **given})}"
        for name, given in BACKFILLS.items()
    ]
    rendered = "\n\n".join(blocks) + "\n"
    assert rendered == recorded(request, dag.dag_id, rendered), DIFFERS


def test_a_backfill_of_no_days_is_refused(dags: Any) -> None:
    task = dags["open_shop_backfill"].tasks[0]
    given = {**dags["open_shop_backfill"].params.dump(), "start": "2020-03-02", "end": "2020-03-02"}
    with pytest.raises(ValueError, match="start 2020-03-02 must be before end 2020-03-02"):
        command_of(task, params=given)


def test_a_run_without_a_data_interval_says_what_to_do(dags: Any) -> None:
    with pytest.raises(ValueError, match=r"no data interval.*open_shop_backfill"):
        command_of(
            dags["open_shop_daily"].tasks[0], data_interval_start=None, data_interval_end=None
        )


def command_of(task: Any, **context: Any) -> str:
    """The command line that the provider would run, as it would be for this context."""
    fresh = task.prepare_for_execution()
    fresh.render_template_fields(context | fresh.dag.user_defined_macros)
    hook = fresh._get_hook()
    command = hook._build_spark_submit_command(fresh.application)
    return (
        " ".join(command)
        .replace(str(ROOT), "<repository>")
        .replace(" --", " \\\n  --")
        .replace(" run ", " \\\n  run ")
    )


def recorded(request: pytest.FixtureRequest, name: str, rendered: str) -> str:
    """The commands as they were recorded; with `--record` those of now."""
    path = RECORDED / f"{name}.txt"
    if request.config.getoption("--record"):
        path.write_text(rendered)
    assert path.exists(), (
        f"no {path}: run `.venv-airflow/bin/python -m pytest tests/dags --record` and read what it wrote"
    )
    return path.read_text()


def test_the_airflow_of_the_house_names_its_file_of_sparks_defaults(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Written by headwater/local/environment.py: jars, archive of classes, quiet log; a cluster's
    own Airflow has none.
    """
    monkeypatch.setenv("SPARK_DEFAULTS_OF_HEADWATER", "/home/spark-defaults.conf")
    with DAG("with_defaults"):
        task = application("daily", tenants()[0], "day", ["run"])
    assert "--properties-file /home/spark-defaults.conf" in " ".join(
        task._get_hook()._build_spark_submit_command("main.py")
    )
