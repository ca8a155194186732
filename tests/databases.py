"""A PostgreSQL server of the test: its own folder and port on loopback, run by an unprivileged
user, gone afterwards.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

USER, PASSWORD = "reader_7q", "pa55/w:rd?&%20x"


@dataclass
class PostgreSQL:
    """A server that can be stopped and started, and be told SQL as its owner."""

    home: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None
    as_user: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"jdbc:postgresql://127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        command = [
            binary("postgres"),
            "-D",
            self.home / "data",
            "-p",
            str(self.port),
            "-h",
            "127.0.0.1",
            "-k",
            self.home,
            "-c",
            "fsync=off",
        ]
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdout=log,
                stderr=log,
                cwd=self.home,
                **self.as_user,
            )
        for _ in range(300):
            if (
                subprocess.run(
                    [binary("pg_isready"), "-q", "-h", self.home, "-p", str(self.port)], check=False
                ).returncode
                == 0
            ):
                return
            time.sleep(0.1)
        raise RuntimeError((self.home / "log").read_text())

    def stop(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGINT)  # ends the sessions and shuts down
            self.process.wait(60)
            self.process = None

    def sql(self, text: str) -> list[list[str]]:
        """Run statements as the owner, each on its own; the rows of all of them as text."""
        done = subprocess.run(self.psql("-c", text), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return [line.split("|") for line in done.stdout.splitlines()]

    def psql(self, *more: str) -> list[str]:
        return [
            str(binary("psql")),
            "-h",
            str(self.home),
            "-p",
            str(self.port),
            "-U",
            "owner",
            "-qAtX",
            "-v",
            "ON_ERROR_STOP=1",
            *more,
            "postgres",
        ]


@contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    home = Path(tempfile.mkdtemp(prefix="headwater-pg-"))
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        nobody = pwd.getpwnam("nobody")
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
        as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    initdb = [
        binary("initdb"),
        "-D",
        home / "data",
        "-U",
        "owner",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "--auth-local=trust",
    ]
    command = [*map(str, initdb), "--auth-host=scram-sha-256", "--no-sync"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=home, timeout=120, **as_user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = PostgreSQL(home, port, as_user=as_user)
    try:
        server.start()
        server.sql(
            f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'; GRANT pg_read_all_data TO {USER}"
        )
        yield server
    finally:
        server.stop()
        shutil.rmtree(home)


def binary(name: str) -> Path:
    """A program of Debian's newest PostgreSQL package."""
    programs = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4])
    )
    assert programs, f"no {name} in /usr/lib/postgresql: run `make test-system`, which installs it"
    return programs[-1]
