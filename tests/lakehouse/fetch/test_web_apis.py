"""A web API that misbehaves on purpose: what may pass is waited out, what does not is said, and
whole pages are never asked for twice.
"""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from lakehouse.fetch.fetched import FetchError, write_json
from lakehouse.fetch.webapis import fetch_pages
from settings.connectors import Api
from tests.servers import Answer, Server, serving

DAY = date(2026, 1, 2)
ROWS = [{"id": n, "name": f"Zoë {n}"} for n in range(1, 6)]
SECRET = "s3cret/Token+9f8e"
CURSOR = {"by": "cursor", "parameter": "after", "path": "meta.next"}


def two_by_two(_path: str, parameters: dict[str, str], _count: int) -> Answer:
    """Five records, two per page; the cursor is the number of records before the page."""
    at = int(parameters.get("after", 0))
    return Answer(
        {"data": ROWS[at : at + 2], "meta": {"next": str(at + 2) if at + 2 < len(ROWS) else None}}
    )


def api_of(server: Server, **more: Any) -> Api:
    settings = {
        "url": f"{server.url}/orders",
        "records": "data",
        "paging": CURSOR,
        "backoff_seconds": 0.01,
        "timeout_seconds": 5,
    }
    return Api.model_validate(settings | more)


def fetch(api: Api, home: Path) -> list[Any]:
    made = home / "whole"
    made.mkdir(exist_ok=True)
    fetch_pages(api, DAY, home / "part", made)
    with gzip.open(made / "records.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in lines]


def test_a_cursor_is_followed_to_the_last_page_with_the_parameters_of_the_day_and_the_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", SECRET)
    with serving(two_by_two) as server:
        api = api_of(
            server,
            parameters={"from": "{day}", "to": "{next_day}"},
            token={"secret": {"env": "SHOP_TOKEN"}},
        )
        assert fetch(api, tmp_path) == ROWS
    days = {"from": "2026-01-02", "to": "2026-01-03"}
    assert server.parameters == [days, days | {"after": "2"}, days | {"after": "4"}]
    assert {headers["Authorization"] for *_, headers in server.asked} == {f"Bearer {SECRET}"}
    assert [
        path
        for path in tmp_path.rglob("*")
        if path.is_file() and SECRET.encode() in path.read_bytes()
    ] == []


def test_pages_are_counted_until_one_is_empty_or_short(tmp_path: Path) -> None:
    def answer(_path: str, parameters: dict[str, str], _count: int) -> Answer:
        page = int(parameters["page"])
        return Answer(ROWS[2 * page - 2 : 2 * page])

    numbered = {"by": "number", "parameter": "page"}
    with serving(answer) as server:
        assert fetch(api_of(server, records="", paging=numbered), tmp_path) == ROWS
        assert [asked["page"] for asked in server.parameters] == ["1", "2", "3", "4"]
        server.asked.clear()
        assert (
            fetch(api_of(server, records="", paging={**numbered, "size": 2}), tmp_path / ".")
            == ROWS
        )
        assert [asked["page"] for asked in server.parameters] == ["1", "2", "3"]


def test_links_are_followed_on_the_same_server_alone(tmp_path: Path) -> None:
    def answer(_path: str, parameters: dict[str, str], count: int) -> Answer:
        if count == 3:
            return Answer(
                ROWS[4:], headers={"Link": '<http://elsewhere.example/orders>; rel="next"'}
            )
        return Answer(
            ROWS[2 * count - 2 : 2 * count],
            headers={"Link": f'</orders?p={count + 1}>; rel="next", </orders>; rel="first"'},
        )

    with serving(answer) as server:
        with pytest.raises(FetchError, match=r"elsewhere\.example/orders, another server") as error:
            fetch(api_of(server, records="", paging={"by": "link"}), tmp_path)
        assert server.parameters == [{}, {"p": "2"}, {"p": "3"}]
    assert "2 pages are kept" in str(error.value)


def soon() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "least"),
    [
        ({"Retry-After": "1"}, 1.0),
        ({"Retry-After": "a date"}, 0.9),  # two seconds from now, without their fraction
        ({"X-RateLimit-Reset": "1"}, 1.0),
    ],
)
def test_too_many_requests_waits_as_long_as_it_is_told(
    tmp_path: Path, headers: dict[str, str], least: float
) -> None:
    def answer(path: str, parameters: dict[str, str], count: int) -> Answer:
        sent = {name: soon() if value == "a date" else value for name, value in headers.items()}
        return (
            Answer(status=429, headers=sent) if count == 2 else two_by_two(path, parameters, count)
        )

    began = datetime.now(UTC)
    with serving(answer) as server:
        assert fetch(api_of(server), tmp_path) == ROWS
    assert (datetime.now(UTC) - began).total_seconds() >= least
    assert len(server.asked) == 4


