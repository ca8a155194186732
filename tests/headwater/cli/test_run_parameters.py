"""The commands `headwater run` and `jobs/main.py run` take the same parameters, and do the same."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from headwater.cli import pipeline
from jobs import main
from jobs.main import Order
from lakehouse.base.run import Run

ASKED = (
    "silver gold --start 2020-03-01 --end 2020-03-08 -t ta_feng --as-of 2020-03-02"
    " --as-of-every 5 --stale --refetch"
)
DAYS = (date(2020, 3, 2), date(2020, 3, 3), date(2020, 3, 8))
ORDER = Order(
    Run("ta_feng", date(2020, 3, 1), date(2020, 3, 8), DAYS, refetch=True),
    ["silver", "gold"],
    stale=True,
)


def asked_of(command: Callable[..., Any], arguments: str) -> int:
    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, arguments.split(), catch_exceptions=False).exit_code


@pytest.mark.parametrize("of", [main, pipeline])
def test_the_arguments_are_one_order(of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    orders: list[Order] = []
    monkeypatch.setattr(of, "carry_out", orders.append)
    assert asked_of(of.run, ASKED) == 0
    assert [(vars(order.run), order.stages, order.stale) for order in orders] == [
        (vars(ORDER.run) | {"run_id": orders[0].run.run_id}, ORDER.stages, True)
    ]


def test_a_dry_run_shows_the_same_order_and_carries_nothing_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[Run] = []
    monkeypatch.setattr(pipeline, "_show_dry_run", shown.append)
    monkeypatch.setattr(pipeline, "carry_out", lambda _: pytest.fail("carried out"))
    assert asked_of(pipeline.run, ASKED + " --dry-run") == 0
    assert shown[0].as_ofs == DAYS
    assert asked_of(main.run, ASKED + " --dry-run") == 2, "Spark's program has no such option"
