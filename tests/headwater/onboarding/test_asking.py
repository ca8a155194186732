"""What a person is asked, what is fetched from a server, and what a whole file tells that its first
rows do not.
"""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from headwater.cli import app
from headwater.onboarding import sample
from headwater.onboarding.fetching import SampleError, fetched
from headwater.onboarding.proposal import propose, samples_of
from headwater.onboarding.settling import TenantExists, landed, refuse_name
from settings.model import load_settings
from settings.places import ROOT

AMBIGUOUS = "order,who,sku,paid,date\n1,c1,a,1.00,11/01/2024\n2,c1,a,2.00,12/01/2024\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "conf/tenants").mkdir(parents=True)
    for part in ("base.yml", "environments"):
        (tmp_path / "conf" / part).symlink_to(ROOT / "conf" / part)
    monkeypatch.setenv("HEADWATER_CONF", str(tmp_path / "conf"))
    monkeypatch.setenv("HEADWATER_HOME", str(tmp_path))
    return tmp_path


def test_a_person_is_asked_one_question_after_the_other(home: Path) -> None:
    (home / "orders.csv").write_text(AMBIGUOUS)
    words = ["tenant", "new", "my_shop", "--orders", str(home / "orders.csv"), "--no-try"]
    result = CliRunner().invoke(app, words, input="who\nmonth\nEUR\n")
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    assert result.output.index("Which column of orders is the customer_id?") < result.output.index(
        "does the day or the month come first?"
    )
    tenant = load_settings("my_shop").tenant
    assert tenant.currency == "EUR"
    assert (
        tenant.sources["orders"].mapping["order_date"]
        == "to_date(try_to_timestamp(date, 'M/d/yyyy'))"
    )
    assert "Assumed" not in result.output, "everything was answered"
    assert (home / "data/landing/my_shop/orders/2024-12-01/orders.csv").read_text() == AMBIGUOUS


def test_with_yes_what_nothing_can_be_assumed_for_is_an_error_and_nothing_is_written(
    home: Path,
) -> None:
    (home / "orders.csv").write_text(AMBIGUOUS)
    result = CliRunner().invoke(
        app, ["tenant", "new", "my_shop", "--orders", str(home / "orders.csv"), "--yes"]
    )
    assert "Say it: --answer customer_id=..., one of" in str(result.exception)
    assert [*(home / "conf/tenants").iterdir()] == []
    assert not (home / "data").exists()


def test_a_tenant_or_a_delivery_that_is_there_is_not_replaced(home: Path) -> None:
    file = home / "orders.csv"
    file.write_text(AMBIGUOUS)
    answers = {"customer_id": "who", "ordered.first": "day", "currency": "EUR"}
    words = [*("tenant", "new", "my_shop", "--orders", str(file), "--yes", "--no-try")]
    words += [word for key, value in answers.items() for word in ("--answer", f"{key}={value}")]
    shown = CliRunner().invoke(app, [*words, "--dry-run"])
    assert (shown.exit_code, sorted(path.name for path in home.iterdir())) == (
        0,
        ["conf", "orders.csv"],
    ), "nothing is written or landed"
    assert [*(home / "conf/tenants").iterdir()] == []
    assert "Would be landed: " in shown.output
    assert " kept" not in shown.output, "and nothing is tried"
    assert CliRunner().invoke(app, words).exit_code == 0
    with pytest.raises(TenantExists, match="--force writes it anew"):
        refuse_name("my_shop", home / "conf/tenants/my_shop.yml", force=False)
    with pytest.raises(ValueError, match="is no name of a tenant"):
        refuse_name("My-Shop", home / "conf/tenants/My-Shop.yml", force=True)
    file.write_text(AMBIGUOUS.replace("2.00", "3.00"))
    files = {"orders": [file]}
    proposal = propose("my_shop", files, samples_of(files, answers), answers)
    with pytest.raises(TenantExists, match=r"orders\.csv exists and is another file"):
        landed(load_settings("my_shop"), proposal, files, force=False)
    (place,) = landed(load_settings("my_shop"), proposal, files, force=True)
    assert "3.00" in place.read_text()


def test_dates_are_read_to_the_end_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in Ta-Feng, whose first 50,000 lines are all of the first twelve days of a month."""
    monkeypatch.setattr(sample, "ROWS", 3)
    file = tmp_path / "orders.csv"
    file.write_text(
        "order,customer,sku,paid,date\n"
        + "".join(f"{n},c1,a,1.00,11/{n}/2000\n" for n in range(1, 14))
    )
    files = {"orders": [file]}
    proposal = propose("my_shop", files, samples_of(files, {}), {})
    assert (
        proposal.drafts[0].mapping["order_date"].value
        == "to_date(try_to_timestamp(date, 'M/d/yyyy'))"
    )
    assert (str(proposal.settings["first_day"].value), str(proposal.arrived_on)) == (
        "2000-11-01",
        "2000-11-13",
    )


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/orders.csv").write_text(AMBIGUOUS)
    handler = functools.partial(
        http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "shop")
    )
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_a_file_is_fetched_from_a_server(server: str, tmp_path: Path) -> None:
    assert fetched(f"{server}/orders.csv?key=1", tmp_path / "work").read_text() == AMBIGUOUS
    with pytest.raises(SampleError, match=r"nothing\.csv cannot be fetched: HTTP Error 404"):
        fetched(f"{server}/nothing.csv", tmp_path / "work")
    with pytest.raises(SampleError, match="is no file"):
        fetched("gone.csv", tmp_path / "work")
