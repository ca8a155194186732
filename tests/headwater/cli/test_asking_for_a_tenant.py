"""Whose tables a command changes is said, not assumed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from headwater.cli import app, pipeline
from jobs import DEMO
from jobs.main import the_tenant
from settings.places import ROOT

READING = {  # they look at the demo's unless told; `demo` is the demo's
    *(
        "demo",
        "lineage",
        "path",
        "quality anomalies",
        "quarantine list",
        "quarantine show",
        "release list",
        "release show",
    ),
    *("runs", "show", "tables"),
}
CHANGING = [
    ["run", "silver", "--start", "2020-01-01", "--end", "2020-01-02"],
    ["land"],
    ["release", "rollback", "r1"],
    ["quality", "waive", "orders", "2020-01-01", "--why", "so"],
    ["quality", "page"],
    ["quarantine", "replay", "silver_order_lines"],
    ["quarantine", "drop", "silver_order_lines", "--file", "f", "--why", "so"],
    ["restore"],
    ["migrate"],
    ["register"],
    ["evaluate", "churn", "--as-of", "2020-01-01"],
]


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two tenants, in a home that has nothing else."""
    folder = tmp_path / "conf/tenants"
    folder.mkdir(parents=True)
    for name in ("corner_shop", "big_shop"):
        (folder / f"{name}.yml").write_text("zone: UTC\n")
    monkeypatch.setenv("HEADWATER_CONF", str(tmp_path / "conf"))
    monkeypatch.setenv("HEADWATER_HOME", str(tmp_path))
    monkeypatch.delenv("HEADWATER_TENANT", raising=False)
    return folder


def commands(group: Any, before: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every command by its words, with its options by name; not those under an old name."""
    for name, one in group.commands.items():
        if one.hidden:
            continue
        if hasattr(one, "commands"):
            yield from commands(one, f"{before}{name} ")
        else:
            yield f"{before}{name}", {parameter.name: parameter for parameter in one.params}


def test_every_command_of_a_tenant_asks_unless_it_only_reads() -> None:
    options_by_command = {
        name: options["tenant"]
        for name, options in commands(typer.main.get_command(app))
        if "tenant" in options
    }
    assert {
        name for name, option in options_by_command.items() if option.default == DEMO
    } == READING
    asking = {name for name, option in options_by_command.items() if option.default == ""}
    assert asking == {*options_by_command} - READING
    assert asking == {
        " ".join(words[:2]) if words[0] in ("release", "quality", "quarantine") else words[0]
        for words in CHANGING
    }


@pytest.mark.parametrize("words", CHANGING, ids=" ".join)
def test_with_several_tenants_a_command_that_changes_something_asks_for_one(
    conf: Path, words: list[str]
) -> None:
    result = CliRunner().invoke(app, words)
    assert str(result.exception) == (
        "which tenant? This command changes something: name it with --tenant or HEADWATER_TENANT. There are: big_shop, corner_shop"
    )
    assert sorted(path.name for path in conf.parent.parent.iterdir()) == ["conf"], (
        "nothing was touched"
    )


def test_it_is_bad_use_with_one_sentence(conf: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "jobs.main", *CHANGING[0]],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("headwater: which tenant?")
    assert len(done.stderr.splitlines()) == 1


def test_the_only_tenant_is_taken_and_a_named_one_goes_first(
    conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(pipeline, "load_settings", asked.append)
    monkeypatch.setattr("headwater.demo.shops.land", lambda *_, **__: 0)

    def landed(*words: str, **environment: str) -> str:
        assert CliRunner().invoke(app, ["land", *words], env=environment).exit_code == 0
        return asked.pop()

    assert landed("--tenant", "corner_shop", HEADWATER_TENANT="big_shop") == "corner_shop"
    assert landed(HEADWATER_TENANT="big_shop") == "big_shop"
    (conf / "corner_shop.yml").unlink()
    assert landed() == "big_shop"
    assert landed("-t", "corner_shop") == "corner_shop"


def test_without_any_tenant_it_says_how_one_is_made(conf: Path) -> None:
    for path in conf.iterdir():
        path.unlink()
    with pytest.raises(
        ValueError, match="There are: none yet: `headwater tenant new` proposes one"
    ):
        the_tenant("")
