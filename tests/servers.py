"""A web server of the test: answers what it is told to, well or badly, and remembers what it was
asked.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Answer:
    """What a request gets: JSON unless `body` says otherwise; cut off after so many bytes, or
    dripping one byte at a time.
    """

    value: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    kind: str = "application/json"
    cut_after: int | None = None
    silent_seconds: float = 0
    drip_seconds: float = 0


@dataclass
class Server:
    """Its address, what it was asked (path, parameters, headers), and what it will answer."""

    answer: Callable[[str, dict[str, str], int], Answer]
    url: str = ""
    asked: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)

    @property
    def parameters(self) -> list[dict[str, str]]:
        return [parameters for _, parameters, _ in self.asked]


@contextmanager
def serving(answer: Callable[[str, dict[str, str], int], Answer]) -> Iterator[Server]:
    """`answer` gets path, parameters and the number of the request, from 1."""
    server = Server(answer)

    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(server))
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    server.url = f"http://127.0.0.1:{http.server_port}"
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def _handler_of(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            parameters = dict(parse_qsl(parts.query))
            server.asked.append((parts.path, parameters, dict(self.headers)))
            one = server.answer(parts.path, parameters, len(server.asked))
            body = json.dumps(one.value).encode() if one.body is None else one.body
            time.sleep(one.silent_seconds)
            self.send_response(one.status)
            for name, value in {
                "Content-Type": one.kind,
                "Content-Length": str(len(body)),
                **one.headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for at in range(len(body) if one.drip_seconds else 0):
                    self.wfile.write(body[at : at + 1])
                    self.wfile.flush()
                    time.sleep(one.drip_seconds)
                if not one.drip_seconds:
                    self.wfile.write(body[: one.cut_after])
            except OSError:
                pass  # the client had enough

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
