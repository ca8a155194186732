"""The examination goes on after a failure and says what to do, and its probes notice what is
broken.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from headwater.operate import doctor, probes
from headwater.operate.trial import ANEW, Ailment, Bench, Probe
from lakehouse.base.java import JAR_FOLDER, JAR_LIST, JavaError
from settings.errors import SettingsError
from settings.places import ROOT

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """No Spark session, an empty folder."""
    return Bench(tmp_path, tmp_path / "log")


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def examined(monkeypatch: pytest.MonkeyPatch, *parts: Probe) -> tuple[bool, str]:
    """The result of a doctor who knows only these parts, and what he prints."""
    monkeypatch.setattr(doctor, "PROBES", parts)
    printed = io.StringIO()
    return doctor.doctor(Console(file=printed, width=160)), printed.getvalue()


def raising(error: Exception) -> Callable[[Bench], str]:
    def trial(_: Bench) -> str:
        raise error

    return trial


def test_a_failed_part_stops_no_other_and_says_what_to_do(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [
        Probe("first", lambda _: "first is here"),
        # the ailment's own remedy
        Probe("own", raising(Ailment("Own is upside down.", "turn own round")), "not this one"),
        # the probe's; brackets are no markup
        Probe("usual", raising(Ailment("Usual [is] too old.")), "mend usual"),
        Probe(
            "alien",
            raising(
                RuntimeError(
                    "An error occurred while calling o7.save.\n: java.io.IOException: torn. At\n\tat x"
                )
            ),
        ),
        Probe("last", lambda _: "last is here"),  # tried although three failed
    ]
    is_ok, printed = examined(monkeypatch, *parts)
    assert not is_ok
    sentences = [
        "first is here",
        "Own is upside down.",
        "To do: turn own round.",
        "Usual [is] too old.",
        "To do: mend usual.",
    ]
    sentences += [
        "RuntimeError: java.io.IOException: torn. ",
        f"To do: {ANEW}.",
        "last is here",
        "3 of 5 parts failed",
    ]
    assert [sentence for sentence in sentences if sentence not in printed] == []
    assert "not this one" not in printed
    (log,) = scratch.iterdir()
    assert str(log) in printed
    assert "RuntimeError: An error occurred while calling o7.save" in log.read_text(), (
        "the traceback is kept"
    )


def test_a_sound_set_up_is_ok_and_leaves_nothing(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def writes(bench: Bench) -> str:
        (bench.folder / "trial").write_text("x")
        return "written"

    is_ok, printed = examined(monkeypatch, Probe("a", writes), Probe("b", lambda _: "fine"))
    assert is_ok
    assert "All 2 parts are ok" in printed
    assert list(scratch.iterdir()) == []


def test_what_tools_write_to_stderr_goes_to_the_log(
    scratch: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def noisy(_: Bench) -> str:
        subprocess.run(["sh", "-c", "echo WARN as a JVM does >&2"], check=True)
        raise Ailment("Failed.")

    examined(monkeypatch, Probe("noisy", noisy))
    assert capfd.readouterr().err == ""
    (log,) = scratch.iterdir()
    assert "WARN as a JVM does" in log.read_text()


def test_a_session_is_stopped_even_when_its_jvm_has_died(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Dead:
        asked = 0

        def stop(self) -> None:
            self.asked += 1
            raise ConnectionRefusedError("no gateway")

    def starts(bench: Bench) -> str:
        bench.session = dead  # type: ignore[assignment]
        return "started"

    dead = Dead()
    is_ok, _ = examined(monkeypatch, Probe("Spark", starts))
    assert (is_ok, dead.asked) == (True, 1)


def test_without_a_session_its_parts_are_not_tried(bench: Bench) -> None:
    for trial in (probes.delta_table, probes.deequ, probes.arrow, probes.python_worker):
        with pytest.raises(Ailment, match="not tried, since there is no Spark session") as caught:
            trial(bench)
        assert caught.value.remedy == "mend the part `Spark session` first"


def test_a_corrupted_and_a_missing_jar_are_named(bench: Bench, tmp_path: Path) -> None:
    sums = {
        name: hashlib.sha256(name.encode()).hexdigest()
        for name in ("first-1.0.jar", "second-2.0.jar")
    }
    (tmp_path / JAR_LIST).parent.mkdir(parents=True)
    (tmp_path / JAR_LIST).write_text(
        f"org:first:1.0 {sums['first-1.0.jar']}\norg:second:2.0 {sums['second-2.0.jar']}\n"
    )
    (tmp_path / JAR_FOLDER).mkdir(parents=True)
    for name in sums:
        (tmp_path / JAR_FOLDER / name).write_text(name)
    assert probes.jars(bench, tmp_path) == "first-1.0.jar, second-2.0.jar with the listed sha256"
    (tmp_path / JAR_FOLDER / "second-2.0.jar").write_text("half a jar")
    with pytest.raises(
        Ailment,
        match=rf"second-2\.0\.jar is corrupted: its sha256 is .*, expected {sums['second-2.0.jar']}",
    ):
        probes.jars(bench, tmp_path)
    (tmp_path / JAR_FOLDER / "second-2.0.jar").unlink()
    with pytest.raises(JavaError, match=r"second-2\.0\.jar missing"):
        probes.jars(bench, tmp_path)


def test_a_busy_port_is_said_and_is_no_ailment(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_HOME", str(tmp_path))  # where no Airflow of ours runs
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        monkeypatch.setenv("HEADWATER_AIRFLOW__SERVER__PORT", str(port))
        assert (
            f"Port {port} of 127.0.0.1 cannot be had (Address already in use): `headwater up` will take another"
            in probes.airflow_port(bench)
        )
    assert probes.airflow_port(bench) == f"Port {port} of 127.0.0.1 is free"
    monkeypatch.setattr(probes, "address", lambda: "http://127.0.0.1:1234")
    assert probes.airflow_port(bench) == "Our Airflow runs at http://127.0.0.1:1234"


def test_a_port_that_is_none_names_the_key(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_AIRFLOW__SERVER__PORT", "70000")
    with pytest.raises(
        SettingsError, match=r"^HEADWATER_AIRFLOW__SERVER__PORT: airflow\.server\.port: .*65535$"
    ):
        probes.airflow_port(bench)


def test_a_wrong_setting_is_said_in_its_own_words(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = SettingsError("conf/airflow.yml: server.port: Field required. Two. Sentences")
    _, printed = examined(monkeypatch, Probe("port", raising(wrong), "correct `server`"))
    assert "conf/airflow.yml: server.port: Field required. Two. Sentences" in printed
    assert "SettingsError" not in printed


def test_every_tenant_that_does_not_load_is_named(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conf = shutil.copytree(ROOT / "conf", tmp_path / "conf")
    right = (conf / "tenants/complete_journey.yml").read_text()
    # the right tenant before it still loads
    (conf / "tenants/misspelt.yml").write_text(right.replace("currency: USD", "curency: USD"))
    (conf / "tenants/torn.yml").write_text("zone: [")
    monkeypatch.setenv("HEADWATER_CONF", str(conf))
    with pytest.raises(Ailment) as caught:
        probes.tenants(bench)
    message = str(caught.value)
    assert (
        "misspelt.yml: curency: Extra inputs are not permitted. Did you mean currency?" in message
    )
    assert "torn.yml is not YAML" in message
    assert "complete_journey" not in message
    shutil.rmtree(conf / "tenants")
    with pytest.raises(Ailment, match="holds no settings of a tenant"):
        probes.tenants(bench)


def test_an_airflow_that_does_not_start_says_its_last_line(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "AIRFLOW_BIN", tmp_path)
    with pytest.raises(Ailment, match=rf"{tmp_path}/airflow is missing"):
        probes.airflow(bench)
    (tmp_path / "airflow").write_text(
        "#!/bin/sh\necho Traceback >&2; echo no module named pendulum >&2; exit 3\n"
    )
    (tmp_path / "airflow").chmod(0o755)
    with pytest.raises(
        Ailment, match="`airflow version` ends with exit code 3: no module named pendulum"
    ):
        probes.airflow(bench)


def test_another_interpreter_than_the_environments_is_refused(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.prefix", "/usr")
    with pytest.raises(Ailment, match=r"of /usr, expected is Python 3\.11 of .*/\.venv"):
        probes.interpreter(bench)


def test_too_small_a_disk_is_named(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_HOME", str(tmp_path / "not made yet"))
    assert f"GB free in {tmp_path}, " in probes.disk(bench)
    monkeypatch.setattr(probes, "NEEDED_BYTES", 10**18)
    with pytest.raises(Ailment, match=rf"{tmp_path} has .* GB free and .* needs 1000000000 GB"):
        probes.disk(bench)


def test_mlflow_keeps_a_version_and_its_alias(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.registry import tracking

    assert probes.mlflow(bench).endswith("a run, version 1 and its aliases in SQLite")
    monkeypatch.setattr(tracking, "load", lambda *_: "another model")
    with pytest.raises(
        Ailment, match="The champion, version 1, is not the model that was registered"
    ):
        probes.mlflow(bench)


@pytest.mark.parametrize(
    ("trial", "sentence"),
    [
        (probes.delta_table, "write, replaceWhere and MERGE, read by Spark and delta-rs"),
        (probes.deequ, "uniqueness, completeness and a condition measured"),
        (probes.arrow, "createDataFrame and toPandas give the same rows"),
        (probes.python_worker, "mapInPandas runs on /"),
    ],
)
def test_what_runs_in_spark_is_found(
    trial: Callable[[Bench], str], sentence: str, bench: Bench, spark: SparkSession
) -> None:
    bench.session = spark
    assert sentence in trial(bench)


def test_a_replace_that_forgets_its_predicate_is_noticed(
    bench: Bench, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lakehouse.store import delta

    bench.session, replace = spark, delta.replace

    def forgetful(
        frame: DataFrame, path: Path, predicate: str | None, metadata: dict[str, Any]
    ) -> int:
        return replace(frame, path, None, metadata)

    monkeypatch.setattr(delta, "replace", forgetful)
    with pytest.raises(
        Ailment,
        match=r"After write, replaceWhere and MERGE Spark reads \[\(1, .*, 11\), \(3, .*30\), \(4, .*40\)\]",
    ) as caught:
        probes.delta_table(bench)
    assert "expected" in str(caught.value)


def test_a_deequ_that_measures_something_else_is_noticed(
    bench: Bench, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lakehouse.contract.checks import ERROR
    from lakehouse.quality import deequ
    from lakehouse.store.records import outcome

    bench.session = spark
    passed = outcome("any", ERROR, True, 1.0, "", "")
    monkeypatch.setattr(deequ, "measure", lambda *_: ([passed] * 3, 4))
    with pytest.raises(
        Ailment, match=r"Deequ measures \[1.0, 1.0, 1.0\] .* expected \[0.5, 0.75, 0.75\]"
    ):
        probes.deequ(bench)


def test_arrow_switched_off_is_noticed(bench: Bench, spark: SparkSession) -> None:
    bench.session = spark
    spark.conf.set("spark.sql.execution.arrow.pyspark.enabled", "false")
    try:
        with pytest.raises(Ailment, match="Arrow is off"):
            probes.arrow(bench)
    finally:
        spark.conf.set("spark.sql.execution.arrow.pyspark.enabled", "true")
