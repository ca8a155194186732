"""A run on a real standalone cluster: a master and a worker of Spark's own on loopback, and the
driver that spark-submit starts.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pyspark
import pytest

from bench.small import FIRST_COMPILER, SMALL
from lakehouse.base.java import jar_paths, java_home
from settings.places import ROOT
from tests.shops import TENANT, Shop, line

SPARK_HOME = Path(pyspark.__file__).parent
START_SECONDS = 60.0


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[str]:
    """The address of a master with one worker of one core."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address, log = f"spark://127.0.0.1:{port}", tmp_path / "master.log"
    place = ["--host", "127.0.0.1", "--webui-port", "0"]
    with ExitStack() as stack:
        stack.enter_context(part("master.Master", log, "--port", str(port), *place))
        waited(log, "I have been elected leader")
        size = ["--cores", "1", "--memory", "1g", "--work-dir", str(tmp_path / "worker")]
        stack.enter_context(part("worker.Worker", tmp_path / "worker.log", *place, *size, address))
        waited(log, "Registering worker")
        yield address


@contextmanager
def part(name: str, log: Path, *words: str) -> Iterator[None]:
    """A process of the cluster while the block runs."""
    with log.open("wb") as file:
        command = [str(SPARK_HOME / "bin/spark-class"), f"org.apache.spark.deploy.{name}", *words]
        process = subprocess.Popen(
            command, env=environment(), stdout=file, stderr=file, start_new_session=True
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def waited(log: Path, words: str) -> None:
    """Until the log says the words."""
    deadline = time.monotonic() + START_SECONDS
    while words not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()[-2000:]
        time.sleep(0.1)


def environment(**more: str) -> dict[str, str]:
    bare = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYSPARK", "SPARK"))
    }
    return {
        **bare,
        "JAVA_HOME": str(java_home()),
        "SPARK_HOME": str(SPARK_HOME),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
        **more,
    }


@pytest.mark.own_jvm("a master, a worker, its executor and a driver")
def test_a_day_is_ingested_by_the_executors_of_a_cluster(cluster: str, tmp_path: Path) -> None:
    """Three lines of two customers; the settings' own master is local[*]."""
    shop = Shop(tmp_path / "home")
    lines = [
        line("1", "o1", "p1", "1.50", "2017-01-02"),
        line("1", "o1", "p2", "2.00", "2017-01-02"),
        line("2", "o2", "p1", "3.00", "2017-01-02"),
    ]
    shop.deliver("2017-01-02", *lines)
    where = ["--master", cluster, "--driver-class-path", os.pathsep.join(map(str, jar_paths()))]
    size = ["--driver-memory", "1g", "--executor-memory", "512m"]
    for jvm in ("driver", "executor"):
        size += ["--conf", f"spark.{jvm}.extraJavaOptions={FIRST_COMPILER}"]
    run = ["run", "ingest", "--tenant", TENANT, "--start", "2017-01-02", "--end", "2017-01-03"]
    done = subprocess.run(
        [
            str(SPARK_HOME / "bin/spark-submit"),
            *where,
            *size,
            str(ROOT / "jobs/main.py"),
            *run,
        ],
        env=environment(**SMALL, HEADWATER_HOME=str(shop.home), PYSPARK_PYTHON=sys.executable),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert (
        f"headwater runs on {cluster} (1 core), 1g for the driver, as spark-submit says"
        in done.stdout
    )
    assert shop.rows("bronze_orders", "household_id", "product_id", "sales_value") == [
        ("1", "p1", "1.50"),
        ("1", "p2", "2.00"),
        ("2", "p1", "3.00"),
    ]
    assert re.search(
        r"Executor: Finished task",
        "".join(log.read_text() for log in (tmp_path / "worker").rglob("stderr")),
    )
