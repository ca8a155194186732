"""The jars that Spark lacks: fetched once by the Ivy that Spark ships, checked against
`conf/jars/jars.txt`.

Runs as `python -m setup.jars` in the Spark environment, which has Ivy and, on a machine without
Java, the wheel.
"""

import hashlib
import html
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from lakehouse.base.java import JAR_FOLDER, JAVA_VERSION, Jar, JavaError, java_home, listed_jars
from settings.places import ROOT
from setup.machine import STATE, say
from setup.problems import SetupProblem, explain
from setup.trust import write_trust_store

IVY_CACHE = Path(".cache/ivy")


def main() -> int:
    """Fetch what is missing or damaged; 0 when every jar is there and right."""
    try:
        say(f"Java {JAVA_VERSION} in {java_home()}")
        ensure_jars(ROOT)
    except (SetupProblem, JavaError) as problem:
        sys.stderr.write(f"setup: {problem}\n")
        return 1
    return 0


def ensure_jars(root: Path) -> None:
    """Have every listed jar with its checksum; a wrong one is removed and downloaded again, once.

    Raises:
        SetupProblem: the network does not give it, or gives another file twice.
    """
    for _ in range(2):
        discard_wrong(root)
        missing = missing_jars(root)
        if missing:
            fetch(root, missing)
            say(f"{', '.join(jar.file_name for jar in missing)} in {JAR_FOLDER}")
        wrong = wrong_jars(root)
        if not wrong:
            return
    discard_wrong(root)
    raise SetupProblem(
        f"{'; '.join(wrong.values())}, and so was the one downloaded before it.\n  To do: a proxy"
        " or mirror gives another file. If the jar was changed on purpose, put its checksum into"
        " conf/jars/jars.txt."
    )


def discard_wrong(root: Path) -> None:
    """Remove the jars with a wrong checksum, and the download cache that may hold the same
    bytes.
    """
    for jar, text in wrong_jars(root).items():
        say(f"{text}; removed")
        (root / JAR_FOLDER / jar.file_name).unlink()
        shutil.rmtree(root / IVY_CACHE, ignore_errors=True)


def missing_jars(root: Path) -> list[Jar]:
    """Listed jars that are not there."""
    return [jar for jar in listed_jars(root) if not (root / JAR_FOLDER / jar.file_name).is_file()]


def wrong_jars(root: Path) -> dict[Jar, str]:
    """Jars that are there with another checksum than the listed one, each with the sentence that
    says so.
    """
    there = ((jar, root / JAR_FOLDER / jar.file_name) for jar in listed_jars(root))
    sums = {
        jar: hashlib.sha256(path.read_bytes()).hexdigest() for jar, path in there if path.is_file()
    }
    return {
        jar: (
            f"{JAR_FOLDER / jar.file_name} is corrupted: its sha256 is {actual}, expected"
            f" {jar.sha256}"
        )
        for jar, actual in sums.items()
        if actual != jar.sha256
    }


def fetch(root: Path, jars: list[Jar]) -> None:
    """Download jars with Ivy into a folder beside, then move each into place whole."""
    state = root / STATE
    state.mkdir(parents=True, exist_ok=True)
    staging = state / "jars"
    shutil.rmtree(staging, ignore_errors=True)
    (state / "ivy.xml").write_text(as_ivy(jars))
    log = state / "ivy.log"
    with log.open("wb") as output:
        done = subprocess.run(
            _ivy(root, state, staging),
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        raise explain("downloading the jars", log.read_text(errors="replace"), log)
    (root / JAR_FOLDER).mkdir(parents=True, exist_ok=True)
    for jar in jars:
        (staging / jar.file_name).replace(root / JAR_FOLDER / jar.file_name)


def as_ivy(jars: list[Jar]) -> str:
    """An Ivy module that depends on these jars and nothing of theirs."""
    names = [
        [html.escape(part) for part in (jar.organisation, jar.name, jar.revision)] for jar in jars
    ]
    lines = [
        f'<dependency org="{organisation}" name="{name}" rev="{rev}" transitive="false"/>'
        for organisation, name, rev in names
    ]
    return (
        '<ivy-module version="2.0"><info organisation="headwater" module="jars"/><dependencies'
        f' defaultconfmapping="*->master">{"".join(lines)}</dependencies></ivy-module>\n'
    )


def _ivy(root: Path, state: Path, staging: Path) -> list[str | Path]:
    spark = importlib.util.find_spec("pyspark")
    tool = (
        next(Path(spark.origin).parent.glob("jars/ivy-*.jar"), None)
        if spark and spark.origin
        else None
    )
    if tool is None:
        raise SetupProblem(
            "the Spark environment has no Ivy (pyspark/jars/ivy-*.jar).\n  To do: rm -r .venv &&"
            " make setup"
        )
    options = [f"-Dheadwater.ivy.cache={root / IVY_CACHE}", *write_trust_store(state / "trust.jks")]
    pattern = staging / "[artifact]-[revision].[ext]"
    settings: list[str | Path] = [
        "-settings",
        root / "conf/jars/ivysettings.xml",
        "-ivy",
        state / "ivy.xml",
    ]
    return [
        java_home() / "bin/java",
        *options,
        "-jar",
        tool,
        *settings,
        "-retrieve",
        pattern,
        "-types",
        "jar",
    ]


if __name__ == "__main__":
    sys.exit(main())
