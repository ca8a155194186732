"""A paged web API as files: each page is kept as it comes, with where to go on after it, so that a
killed fetch loses nothing.
"""

import gzip
import hashlib
import json
import shutil
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.util import Retry

from lakehouse.fetch.fetched import FetchError, filled, write_json
from lakehouse.store import ops
from settings.connectors import Api
from settings.credentials import without

PLACE = "_place.json"
# bytes of one page: at 1 kB per record 65,000 records, and no memory of a laptop is in danger
LARGEST = 64 << 20
BLOCK = 1 << 16
# seconds: beyond a minute a server is down, and the scheduler's own retry is the better wait
LONGEST_BACKOFF = 60.0
# X-RateLimit-Reset is seconds to wait with some servers and a point in time with others; this is
# 2001
EPOCH = 1_000_000_000
BUSY = {408, 425, 429, 500, 502, 503, 504}
STALE_CURSOR = {400, 404, 410}


@dataclass(frozen=True)
class Place:
    """Where a fetch stands: pages kept, what to ask for next, and whether that was all."""

    settings: str
    pages: int = 0
    records: int = 0
    repeated: int = 0
    next: str | None = None
    last_page: str = ""
    is_done: bool = False


class Passing(Exception):
    """A trouble that may pass: too many requests, an error of the server, a broken or slow
    connection; with the wait that was asked for.
    """

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class Refused(FetchError):
    """An answer that asking again does not change."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def fetch_pages(api: Api, day: date, part: Path, made: Path) -> dict[str, Any]:
    """Get the pages of the day that are not in the folder `part` yet, then write all of them into
    `made`; returns the delivery's mark.

    Raises:
        FetchError: the API refuses, stays in trouble, answers with something else than such JSON,
            or has no last page.
    """
    secret = api.token.secret.read() if api.token else ""
    place = began_at = _place(api, day, part)
    with _session(api, secret) as session:
        while not place.is_done:
            try:
                place = _next_page(api, day, session, part, place)
            except Refused as refused:
                if not (began_at.pages and place == began_at and refused.status in STALE_CURSOR):
                    raise FetchError(without(str(refused), secret)) from None
                # the cursor of the killed fetch is no longer known
                place = began_at = _anew(api, day, part)
            except (Passing, FetchError) as error:
                raise FetchError(
                    f"{without(str(error), secret)}. {place.pages} pages are kept: run again to go"
                    " on after them"
                ) from None
    # no time in it: the same records are the same bytes
    with gzip.GzipFile(made / "records.jsonl.gz", "wb", mtime=0) as whole:
        for number in range(1, place.pages + 1):
            with gzip.open(_page(part, number), "rb") as page:
                shutil.copyfileobj(page, whole)
    return {"rows": place.records, "pages": place.pages, "repeated_pages": place.repeated}


def write_no_records(made: Path) -> None:
    """A day whose records are in a later delivery: a file without a line."""
    (made / "records.jsonl.gz").write_bytes(gzip.compress(b"", mtime=0))


def _place(api: Api, day: date, part: Path) -> Place:
    """Where an earlier fetch of the same day with the same settings was killed, else the
    beginning.
    """
    try:
        place = Place(**json.loads((part / PLACE).read_text()))
    except FileNotFoundError:
        return _anew(api, day, part)
    return place if place.settings == _fingerprint(api, day) else _anew(api, day, part)


def _anew(api: Api, day: date, part: Path) -> Place:
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    return Place(_fingerprint(api, day))


def _fingerprint(api: Api, day: date) -> str:
    asked = api.model_dump_json(exclude={"token": True, "paging": {"most"}})
    return hashlib.sha256(f"{day} {asked}".encode()).hexdigest()


def _session(api: Api, secret: str) -> requests.Session:
    session = requests.Session()
    session.headers.update({"Accept": "application/json", **api.headers})

    def prove(request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the token to a request, where the source has one."""
        if api.token:
            request.headers[api.token.header] = f"{api.token.scheme} {secret}".strip()
        return request

    # as `auth`, also when there is no token: it keeps requests from sending a password of ~/.netrc
    # instead
    session.auth = prove
    return session


