"""A failed task: what is said of it, and that every channel hears it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from house import notifier

from settings.airflow import Email, Notify

OUTPUT = """Cannot execute: spark-submit --master local[*] jobs/main.py run silver. Error code is: 1.
Last spark-submit output:
26/01/05 03:00:01 WARN NativeCodeLoader: Unable to load native-hadoop library
headwater progress stage=ingest table=bronze_orders status=done seconds=1.2 rows=10
CheckFailed: silver_order_lines: unique(order_id, line_id) expected 1.0, observed 0.98
"""


@pytest.fixture
def context() -> dict[str, Any]:
    task = SimpleNamespace(
        dag_id="shop_daily",
        run_id="scheduled__2026-01-05",
        task_id="silver",
        try_number=2,
        log_url="http://127.0.0.1/log",
    )
    return {"ti": task, "exception": RuntimeError(OUTPUT)}


@pytest.fixture
def posted() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A web server that keeps what it is sent."""
    bodies = []

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Keep)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", bodies
    server.shutdown()


def use(monkeypatch: pytest.MonkeyPatch, **settings: Any) -> None:
    monkeypatch.setattr(notifier, "airflow", lambda: SimpleNamespace(notify=Notify(**settings)))


def test_the_reason_is_what_the_program_said_last_without_sparks_chatter() -> None:
    assert notifier.reason_of(RuntimeError(OUTPUT)).splitlines() == [
        "headwater progress stage=ingest table=bronze_orders status=done seconds=1.2 rows=10",
        "CheckFailed: silver_order_lines: unique(order_id, line_id) expected 1.0, observed 0.98",
    ]


def test_an_error_of_airflows_own_is_the_reason_where_no_program_ran() -> None:
    assert (
        notifier.reason_of(ValueError("this run has no data interval"))
        == "this run has no data interval"
    )
    assert notifier.reason_of(TimeoutError()) == "TimeoutError"


def test_the_log_gets_one_json_line_per_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, context: dict[str, Any]
) -> None:
    use(monkeypatch, log=tmp_path / "new/notifications.log")
    notifier.notify_failure(context)
    notifier.notify_failure(context)
    lines = [
        json.loads(line) for line in (tmp_path / "new/notifications.log").read_text().splitlines()
    ]
    assert len(lines) == 2
    assert (lines[0]["dag_id"], lines[0]["task_id"], lines[0]["try_number"]) == (
        "shop_daily",
        "silver",
        2,
    )
    assert "observed 0.98" in lines[0]["reason"]


def test_the_webhook_gets_the_reason(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    context: dict[str, Any],
    posted: tuple[str, list[dict[str, Any]]],
) -> None:
    url, bodies = posted
    use(monkeypatch, log=tmp_path / "log", webhook_url=url)
    notifier.notify_failure(context)
    assert bodies[0]["text"].startswith(
        "Headwater: shop_daily.silver failed (try 2, scheduled__2026-01-05)\n"
    )
    assert "observed 0.98" in bodies[0]["reason"]


def test_the_mail_goes_to_all_recipients(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, context: dict[str, Any]
) -> None:
    sent = []

    class Mailbox:
        def __init__(self, host: str, port: int, timeout: int) -> None:
            assert (host, port, timeout) == ("mail.example.org", 25, 10)

        def __enter__(self) -> Any:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def send_message(self, mail: Any) -> None:
            sent.append(mail)

    monkeypatch.setattr("house.notifier.smtplib.SMTP", Mailbox)
    email = Email(
        host="mail.example.org",
        sender="headwater@example.org",
        recipients=["a@example.org", "b@example.org"],
    )
    use(monkeypatch, log=tmp_path / "log", email=email)
    notifier.notify_failure(context)
    assert sent[0]["To"] == "a@example.org, b@example.org"
    assert "observed 0.98" in sent[0].get_content()


def test_a_channel_that_fails_stops_no_other_and_is_named(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    context: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    # the log is a folder, the webhook no http address
    use(monkeypatch, log=tmp_path, webhook_url="ftp://example.org")
    notifier.notify_failure(context)
    assert "the log notification of shop_daily.silver was not sent" in caplog.text
    assert (
        "the webhook notification of shop_daily.silver was not sent: notify.webhook_url must be http"
        in caplog.text
    )
