"""`up` and `down`: Airflow's API server, scheduler and DAG processor on 127.0.0.1, all of it ended
together.
"""

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from headwater.local.client import ApiError, Client
from headwater.local.environment import AIRFLOW_BIN, MARK, environment, write_spark_conf
from headwater.local.keeper import COMPONENTS, log_of
from headwater.local.processes import processes_of, stop_all
from settings.airflow import Airflow, airflow_home
from settings.model import load_shared
from settings.places import ROOT, tenant_names

LOG_LINES = 15


class ServerError(RuntimeError):
    """Airflow could not be prepared, started or found; the message says why and where its logs
    are.
    """


def up() -> str:
    """Starts Airflow in the background unless it runs, and returns its address once it is ready.

    Raises:
        ServerError: it did not become ready; nothing is left running then.
    """
    return address() or _start(owner=0)


def down() -> int:
    """Ends every process of this home's Airflow, also those that a killed server left; returns how
    many there were.
    """
    ended = stop_all(airflow_home(), load_shared().airflow.server.stop_seconds)
    _address_file().unlink(missing_ok=True)
    return ended


@contextmanager
def running() -> Iterator[Client]:
    """Airflow for the length of a `with` block; also ended when this process is killed.

    Raises:
        ServerError: it did not become ready, or one already runs.
    """
    if server := address():
        raise ServerError(
            f"Airflow already runs at {server}: `headwater down` (or `make down`) stops it"
        )
    try:
        yield Client(_start(owner=os.getpid()))
    finally:
        down()


def address() -> str | None:
    """Where this home's Airflow answers, None when it does not."""
    if not _address_file().exists():
        return None
    url = _address_file().read_text().strip()
    try:
        Client(url).health()
    except ApiError:
        return None
    return url if processes_of(airflow_home()) else None


def prepare(settings: Airflow | None = None) -> bool:
    """Creates or migrates the database (eight seconds) when this Airflow has not yet; set-up may
    call it ahead. Returns whether it did.

    Raises:
        ServerError: Airflow is not installed, or the migration failed.
    """
    home = airflow_home()
    stamp, version = home / "migrated", _airflow_version()
    if stamp.exists() and (home / "airflow.db").exists() and stamp.read_text() == version:
        return False
    home.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [AIRFLOW_BIN / "airflow", "db", "migrate"],
        env=environment(settings or load_shared().airflow, 0),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ServerError(
            f"airflow db migrate failed in {home}:\n{_tail(done.stdout + done.stderr)}"
        )
    with closing(sqlite3.connect(home / "airflow.db")) as database:
        # kept in the file: readers no longer wait for the scheduler's writes
        database.execute("PRAGMA journal_mode=WAL")
    stamp.write_text(version)
    return True


def _start(owner: int) -> str:
    settings, home = load_shared().airflow, airflow_home()
    stop_all(home, settings.server.stop_seconds)  # what a killed server left
    prepare(settings)
    write_spark_conf()
    port = _free_port(settings.server.port)
    url = f"http://127.0.0.1:{port}"
    with log_of(home, "keeper").open("wb") as output:
        keeper = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "headwater.local.keeper",
                str(home),
                str(owner),
                str(settings.server.stop_seconds),
            ],
            env={**environment(settings, port), MARK: str(home)},
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _wait_until_ready(Client(url), keeper, settings)
    except BaseException:
        stop_all(home, settings.server.stop_seconds)
        raise
    _address_file().write_text(url + "\n")
    return url


def _wait_until_ready(client: Client, keeper: subprocess.Popen[bytes], settings: Airflow) -> None:
    deadline = time.monotonic() + settings.server.start_seconds
    wanted = [f"{tenant}_{kind}" for tenant in tenant_names() for kind in settings.applications]
    while (missing := _missing(client, wanted)) is not None:
        if keeper.poll() is not None:
            raise ServerError(
                "Airflow ended while it started:"
                f" {_tail(log_of(airflow_home(), 'keeper').read_text())}\n{_component_logs()}"
            )
        if time.monotonic() > deadline:
            raise ServerError(
                f"Airflow was not ready after {settings.server.start_seconds} s"
                f" ({missing}).\n{_component_logs()}"
            )
        time.sleep(0.25)
    for tenant in tenant_names():
        client.ensure_pool(settings.pool.name_for(tenant), settings.pool.slots)


def _missing(client: Client, dag_ids: list[str]) -> str | None:
    """What is not there yet, in words; None when all is."""
    try:
        health = client.health()
        for part in ("metadatabase", "scheduler", "dag_processor"):
            if health[part]["status"] != "healthy":
                return f"{part} is not healthy"
        if errors := client.import_errors():
            raise ServerError("Airflow cannot read these DAG files:\n" + "\n".join(errors))
        unread = [dag_id for dag_id in dag_ids if not client.has_dag(dag_id)]
    except ApiError as error:
        return str(error)
    return f"DAGs not read yet: {', '.join(unread)}" if unread else None


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with closing(socket.socket()) as probe:
            # as the server does: a port just left counts as free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ServerError("no free port on 127.0.0.1")


def _airflow_version() -> str:
    versions = sorted(
        (ROOT / ".venv-airflow/lib").glob("python3*/site-packages/apache_airflow_core-*.dist-info")
    )
    if not versions:
        raise ServerError(
            f"no Airflow in {ROOT / '.venv-airflow'}: run `make setup` in a checkout; an installed"
            " package has none"
        )
    return versions[-1].name


def _address_file() -> Path:
    return airflow_home() / "address"


def _component_logs() -> str:
    parts = []
    for component in COMPONENTS:
        path = log_of(airflow_home(), component)
        text = _tail(path.read_text(errors="replace")) if path.exists() else "not started"
        parts.append(f"--- {path}\n{text}")
    return "\n".join(parts)


def _tail(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-LOG_LINES:])