def _next_page(api: Api, day: date, session: requests.Session, part: Path, place: Place) -> Place:
    """Ask for one page, keep it, then keep where to go on: killed in between, the page is asked for
    again and written over.
    """
    number, asked = place.pages + 1, place.pages + place.repeated
    if asked >= (api.paging.most if api.paging else 1):
        raise FetchError(
            f"{_shown(api.url)}: no last page after {asked} pages (paging.most): a cursor that"
            " never ends, or raise paging.most"
        )
    url, parameters = _request(api, day, place)
    body, links = _asked(api, session, url, parameters)
    records = _records(api, body, url)
    lines = "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records).encode()
    digest = hashlib.sha256(lines).hexdigest()
    is_repeated = bool(records) and digest == place.last_page
    following = _following(api, place, body, records, links, url)
    if following is not None and following == place.next:
        raise FetchError(
            f"{_shown(url)}, page {number}: the next page is the same again ({_shown(following)}):"
            " it would never end"
        )
    if not is_repeated:
        beside = part / ".page"
        beside.write_bytes(gzip.compress(lines, mtime=0))
        beside.replace(_page(part, number))
    place = replace(
        place,
        pages=place.pages + (not is_repeated),
        records=place.records + (0 if is_repeated else len(records)),
        repeated=place.repeated + is_repeated,
        next=following,
        last_page=digest,
        is_done=following is None,
    )
    write_json(part / PLACE, asdict(place))
    return place


def _request(api: Api, day: date, place: Place) -> tuple[str, dict[str, str]]:
    url, parameters = (
        filled(api.url, day),
        {name: filled(text, day) for name, text in api.parameters.items()},
    )
    paging = api.paging
    if paging is None:
        return url, parameters
    if paging.by == "link":
        return (place.next, {}) if place.next else (url, parameters)
    value = place.next or (str(paging.first) if paging.by == "number" else None)
    return url, parameters | (
        {paging.parameter: value} if value is not None and paging.parameter else {}
    )


def _asked(
    api: Api, session: requests.Session, url: str, parameters: dict[str, str]
) -> tuple[Any, dict[str, Any]]:
    """The JSON of one answer and its links; asks again while the trouble may pass, after the wait
    that was told or a random one.
    """
    jitter = wait_random_exponential(multiplier=api.backoff_seconds, max=LONGEST_BACKOFF)

    def pause(state: RetryCallState) -> float:
        """Seconds to wait: those that the server asked for, else a random number that grows."""
        error = state.outcome.exception() if state.outcome else None
        asked_wait = error.wait if isinstance(error, Passing) else None
        return jitter(state) if asked_wait is None else asked_wait

    retrying = Retrying(
        retry=retry_if_exception_type(Passing),
        stop=stop_after_attempt(api.attempts),
        wait=pause,
        reraise=True,
    )
    return retrying(_answer, api, session, url, parameters)


def _answer(
    api: Api, session: requests.Session, url: str, parameters: dict[str, str]
) -> tuple[Any, dict[str, Any]]:
    began, shown = ops.now(), _shown(url)
    try:
        # no redirects: a token is for the address in the settings and for no other
        with session.get(
            url, params=parameters, timeout=api.timeout_seconds, stream=True, allow_redirects=False
        ) as answer:
            _refuse(api, answer, shown)
            body = bytearray()
            while block := answer.raw.read1(BLOCK, decode_content=True):
                body += block
                if len(body) > LARGEST:
                    raise FetchError(
                        f"{shown}: a page is larger than {LARGEST >> 20} MB. Ask for smaller pages"
                    )
                if (ops.now() - began).total_seconds() > api.timeout_seconds:
                    raise Passing(
                        f"{shown}: an answer took longer than {api.timeout_seconds:g} s"
                        " (timeout_seconds)"
                    )
            return (
                _json(bytes(body), answer.headers.get("Content-Type", "no content type"), shown),
                answer.links,
            )
    except (requests.RequestException, HTTPError) as error:
        kind = (
            "no answer in time"
            if isinstance(error, requests.Timeout)
            else "the connection failed or broke"
        )
        raise Passing(f"{shown}: {kind} ({type(error).__name__}), {api.attempts} times") from None


