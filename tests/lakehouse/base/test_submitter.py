"""Who decides where a run takes place: spark-submit where it started the program, else the
settings.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lakehouse.base.submitter import decided, sentence
from settings.errors import SettingsError
from settings.places import ROOT

OURS = {
    "spark.master": "local[*]",
    "spark.driver.memory": "4g",
    "spark.sql.shuffle.partitions": "4",
    "spark.jars": "/ours.jar",
    "spark.app.name": "headwater shop",
}
FIXED = {"spark.sql.ansi.enabled": "true", "spark.sql.extensions": "io.delta.Ext"}
PROGRAM = """\
import json, sys
from settings.model import load_settings
from lakehouse.base.spark import session
spark = session(load_settings("complete_journey"))
spark = session(load_settings("complete_journey"))  # the second call says nothing
print("found " + json.dumps(dict(spark.sparkContext.getConf().getAll())))
"""


def test_without_a_submitter_the_settings_hold() -> None:
    conf = decided(OURS, FIXED, {})
    assert conf == {
        **OURS,
        **FIXED,
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
    }


def test_what_the_submitter_says_is_not_set_anew_and_the_rest_is_filled_in() -> None:
    given = {
        "spark.master": "spark://host:7077",
        "spark.sql.shuffle.partitions": "64",
        "spark.app.name": "main.py",
    }
    # no memory: the JVM runs already, with what spark-submit gave it; no address: the nodes could
    # not call 127.0.0.1
    assert decided(OURS, FIXED, given) == {
        "spark.jars": "/ours.jar",
        "spark.app.name": "headwater shop",
        **FIXED,
    }


def test_an_address_and_a_name_that_the_submitter_gives_stay() -> None:
    given = {
        "spark.master": "local[2]",
        "spark.driver.host": "10.0.0.1",
        "spark.app.name": "airflow_daily",
    }
    conf = decided(OURS, FIXED, given)
    assert not {"spark.driver.host", "spark.app.name"} & {*conf}
    assert conf["spark.driver.bindAddress"] == "127.0.0.1"


def test_jars_and_extensions_of_the_submitter_stand_beside_ours() -> None:
    given = {"spark.jars": "/theirs.jar", "spark.sql.extensions": "other.Ext,io.delta.Ext"}
    conf = decided(OURS, FIXED, given)
    assert (conf["spark.jars"], conf["spark.sql.extensions"]) == (
        "/theirs.jar,/ours.jar",
        "other.Ext,io.delta.Ext",
    )


@pytest.mark.parametrize(
    "given", [{"spark.sql.ansi.enabled": "false"}, {"spark.sql.extensions": "other.Ext"}]
)
def test_a_submitter_who_would_change_rows_is_refused(given: dict[str, str]) -> None:
    ((key, value),) = given.items()
    with pytest.raises(
        SettingsError,
        match=f"spark-submit: {key} is {value}, expected {FIXED[key]}: .*Leave it out of --conf",
    ):
        decided(OURS, FIXED, given)


def test_the_sentence_says_where_how_large_and_who_decided() -> None:
    conf = {"spark.master": "local[2]", "spark.driver.memory": "4g"}
    assert (
        sentence(conf, 2, submitted=True)
        == "headwater runs on local[2] (2 cores), 4g for the driver, as spark-submit says"
    )
    assert (
        sentence(conf, 1, submitted=False)
        == "headwater runs on local[2] (1 core), 4g for the driver, as the settings say"
    )
    # without --driver-memory the JVM has Spark's default, whatever the settings say
    nothing = sentence({"spark.master": "spark://host:7077"}, 0, submitted=True)
    assert (
        nothing
        == "headwater runs on spark://host:7077 (no executor has come yet), 1g for the driver, as spark-submit says"
    )


@pytest.mark.own_jvm("spark-submit starts the JVM and then the program")
def test_spark_submit_decides_over_the_settings(tmp_path: Path) -> None:
    """The settings say local[*], 4 shuffle partitions and 3 GB for the driver; the submitter says
    otherwise, but for the jars.
    """
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    options = [
        "--master",
        "local[1]",
        "--driver-memory",
        "600m",
        "--conf",
        "spark.sql.shuffle.partitions=7",
    ]
    done = submitted(tmp_path, *options, str(program))
    assert done.returncode == 0, done.stderr[-2000:]
    # the JVM sends both there
    (first_line,) = [line for line in done.stdout.splitlines() if line.startswith("headwater runs")]
    assert (
        first_line
        == "headwater runs on local[1] (1 core), 600m for the driver, as spark-submit says"
    )
    conf = json.loads(
        next(line for line in done.stdout.splitlines() if line.startswith("found ")).removeprefix(
            "found "
        )
    )
    assert (
        conf["spark.master"],
        conf["spark.driver.memory"],
        conf["spark.sql.shuffle.partitions"],
    ) == ("local[1]", "600m", "7")
    assert "delta-spark" in conf["spark.jars"]


@pytest.mark.own_jvm("spark-submit starts the JVM and then the program")
def test_a_driver_of_a_cluster_without_delta_is_told_what_to_add(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    # nobody listens: it is refused before anybody is called
    done = submitted(tmp_path, "--master", "spark://127.0.0.1:1", str(program))
    assert done.returncode == 1
    assert "Delta is not on the class path of the driver: add --driver-class-path /" in done.stdout


def submitted(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """What spark-submit ends with in a process of its own, whose settings say another size."""
    bare = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYSPARK", "SPARK"))
    }
    environment = {
        **bare,
        "HEADWATER_HOME": str(home),
        "HEADWATER_SPARK__DRIVER_MEMORY": "3g",
        "PYTHONPATH": str(ROOT),
        "PYSPARK_PYTHON": sys.executable,
    }
    command = [str(Path(sys.executable).with_name("spark-submit")), *words]
    return subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        cwd=ROOT,
    )
