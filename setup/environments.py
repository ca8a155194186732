"""The two Python environments, each exactly what its lock file says."""

import importlib.util
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from setup.machine import STATE, finish_tool, run_tool, say, start_tool, stop
from setup.problems import SetupProblem


class Environment(NamedTuple):
    """A folder and the lock file that fills it."""

    folder: str
    lock_file: str
    title: str
    unresolved: tuple[str, ...] = ()


# Packages of data alone come without what they require: their lock file is not resolved.
SPARK = Environment(".venv", "conf/locks/spark.txt", "Spark environment", ("conf/locks/data.txt",))
AIRFLOW = Environment(".venv-airflow", "conf/locks/airflow.txt", "Airflow environment")
UV = Path(".cache/uv")


def install_environments(root: Path, lock: int) -> None:
    """Bring both environments to their lock files side by side, and install the project in both.

    It is installed without what it requires: Airflow's environment lacks most of that, and the DAGs
    read its package `settings` alone.
    """
    uv = install_uv(root, lock)
    started = time.monotonic()
    running = {
        env: start_tool(root, env.folder.strip("."), _sync(root, uv, env, lock), lock)
        for env in (SPARK, AIRFLOW)
    }
    try:
        for env, process in running.items():
            finish_tool(
                root,
                env.folder.strip("."),
                f"installing the {env.title} ({env.lock_file})",
                process,
            )
            say(f"{env.title} in {env.folder}, after {time.monotonic() - started:.0f} s")
    finally:
        for process in running.values():
            stop(process)
    for env in running:
        task = f"installing the project itself in the {env.title}"
        run_tool(root, f"project-{env.folder.strip('.')}", task, _install(root, uv, env), lock)
        _unfinished(root, env).unlink()


def python_of(root: Path, env: Environment) -> Path:
    """That environment's interpreter."""
    return root / env.folder / "bin/python"


def are_whole(root: Path) -> bool:
    """Whether both environments still have their interpreters (a symbolic link breaks when the
    Python behind it is removed).
    """
    return (
        all(python_of(root, env).exists() for env in (SPARK, AIRFLOW))
        and (root / SPARK.folder / "bin/headwater").exists()
    )


def _sync(root: Path, uv: Path, env: Environment, lock: int) -> list[str | Path]:
    """The command that fills an environment.

    One whose filling was interrupted is made anew: a package whose files were half written counts
    as installed for uv.
    """
    mark = _unfinished(root, env)
    if mark.exists():
        say(f"{env.folder}: an earlier set-up was interrupted; making it anew")
        shutil.rmtree(root / env.folder, ignore_errors=True)
    mark.touch()
    if not python_of(root, env).exists():
        make: list[str | Path] = [
            uv,
            "venv",
            "--quiet",
            "--clear",
            "--no-config",
            "--python",
            sys.executable,
            env.folder,
        ]
        run_tool(root, f"{env.folder.strip('.')}-new", f"making {env.folder}", make, lock)
    return [
        uv,
        "pip",
        "sync",
        "--no-progress",
        "--python",
        python_of(root, env),
        "--require-hashes",
        env.lock_file,
        *env.unresolved,
    ]


def _install(root: Path, uv: Path, env: Environment) -> list[str | Path]:
    """The command that installs the project; the environment's own setuptools build it, offline."""
    pip: list[str | Path] = [uv, "pip", "install", "--python", python_of(root, env)]
    return [*pip, "--no-deps", "--no-build-isolation", "-e", "."]


def _unfinished(root: Path, env: Environment) -> Path:
    return root / STATE / f"{env.folder.strip('.')}.unfinished"


def install_uv(root: Path, lock: int) -> Path:
    """The installer itself, by pip, in the version and with the hashes that the Spark lock file
    names.
    """
    uv = root / UV / "bin/uv"
    pin = uv_pin((root / SPARK.lock_file).read_text())
    if f"uv {pin.split()[0].removeprefix('uv==')}" == _version(uv):
        return uv
    if not all(importlib.util.find_spec(module) for module in ("venv", "ensurepip")):
        raise SetupProblem(
            f"{sys.executable} (Python {sys.version.split()[0]}) comes without venv or ensurepip.\n"
            "  To do: Debian and Ubuntu: apt-get install python3.11-venv; or take another:"
            " PYTHON=/path/to/python3.11 make setup"
        )
    shutil.rmtree(root / UV, ignore_errors=True)
    run_tool(root, "uv-new", f"making {UV}", [sys.executable, "-m", "venv", root / UV], lock)
    lines = root / STATE / "uv.txt"
    lines.write_text(pin)
    pip: list[str | Path] = [
        root / UV / "bin/python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--only-binary",
        ":all:",
        "-r",
        lines,
    ]
    run_tool(root, "uv", "installing uv, the installer", pip, lock)
    return uv


def uv_pin(lock_text: str) -> str:
    """The lines of a lock file that pin uv."""
    pin = re.search(r"^uv==.*\n(?:    .*\n?)+", lock_text, re.MULTILINE)
    if pin is None:
        raise SetupProblem(
            f"{SPARK.lock_file} names no uv with hashes.\n  To do: git checkout {SPARK.lock_file},"
            " or `make lock` in a working clone."
        )
    return pin[0]


def _version(uv: Path) -> str | None:
    try:
        done = subprocess.run(
            [uv, "--version"], capture_output=True, text=True, check=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return " ".join(done.stdout.split()[:2])
