"""docs/bring-your-own-data.md is true: every YAML block is settings that load and map, and its
commands run as they stand.
"""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from typer.testing import CliRunner

from headwater.cli import app
from jobs.stages.declaring import reader_of
from jobs.stages.pipeline import declare_tables
from lakehouse.contract.mapping import event_date, mapped
from settings.model import Tenant
from settings.places import ROOT
from settings.sources import Source

PAGE = (ROOT / "docs/bring-your-own-data.md").read_text(encoding="utf-8")
YAML = [yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S)]
SOURCES = [(name, source) for block in YAML for name, source in block.get("sources", block).items()]
COMMANDS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.M | re.S)


def test_the_whole_file_loads() -> None:
    wholes = [block for block in YAML if "sources" in block]
    assert [{*block} for block in wholes] == [{*Tenant.model_fields} - {"name"}], (
        "one block shows every key there is"
    )
    assert Tenant.model_validate({"name": "corner_shop", **wholes[0]})


def test_every_setting_of_a_source_is_shown() -> None:
    fetching = {"jdbc", "api"}  # docs/sources.md
    assert {key for _, source in SOURCES for key in source} == {*Source.model_fields} - fetching


@pytest.mark.parametrize(
    ("name", "values"), SOURCES, ids=[f"{n}-{name}" for n, (name, _) in enumerate(SOURCES)]
)
def test_an_example_maps(name: str, values: dict[str, Any], spark: SparkSession) -> None:
    declare_tables()
    source = Source.model_validate(values)
    texts = ", ".join(f"`{c}` string" for c in source.all_columns)
    rows = spark.createDataFrame(
        [],
        f"{texts}, corrupt_record string, arrived_on date, source_file string, source_line bigint",
    )
    assert (
        mapped(rows.withColumn("event_date", event_date(source)), source, reader_of(name))
        .select(F.lit(1))
        .schema
    )


def test_the_commands_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spark: SparkSession
) -> None:
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    monkeypatch.setenv("HEADWATER_CONF", str(tmp_path / "conf"))
    monkeypatch.setenv("HEADWATER_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    outputs = []
    for block in COMMANDS:
        if not block.startswith(".venv/bin/headwater"):
            subprocess.run(["bash", "-ec", block], check=True)
            continue
        for command in block.splitlines():
            result = CliRunner().invoke(app, command.split()[1:])
            assert result.exit_code == 0, f"{command}\n{result.output}\n{result.exception!r}"
            outputs.append(result.output)
    assert len(outputs) == 5
    assert "4 kept, 1 quarantined" in outputs[0]
    assert (
        "orders/2024-03-30/orders.csv line 6: customer_id is missing or cannot be read"
        in " ".join(outputs[0].split())
    )
    assert "refused_share: 0.3" in (tmp_path / "conf/tenants/corner_shop.yml").read_text()
