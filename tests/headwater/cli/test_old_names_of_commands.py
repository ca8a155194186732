"""Commands, tables and columns under the names of the version before: they work, and say the new
name on standard error.
"""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from headwater.cli import app
from lakehouse.quality.anomalies import Anomaly
from lakehouse.quality.waivers import Waiver, waive
from lakehouse.store import ops
from lakehouse.store.context import lake_of
from settings.model import load_settings
from settings.old_names import notice

TENANT = "complete_journey"


@pytest.fixture(autouse=True)
def waivers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lake with one waiver."""
    monkeypatch.setenv("HEADWATER_HOME", str(tmp_path))
    monkeypatch.setattr(ops, "now", lambda: datetime(2026, 4, 21, 7, 30, tzinfo=UTC))
    value = Anomaly(date(2026, 4, 20), "store", "completeness", 0.25, 0.95, 1.0, "ERROR")
    lake = lake_of(load_settings(TENANT))
    waive(lake, TENANT, "bronze_orders", [value], Waiver("ada", "new tills"))
    notice.cache_clear()


def notice_of(kind: str, old: str, new: str) -> str:
    return (
        f"headwater: the {kind} {old} is called {new} now; the old name works until the next"
        " version\n"
    )


@pytest.mark.parametrize(
    ("old", "new"), [(["quality", "accept"], ["quality", "waive"])], ids=" ".join
)
def test_an_old_command_does_what_the_new_one_does(old: list[str], new: list[str]) -> None:
    """Both ask for the reason, which is empty, in the same words."""
    arguments = ["orders", "2026-04-20", "--why", " ", "--tenant", TENANT]
    by_old, by_new = (CliRunner().invoke(app, [*words, *arguments]) for words in (old, new))
    assert str(by_old.exception) == str(by_new.exception)
    assert str(by_new.exception) == "--why is empty: say why the values are right"
    names = (f"`headwater {' '.join(words)}`" for words in (old, new))
    assert (by_old.stderr, by_new.stderr) == (notice_of("command", *names), "")
    assert old[-1] not in CliRunner().invoke(app, [*old[:-1], "--help"]).stdout


def test_an_old_table_and_its_old_columns_are_shown_by_their_new_names() -> None:
    words = ["show", "ops_acceptances", "--columns", "accepted_by,reason", "--format", "csv"]
    shown = CliRunner().invoke(app, [*words, "--tenant", TENANT])
    assert shown.stdout == "waived_by,reason\nada,new tills\n"
    assert shown.stderr == (
        notice_of("table", "ops_acceptances", "ops_waivers")
        + notice_of("column", "accepted_by", "waived_by")
        + "ops_waivers version 0, not part of a release\n"
    )


def test_a_name_that_never_was_is_refused_with_the_nearest() -> None:
    words = ["show", "ops_waivers", "--columns", "wavied_by", "--tenant", TENANT]
    refused = CliRunner().invoke(app, words)
    assert str(refused.exception) == "no column wavied_by. Did you mean waived_by?"
