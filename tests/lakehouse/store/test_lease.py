"""One run at a time writes a lake: waiting, taking over from the dead and the silent, and fencing
whoever was overtaken.
"""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lakehouse.store import lease
from lakehouse.store.lease import Fenced, LeaseTaken, holder_of, leased
from settings.model import LeaseSettings
from settings.places import ROOT

SOON = LeaseSettings(wait_seconds=1, stale_seconds=60)
TASK = {
    "AIRFLOW_CTX_DAG_ID": "shop_daily",
    "AIRFLOW_CTX_TASK_ID": "ingest",
    "AIRFLOW_CTX_DAG_RUN_ID": "scheduled__2017-01-02",
}


def test_the_number_only_grows_also_when_the_lease_file_was_torn_and_when_it_is_given_back(
    tmp_path: Path,
) -> None:
    for number in (1, 2):
        with leased(tmp_path, f"run{number}", "silver", SOON) as mine:
            assert mine.number == number
    assert holder_of(tmp_path).is_free
    assert holder_of(tmp_path).number == 2


def test_a_run_that_is_alive_is_waited_for_and_named(tmp_path: Path) -> None:
    with leased(tmp_path, "first", "silver 2017-01-01 to 2017-01-02", SOON):
        with pytest.raises(LeaseTaken) as error, leased(tmp_path, "second", "gold", SOON):
            pass
        for words in (
            "run first (silver 2017-01-01 to 2017-01-02",
            f"process {os.getpid()}",
            "lease.wait_seconds",
        ):
            assert words in str(error.value)


def test_a_retry_of_the_same_task_fences_the_earlier_try_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in TASK.items():
        monkeypatch.setenv(name, value)
    with leased(tmp_path, "orphan", "silver", SOON) as orphan:
        with orphan.committing():
            pass  # nobody has taken over yet
        with leased(tmp_path, "retry", "silver", SOON) as retry:
            with (
                pytest.raises(
                    Fenced, match=r"run orphan .* may not commit .* run retry .* has taken over"
                ),
                orphan.committing(),
            ):
                pytest.fail("the orphan could commit")
            with retry.committing():
                pass
        with pytest.raises(Fenced), orphan.committing():  # also when the retry has ended
            pytest.fail("the orphan could commit")
    assert holder_of(tmp_path).number == 2, "the orphan gives back nothing that is not its own"


def test_a_dead_process_of_this_machine_is_taken_over_at_once(tmp_path: Path) -> None:
    code = (
        "import os, signal\nfrom pathlib import Path\n"
        "from lakehouse.store.lease import leased\nfrom settings.model import LeaseSettings\n"
        f"with leased(Path({str(tmp_path)!r}), 'dead', 'silver', LeaseSettings(wait_seconds=1, stale_seconds=60)):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode
        == -signal.SIGKILL
    )
    assert holder_of(tmp_path).run_id == "dead"
    with leased(tmp_path, "next", "silver", replace_wait(SOON, 0)) as mine:
        assert mine.number == 2


@pytest.mark.parametrize(("silent", "is_taken"), [(59, False), (61, True)])
def test_of_a_run_elsewhere_only_its_silence_tells(
    tmp_path: Path, silent: int, is_taken: bool
) -> None:
    with leased(tmp_path, "far", "silver", SOON) as far:
        pass
    elsewhere = replace(far.holder, host="another machine", pid=1)
    (tmp_path / lease.FILE).write_text(json.dumps(vars(elsewhere)))
    then = (tmp_path / lease.FILE).stat().st_mtime - silent
    os.utime(tmp_path / lease.FILE, (then, then))
    if is_taken:
        with leased(tmp_path, "near", "silver", replace_wait(SOON, 0)) as near:
            assert near.number == 2
    else:
        with (
            pytest.raises(LeaseTaken, match="another machine"),
            leased(tmp_path, "near", "silver", replace_wait(SOON, 0)),
        ):
            pass


def test_a_live_run_beats(tmp_path: Path) -> None:
    quick = LeaseSettings(wait_seconds=1.5, stale_seconds=0.6)
    # waits longer than a life: without beats it would be taken over
    with (
        leased(tmp_path, "alive", "silver", quick),
        pytest.raises(LeaseTaken) as refused,
        leased(tmp_path, "second", "silver", quick),
    ):
        pass
    assert "alive" in str(refused.value)


def replace_wait(settings: LeaseSettings, seconds: float) -> LeaseSettings:
    return settings.model_copy(update={"wait_seconds": seconds})
