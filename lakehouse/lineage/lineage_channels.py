"""Where OpenLineage events go: a file per run, and a server over HTTP when a setting names one.
Neither can fail or hold up a run.
"""

import os
import sys
import threading
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from openlineage.client.client import OpenLineageClient
from openlineage.client.event_v2 import RunEvent
from openlineage.client.transport import Transport
from openlineage.client.transport.file import FileConfig, FileTransport
from openlineage.client.transport.http import HttpConfig, HttpTransport
from requests import RequestException

from lakehouse.base.run import Run
from settings.model import Settings
from settings.places import absolute

# the name that OpenLineage's own clients read; never a setting, so that it is in no file
API_KEY = "OPENLINEAGE_API_KEY"
# A healthy server answers in milliseconds. One that does not is asked once a run, so this is all a
# run can lose to it, per address.
TIMEOUT = 2.0
# tables are built side by side: one event at a time, and a server that is down is waited for once
_WRITING = threading.Lock()


class Channel:
    """One place that events go to, until it fails: then it says so once and is left alone for the
    rest of the run.
    """

    def __init__(self, name: str, transport: Transport) -> None:
        self.name = name
        self.is_broken = False
        self._client = OpenLineageClient(transport=transport)

    def send(self, event: RunEvent) -> None:
        """Send the event; a channel that fails is said to once."""
        if self.is_broken:
            return
        try:
            with _WRITING:
                if not self.is_broken:
                    self._client.emit(event)
        except (
            RequestException,
            OSError,
            RuntimeError,
        ) as error:  # RuntimeError is what the file transport makes of an OSError
            self.is_broken = True
            sys.stderr.write(
                f"headwater: lineage events do not reach {self.name}, and are not sent there for"
                f" the rest of the run: {error}\n"
            )


def send(settings: Settings, run: Run, event: RunEvent) -> None:
    """Send the event to every channel of the run."""
    place = absolute(settings.lineage.path) / run.tenant / f"{run.run_id}.jsonl"
    for channel in _channels(place, settings.lineage.url):
        channel.send(event)


@lru_cache(maxsize=8)  # as many runs as one process has at a time
def _channels(place: Path, url: str | None) -> tuple[Channel, ...]:
    channels = [Channel(str(place), _file(place))]
    if url:
        channels.append(Channel(url, _server(url)))
    return tuple(channels)


def _file(place: Path) -> FileTransport:
    with suppress(OSError):  # said by the first event, which cannot be written either
        place.parent.mkdir(parents=True, exist_ok=True)
    return FileTransport(FileConfig(str(place), append=True))


def _server(url: str) -> HttpTransport:
    key = os.environ.get(API_KEY)
    auth = {"type": "api_key", "apiKey": key} if key else {}
    return HttpTransport(
        HttpConfig.from_dict(
            {
                "url": url,
                "timeout": TIMEOUT,
                "auth": auth,
                "retry": {"total": 0, "connect": 0, "read": 0},
            }
        )
    )
