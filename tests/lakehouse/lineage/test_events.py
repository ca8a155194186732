"""Every build of a table is told as OpenLineage events: what was read and written at which version,
and how it ended.
"""

import json
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pyspark.sql import SparkSession

from jobs.stages.pipeline import declare_tables
from lakehouse.base.run import Run
from lakehouse.build.openlineage_events import emitting_events, run_uuid
from lakehouse.contract.table import TABLES
from lakehouse.lineage.lineage_channels import API_KEY, TIMEOUT
from lakehouse.quality.verdicts import CheckFailed
from lakehouse.store import delta, ops
from lakehouse.store.context import Context
from settings.model import Lineage
from tests.lakehouse.lineage.openlineage_schema import problems
from tests.shops import TENANT, Shop, line

Event = dict[str, Any]
GOOD = line("1", "10", "100", "5.00", "2017-01-02")


@pytest.fixture(scope="module")
def shop(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Two runs: a good day, and one on which the shop's only order line has no customer."""
    shop = Shop(tmp_path_factory.mktemp("shop"))
    shop.deliver("2017-01-02", GOOD)
    shop.run("2017-01-02", "2017-01-03")
    shop.deliver("2017-01-03", line("", "11", "100", "5.00", "2017-01-03"))
    with pytest.raises(CheckFailed):
        shop.run("2017-01-03", "2017-01-04")
    return shop


def events(shop: Shop, start: str) -> list[Event]:
    """The events of the run that began on the day, from its file."""
    runs = delta.read_arrow(shop.lake / "ops_runs").to_pylist()
    (run_id,) = {row["run_id"] for row in runs if row["slice_start"] == date.fromisoformat(start)}
    file = shop.home / "data/lineage" / TENANT / f"{run_id}.jsonl"
    return [json.loads(text) for text in file.read_text().splitlines()]


def last(shop: Shop, start: str, table: str) -> Event:
    return [one for one in events(shop, start) if one["job"]["name"] == table][-1]


@pytest.mark.parametrize("start", ["2017-01-02", "2017-01-03"])
def test_events_are_as_openlineage_describes_them(shop: Shop, start: str) -> None:
    assert [problem for event in events(shop, start) for problem in problems(event)] == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"run": {"runId": "no uuid", "facets": {}}}, "is not a 'uuid'"),
        ({"eventType": "DONE"}, "is not one of"),
        ({"job": {"namespace": "headwater.x"}}, "'name' is a required property"),
        (
            {
                "inputs": [
                    {
                        "namespace": "file",
                        "name": "x",
                        "facets": {"version": {"datasetVersion": "1"}},
                    }
                ]
            },
            "'_producer' is a required property",
        ),
        ({"surprise": 1}, "Additional properties are not allowed"),
    ],
)
def test_what_is_wrong_with_an_event(shop: Shop, change: Event, problem: str) -> None:
    event = last(shop, "2017-01-02", "silver_order_lines") | change
    assert problem in " ".join(problems(event))


def test_a_build_starts_and_ends_once_under_an_id_that_follows_from_run_and_table(
    shop: Shop,
) -> None:
    states: dict[str, list[str]] = {}
    for event in events(shop, "2017-01-02"):
        run_id = next(
            tag["value"] for tag in event["run"]["facets"]["tags"]["tags"] if tag["key"] == "run_id"
        )
        assert event["run"]["runId"] == run_uuid(run_id, event["job"]["name"])
        states.setdefault(event["job"]["name"], []).append(event["eventType"])
    assert set(states) == {
        name for name, table in TABLES.items() if table.stage in ("ingest", "silver")
    }
    assert {tuple(kinds) for kinds in states.values()} == {("START", "COMPLETE")}


def test_a_table_says_what_it_read_and_wrote(shop: Shop) -> None:
    event = last(shop, "2017-01-02", "silver_order_lines")
    (output,) = event["outputs"]
    assert event["job"]["namespace"] == f"headwater.{TENANT}"
    assert {
        Path(one["name"]).name: one["facets"]["version"]["datasetVersion"]
        for one in event["inputs"]
    } == {
        "bronze_orders": "0",
        "silver_exchange_rates": "0",
    }
    assert output["name"] == str(shop.lake / "silver_order_lines")
    assert output["facets"]["version"]["datasetVersion"] == "0"
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == 1
    assert [one["name"] for one in output["facets"]["schema"]["fields"]] == list(
        TABLES["silver_order_lines"].columns
    )
    checks = {
        one["assertion"]: one["success"]
        for one in output["outputFacets"]["dataQualityAssertions"]["assertions"]
    }
    assert checks["unique(order_id, line_id)"] is True
    # a warning: the shop delivered no products
    assert checks["joins(product_id, silver_products)"] is False


def test_a_table_says_which_columns_its_columns_come_from(shop: Shop) -> None:
    fields = last(shop, "2017-01-02", "silver_customer_days")["outputs"][0]["facets"][
        "columnLineage"
    ]["fields"]
    inputs = [
        (Path(one["name"]).name, one["field"], one["transformations"][0]["type"])
        for one in fields["amount_sum"]["inputFields"]
    ]
    assert ("silver_order_lines", "amount", "DIRECT") in inputs
    assert ("silver_order_lines", "customer_id", "INDIRECT") in inputs


