"""The stages are those of lakehouse/contract/layers.py, wherever their names are written for Airflow
or shown to a person.
"""

import pytest
import typer

from headwater.cli import app
from lakehouse.contract.layers import STAGE_NAMES
from settings.model import load_shared


@pytest.mark.parametrize("kind", load_shared().airflow.applications)
def test_the_applications_of_a_dag_are_stages_in_their_order(kind: str) -> None:
    stages = [
        stage for application in load_shared().airflow.applications[kind] for stage in application
    ]
    assert stages == [name for name in STAGE_NAMES if name in stages]


def test_the_help_of_the_command_names_every_stage() -> None:
    run = typer.main.get_command(app).commands["run"]  # type: ignore[attr-defined]
    assert next(
        parameter.help for parameter in run.params if parameter.name == "stages"
    ) == " ".join(STAGE_NAMES)