def _refuse(api: Api, answer: requests.Response, shown: str) -> None:
    status = answer.status_code
    message = f"{shown} answers {status} {answer.reason}"
    if status in BUSY:
        wait = _requested_wait(answer) if status in {429, 503} else None
        if wait is not None and wait > api.longest_wait_seconds:
            raise FetchError(
                f"{message} and asks to wait {wait:.0f} s, more than longest_wait_seconds"
                f" ({api.longest_wait_seconds:g})"
            )
        raise Passing(f"{message}, {api.attempts} times", wait)
    if status in {401, 403}:
        where = (
            f"the {api.token.secret}, sent as {api.token.header}"
            if api.token
            else "no token: name one in the settings"
        )
        raise Refused(
            f"{message}: the credential is refused. It is {where}. Put a valid one there and run"
            " again",
            status,
        )
    if 300 <= status < 400:
        raise Refused(
            f"{message}: redirects are not followed, since they could carry the token elsewhere."
            " Put the new address into url",
            status,
        )
    if status != 200:
        raise Refused(
            f"{message}. Correct url and parameters in the tenant's settings, and run again", status
        )


def _requested_wait(answer: requests.Response) -> float | None:
    """Seconds that `Retry-After` (a number or a date) asks for, else `X-RateLimit-Reset` (seconds,
    or seconds since 1970).
    """
    try:
        if (after := answer.headers.get("Retry-After")) is not None:
            return Retry().parse_retry_after(after)
        reset = float(answer.headers["X-RateLimit-Reset"])
    except (InvalidHeader, KeyError, ValueError):
        return None
    return max(0.0, reset - ops.now().timestamp() if reset > EPOCH else reset)


def _json(body: bytes, kind: str, shown: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        if "html" in kind.lower() or body.lstrip()[:1] == b"<":
            raise Refused(
                f"{shown} answers with a page ({kind}), not with JSON: a login, or an address for"
                " people",
                200,
            ) from None
        raise Passing(
            f"{shown}: an answer of {len(body)} bytes ({kind}) is no whole JSON"
        ) from None


def _records(api: Api, body: Any, url: str) -> list[dict[str, Any]]:
    records = _at(body, api.records)
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        names = ", ".join(body) if isinstance(body, dict) else f"a {type(body).__name__}"
        at = f"'{api.records}'" if api.records else "the answer itself"
        raise FetchError(
            f"{_shown(url)}: {at} is no list of records; the answer has: {names}. Correct `records`"
        )
    return records


def _following(
    api: Api, place: Place, body: Any, records: list[Any], links: dict[str, Any], url: str
) -> str | None:
    paging = api.paging
    if paging is None:
        return None
    if paging.by == "number":
        is_last = not records or (paging.size is not None and len(records) < paging.size)
        return None if is_last else str(int(place.next or paging.first) + 1)
    value = _at(body, paging.path) if paging.path else links.get("next", {}).get("url")
    if value in (None, "", False):
        return None
    if paging.by == "cursor":
        return str(value)
    following = urljoin(url, str(value))
    if urlsplit(following)[:2] != urlsplit(url)[:2]:
        raise FetchError(
            f"{_shown(url)}: the next page is at {_shown(following)}, another server: the token is"
            " not for it"
        )
    return following


def _at(body: Any, path: str) -> Any:
    for key in path.split(".") if path else []:
        body = body.get(key) if isinstance(body, dict) else None
    return body


def _page(part: Path, number: int) -> Path:
    return part / f"page-{number:06}.jsonl.gz"


def _shown(url: str) -> str:
    """An address for messages: what follows `?` may be a credential of somebody's making."""
    return url.partition("?")[0]
