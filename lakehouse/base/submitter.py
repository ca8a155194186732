"""Who decides where a run takes place: the one who submits it, where there is one; the settings
fill in what is left open.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from settings.errors import SettingsError

# spark-submit sets it for the Python program that it starts, whose JVM then runs already
GATEWAY = "PYSPARK_GATEWAY_PORT"
# Fixed when a JVM starts: told to one that runs, they would stand in its configuration and not be
# so.
OF_THE_START = (
    "spark.driver.memory",
    "spark.driver.extraClassPath",
    "spark.driver.defaultJavaOptions",
    "spark.driver.extraJavaOptions",
)
# A local master's driver has no callers; a cluster's nodes call it, so there Spark or the submitter
# chooses its address.
LOOPBACK = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
LISTS = ("spark.jars", "spark.sql.extensions")  # what the submitter names beside ours
SPARK_SAYS = {"spark.driver.memory": "1g"}  # Spark's default where nobody says anything


def is_submitted() -> bool:
    """Whether spark-submit started this program, and so the JVM before it."""
    return GATEWAY in os.environ


def is_local(master: str) -> bool:
    """Whether Spark runs within this process's JVM: `local`, `local[2]`, `local[*]`."""
    return master == "local" or master.startswith("local[")


def decided(
    ours: Mapping[str, str], fixed: Mapping[str, str], given: Mapping[str, str]
) -> dict[str, str]:
    """What a session is built with beside what the submitter has `given`: what of `ours` is left
    open, and `fixed`, which rows depend on.

    Spark-submit always names a master, `local[*]` where nobody told it one: the settings' master
    counts only without a submitter.

    Raises:
        SettingsError: the submitter contradicts what is fixed; names each key with both values.
    """
    _refuse_contradictions(fixed, given)
    master = given.get("spark.master", ours["spark.master"])
    wanted = {**(LOOPBACK if is_local(master) else {}), **ours}
    closed = {*given, *(OF_THE_START if given else ())} - (
        {"spark.app.name"} if _names_a_file(given) else set()
    )
    return {
        **{key: value for key, value in wanted.items() if key not in closed},
        **fixed,
        **_joined({**ours, **fixed}, given),
    }


def _refuse_contradictions(fixed: Mapping[str, str], given: Mapping[str, str]) -> None:
    wrong = [
        f"{key} is {given[key]}, expected {value}"
        for key, value in fixed.items()
        if key in given
        and value not in ([given[key]] if key not in LISTS else given[key].split(","))
    ]
    if wrong:
        raise SettingsError(
            f"spark-submit: {'; '.join(wrong)}: the same deliveries would give other rows. Leave it"
            " out of --conf"
        )


def _joined(ours: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """The lists that both fill, the submitter's part first."""
    both = [key for key in LISTS if key in ours and key in given]
    return {
        key: ",".join(dict.fromkeys([*given[key].split(","), *ours[key].split(",")]))
        for key in both
    }


def _names_a_file(given: Mapping[str, str]) -> bool:
    """Whether spark-submit took the name of the program's file for want of a --name."""
    return Path(given.get("spark.app.name", "")).suffix == ".py"


def sentence(conf: Mapping[str, str], cores: int, *, submitted: bool) -> str:
    """Where a run takes place, with how many cores and how much memory for the driver, and who said
    so.
    """
    master = conf["spark.master"]
    core_count = f"{cores} core{'' if cores == 1 else 's'}" if cores else "no executor has come yet"
    memory = conf.get("spark.driver.memory", SPARK_SAYS["spark.driver.memory"])
    return (
        f"headwater runs on {master} ({core_count}), {memory} for the driver, as"
        f" {'spark-submit says' if submitted else 'the settings say'}"
    )