def test_a_delivery_says_which_files_it_is_from(shop: Shop) -> None:
    (folder,) = last(shop, "2017-01-02", "bronze_orders")["inputs"]
    assert folder["name"] == str(shop.landing / "orders")
    assert folder["inputFacets"]["subset"]["inputCondition"]["locations"] == [
        "orders/2017-01-02/orders.csv.gz"
    ]


def test_a_table_that_stays_as_it_is_wrote_nothing(shop: Shop) -> None:
    event = last(shop, "2017-01-02", "silver_products")
    assert (event["eventType"], event["outputs"]) == ("COMPLETE", [])


def test_a_refused_table_fails_with_its_message_and_checks_and_without_a_version(
    shop: Shop,
) -> None:
    event = last(shop, "2017-01-03", "silver_order_lines")
    (output,) = event["outputs"]
    assert event["eventType"] == "FAIL"
    assert event["run"]["facets"]["errorMessage"]["message"].startswith(
        "CheckFailed: silver_order_lines is not written: refused_share"
    )
    assert "version" not in output["facets"]
    assert [
        one["success"]
        for one in output["outputFacets"]["dataQualityAssertions"]["assertions"]
        if one["assertion"] == "refused_share"
    ] == [False]


class Server(ThreadingHTTPServer):
    """Takes events on a free port of this machine, and answers with a status."""

    def __init__(self, status: int = 201) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.received = status, list[tuple[str, str, Event]]()
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    server: Server
    timeout: ClassVar[float] = 5

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.received.append((self.path, self.headers.get("Authorization", ""), body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.shutdown()
    server.server_close()


def context(shop: Shop, path: Path, url: str | None, spark: Any = None) -> Context:
    """A run without a session: events need none."""
    declare_tables()
    settings = shop.settings.model_copy(update={"lineage": Lineage(path=path, url=url)})
    return Context(spark, settings, Run(TENANT, date(2017, 1, 2), date(2017, 1, 3)))


def build(at_work: Context, *tables: str) -> None:
    """Builds that end well, with a version written: the event of the widest table has 117 kB."""
    for name in tables:
        with emitting_events(at_work, TABLES[name]) as account:
            account.version = 0


def kinds(at_work: Context, path: Path) -> list[str]:
    return [
        json.loads(text)["eventType"]
        for text in (path / TENANT / f"{at_work.run.run_id}.jsonl").read_text().splitlines()
    ]


@pytest.fixture
def empty(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "shop")


def test_a_server_gets_the_same_events_with_the_key_of_the_environment(
    empty: Shop, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(API_KEY, "a key")
    at_work = context(empty, tmp_path, server.url)
    build(at_work, "gold_kpis")
    assert [(path, key, event["eventType"]) for path, key, event in server.received] == [
        ("/api/v1/lineage", "Bearer a key", "START"),
        ("/api/v1/lineage", "Bearer a key", "COMPLETE"),
    ]
    written = (tmp_path / TENANT / f"{at_work.run.run_id}.jsonl").read_text().splitlines()
    assert [json.loads(text) for text in written] == [event for _, _, event in server.received]
    assert "a key" not in "".join(written)


def test_a_server_that_is_down_is_said_once_and_holds_up_no_build(
    empty: Shop, server: Server, tmp_path: Path, capsys: Any
) -> None:
    server.shutdown()
    server.server_close()
    at_work, started = context(empty, tmp_path, server.url), ops.now()
    build(at_work, "gold_kpis", "gold_customer_scores")
    assert (ops.now() - started).total_seconds() < TIMEOUT + 1
    warnings = capsys.readouterr().err.splitlines()
    assert len(warnings) == 1
    assert warnings[0].startswith(f"headwater: lineage events do not reach {server.url}")
    assert kinds(at_work, tmp_path) == ["START", "COMPLETE", "START", "COMPLETE"]


def test_a_server_that_refuses_is_asked_once(
    empty: Shop, server: Server, tmp_path: Path, capsys: Any
) -> None:
    server.status = 503
    build(context(empty, tmp_path, server.url), "gold_kpis", "gold_customer_scores")
    assert len(server.received) == 1
    assert "503" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_said_once(
    empty: Shop, tmp_path: Path, capsys: Any
) -> None:
    (tmp_path / "lineage").write_text("a file where a folder should be")
    build(context(empty, tmp_path / "lineage", None), "gold_kpis", "gold_customer_scores")
    (warning,) = capsys.readouterr().err.splitlines()
    assert str(tmp_path / "lineage") in warning


def test_a_run_that_is_broken_off_says_so(empty: Shop, tmp_path: Path) -> None:
    at_work = context(empty, tmp_path, None)
    with pytest.raises(KeyboardInterrupt), emitting_events(at_work, TABLES["gold_kpis"]):
        raise KeyboardInterrupt
    assert kinds(at_work, tmp_path) == ["START", "ABORT"]


def test_two_builds_at_once_do_not_cut_each_others_lines(empty: Shop, tmp_path: Path) -> None:
    at_work = context(empty, tmp_path, None)
    threads = [
        threading.Thread(target=build, args=(at_work, *["features_customers"] * 20))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kinds(at_work, tmp_path)) == 4 * 20 * 2