def test_a_wait_that_is_too_long_ends_the_fetch_and_the_next_one_goes_on(tmp_path: Path) -> None:
    def answer(path: str, parameters: dict[str, str], count: int) -> Answer:
        return (
            Answer(status=429, headers={"Retry-After": "3600"})
            if count == 2
            else two_by_two(path, parameters, count)
        )

    with serving(answer) as server:
        with pytest.raises(
            FetchError,
            match=r"asks to wait 3600 s, more than longest_wait_seconds \(300\)\. 1 pages are kept",
        ):
            fetch(api_of(server), tmp_path)
        assert fetch(api_of(server), tmp_path) == ROWS
        assert [asked.get("after") for asked in server.parameters] == [None, "2", "2", "4"]


PASSING: dict[str, Answer] = {
    "an error of the server": Answer(status=500),
    "a bad gateway": Answer(status=502, body=b"<html>", kind="text/html"),
    "a connection cut in the middle": Answer({"data": ROWS, "meta": {}}, cut_after=20),
    "a body cut without a length": Answer(body=b'{"data": [{"id"'),
    "no answer": Answer({"data": []}, silent_seconds=1.5),
    "an answer that drips": Answer({"data": ROWS, "meta": {}}, drip_seconds=0.2),
}


@pytest.mark.parametrize("trouble", PASSING.values(), ids=PASSING)
def test_trouble_that_passes_is_sat_out_and_one_that_stays_is_an_error(
    tmp_path: Path, trouble: Answer
) -> None:
    with serving(
        lambda path, parameters, count: (
            trouble if count in {2, 3} else two_by_two(path, parameters, count)
        )
    ) as server:
        assert fetch(api_of(server, timeout_seconds=0.7), tmp_path) == ROWS
        assert [asked.get("after") for asked in server.parameters] == [None, "2", "2", "2", "4"]
        server.answer = lambda *_: trouble
        server.asked.clear()
        (tmp_path / "part/_place.json").unlink()
        with pytest.raises(FetchError, match=f"{server.url}/orders"):
            fetch(api_of(server, timeout_seconds=0.7, attempts=2), tmp_path)
        assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            Answer(status=401),
            r"answers 401 .* It is the environment variable SHOP_TOKEN, sent as X-Key\. Put a valid one there",
        ),
        (Answer(status=403), "the credential is refused"),
        (Answer(status=404), "Correct url and parameters"),
        (
            Answer(status=302, headers={"Location": "http://elsewhere.example"}),
            "redirects are not followed",
        ),
        (
            Answer(body=b"<!doctype html>Log in", kind="text/html; charset=utf-8"),
            r"answers with a page \(text/html.*not with JSON",
        ),
        (Answer({"items": []}), "'data' is no list of records; the answer has: items"),
        (Answer({"data": ["x"]}), "'data' is no list of records"),
    ],
)
def test_what_asking_again_does_not_change_is_asked_once(
    tmp_path: Path, answer: Answer, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", SECRET)
    with serving(lambda *_: answer) as server, pytest.raises(FetchError, match=message) as error:
        fetch(
            api_of(
                server, token={"secret": {"env": "SHOP_TOKEN"}, "header": "X-Key", "scheme": ""}
            ),
            tmp_path,
        )
    assert len(server.asked) == 1
    assert server.asked[0][2]["X-Key"] == SECRET
    assert SECRET not in str(error.value)


def test_a_repeated_page_is_taken_once(tmp_path: Path) -> None:
    def answer(path: str, parameters: dict[str, str], count: int) -> Answer:
        if parameters.get("after") == "2":  # the first page once more, under the second cursor
            return Answer({"data": ROWS[:2], "meta": {"next": "2b"}})
        return two_by_two(
            path, {"after": "2"} if parameters.get("after") == "2b" else parameters, count
        )

    with serving(answer) as server:
        assert fetch(api_of(server), tmp_path) == ROWS


def test_a_cursor_that_never_ends_is_refused_at_the_limit_and_one_that_stands_still_at_once(
    tmp_path: Path,
) -> None:
    with serving(
        lambda _p, _q, count: Answer({"data": [{"id": count}], "meta": {"next": f"c{count}"}})
    ) as server:
        with pytest.raises(FetchError, match=r"no last page after 7 pages \(paging\.most\)"):
            fetch(api_of(server, paging={**CURSOR, "most": 7}), tmp_path)
        assert len(server.asked) == 7
        (tmp_path / "part/_place.json").unlink()
        server.answer = lambda *_: Answer({"data": [{"id": 1}], "meta": {"next": "same"}})
        server.asked.clear()
        with pytest.raises(FetchError, match="the next page is the same again"):
            fetch(api_of(server), tmp_path)
        assert len(server.asked) == 2


@pytest.mark.parametrize("killed_at", [1, 2, 3])
def test_a_killed_fetch_goes_on_after_the_last_whole_page(
    tmp_path: Path, killed_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after a page was kept and before its cursor was: that page alone is asked for
    again.
    """
    from lakehouse.fetch import webapis

    write, written = write_json, [0]

    def dies(path: Path, value: dict[str, Any]) -> None:
        written[0] += 1
        if written[0] == killed_at:
            raise KeyboardInterrupt
        write(path, value)

    with serving(two_by_two) as server:
        monkeypatch.setattr(webapis, "write_json", dies)
        with pytest.raises(KeyboardInterrupt):
            fetch(api_of(server), tmp_path)
        assert fetch(api_of(server), tmp_path) == ROWS
    expected = [None, "2", "4"]
    assert [asked.get("after") for asked in server.parameters] == expected[:killed_at] + expected[
        killed_at - 1 :
    ]


def test_a_kept_cursor_that_is_no_longer_known_begins_anew(tmp_path: Path) -> None:
    def answer(path: str, parameters: dict[str, str], count: int) -> Answer:
        if count == 2:
            return Answer(status=500)
        return Answer(status=410) if count == 3 else two_by_two(path, parameters, count)

    with serving(answer) as server:
        with pytest.raises(FetchError, match="answers 500"):
            fetch(api_of(server, attempts=1), tmp_path)
        assert fetch(api_of(server, attempts=1), tmp_path) == ROWS
        assert [asked.get("after") for asked in server.parameters] == [
            None,
            "2",
            "2",
            None,
            "2",
            "4",
        ]


def test_waits_grow_and_are_random(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    monkeypatch.setattr("tenacity.nap.time.sleep", waits.append)
    with (
        serving(lambda *_: Answer(status=503)) as server,
        pytest.raises(FetchError, match=r"answers 503 .*, 8 times"),
    ):
        fetch(api_of(server, attempts=8, backoff_seconds=100), tmp_path)
    # the server thread polls by select, and the handler sleeps 0
    drawn = [wait for wait in waits if wait > 0.06]
    assert len(set(drawn)) >= 6
    assert max(drawn) <= 60


REFUSED: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    (
        lambda api: api.update(token={"secret": {"env": "T"}}, url="http://shop.example/x"),
        "over http: can be read",
    ),
    (
        lambda api: api.update(token={"secret": {"env": "T", "file": "/run/t"}}),
        "a credential is in one place",
    ),
    (lambda api: api.update(token={"secret": {"env": "HEADWATER_T"}}), "HEADWATER_ are settings"),
    (lambda api: api.update(url="https://user:word@shop.example/x"), "String should match pattern"),
    (lambda api: api.update(paging={"by": "cursor"}), "paging by cursor needs parameter and path"),
    (lambda api: api.update(pageing={}), "Extra inputs are not permitted"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_settings_that_cannot_be_meant_are_refused(
    change: Callable[[dict[str, Any]], None], message: str
) -> None:
    settings: dict[str, Any] = {"url": "https://shop.example/x"}
    change(settings)
    with pytest.raises(ValidationError, match=message):
        Api.model_validate(settings)
