"""The environment variables that make an Airflow process one of ours, and the files in its home
that they point to.
"""

import base64
import json
import os
import secrets
from pathlib import Path

from lakehouse.base import class_archive
from lakehouse.base.java import jar_paths, java_home
from settings.airflow import SPARK_DEFAULTS_AT, Airflow, airflow_home
from settings.places import ROOT

AIRFLOW_BIN = ROOT / ".venv-airflow/bin"
SPARK_PYTHON = ROOT / ".venv/bin/python"
# in the environment of every process the server starts, with the home as value
MARK = "AIRFLOW_OF_HEADWATER"
LOG4J = """\
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m%n%ex
"""


def environment(settings: Airflow, port: int) -> dict[str, str]:
    """The whole environment of an Airflow process that serves, or talks to the server, on this
    port.
    """
    home = airflow_home()
    url = f"http://127.0.0.1:{port}"
    inherited = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    airflow = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__CORE__AUTH_MANAGER": (
            "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"
        ),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": str(settings.server.parallelism),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__METRICS__STATSD_ON": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        **_quick(),
        **_secrets(home),
    }
    return {**inherited, **airflow, **_spark(home, settings.connection)}


def _quick() -> dict[str, str]:
    """Airflow's own pauses, for one machine and a handful of DAGs."""
    return {
        # 1 by default: half the wait between two tasks
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        # 300: a killed task is tried again after two minutes
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "120",
        # 2: both cores while scheduler and server start as well
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        # 30: a parse takes two seconds of the core that Spark wants
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
        # 50: a machine busy with Spark parses slowly
        "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "120",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "60",
        # 5: with Spark on both cores the first answers take longer, and the task failed
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "10",  # 5
        # 3: a busy machine is no reason to kill the task that makes it busy
        "AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS": "10",
    }


def _spark(home: Path, connection: str) -> dict[str, str]:
    """How a task reaches Spark: its home, Java and Python, and the connection unless the machine
    names a cluster of its own.
    """
    spark_home = ROOT / ".venv/lib/python3.11/site-packages/pyspark"
    connection_at = f"AIRFLOW_CONN_{connection.upper()}"
    local = {
        connection_at: json.dumps(
            {"conn_type": "spark", "host": "local[*]", "extra": {"deploy-mode": "client"}}
        ),
        "SPARK_LOCAL_IP": "127.0.0.1",  # a cluster's nodes could not call the driver there
    }
    return {
        **({} if connection_at in os.environ else local),
        "JAVA_HOME": str(java_home()),
        "PATH": os.pathsep.join(
            [str(spark_home / "bin"), str(AIRFLOW_BIN), os.environ.get("PATH", os.defpath)]
        ),
        "PYSPARK_PYTHON": str(SPARK_PYTHON),
        "PYSPARK_DRIVER_PYTHON": str(SPARK_PYTHON),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        SPARK_DEFAULTS_AT: str(home / "spark/spark-defaults.conf"),
        "SPARK_HOME": str(spark_home),
        # Airflow renames its processes, which otherwise overwrites the environment that MARK is
        # looked for in
        "SPT_NOENV": "1",
    }


def write_spark_conf() -> None:
    """Spark's own settings for submitted programs: jars and archive of classes (fixed when the JVM
    starts), a quiet log.
    """
    folder = airflow_home() / "spark"
    folder.mkdir(parents=True, exist_ok=True)
    class_path = os.pathsep.join(str(path) for path in jar_paths(ROOT))
    log4j = folder / "log4j2.properties"
    log4j.write_text(LOG4J)
    options = f"-Dlog4j2.configurationFile={log4j.as_uri()} {class_archive.options()}".strip()
    values = {
        "spark.driver.extraClassPath": class_path,
        "spark.driver.defaultJavaOptions": options,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    (folder / "spark-defaults.conf").write_text(
        "".join(f"{key} {value}\n" for key, value in values.items())
    )


def _secrets(home: Path) -> dict[str, str]:
    """Keys of this home, made once; readable by their owner only."""
    path = home / "secrets.json"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        made = {
            "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(32),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(64),
            "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        }
        with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:  # noqa: PTH123 (the mode matters)
            json.dump(made, file)
    keys: dict[str, str] = json.loads(path.read_text())
    return keys
