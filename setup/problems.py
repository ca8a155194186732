"""What can be missing on a machine, said so that its owner can mend it."""

import re
from pathlib import Path


class SetupProblem(Exception):  # noqa: N818 - it is printed as the answer, not raised at a programmer
    """Set-up cannot go on; the message says what is missing and what to do."""


_CAUSES = (
    (
        r"no space left on device|os error 28|errno 28|disk quota exceeded",
        "the disk is full",
        "free at least 3 GB and run `make setup` again",
    ),
    (
        r"hash(es)? mismatch|do not match the hashes",
        "a downloaded package is not the one that the lock file names",
        "a proxy or mirror changes packages, or the download is damaged: clear the cache with `make clean` and `uv cache clean`, then run again",
    ),
    (
        r"dns error|name resolution|name or service not known|nodename nor servname|unknownhost|failed to fetch|error sending request|tunnel error"
        r"|connect(ion)?( |)(error|refused|reset|timed out|exception)|newconnectionerror|network is unreachable|timed out|timeout"
        r"|server access error|no matching distribution found|noroutetohost|sslhandshake|invalid peer certificate|certificate verify failed",
        "the package registry was not reached",
        "check the network, the proxy (HTTPS_PROXY) and its certificate (SSL_CERT_FILE), then run `make setup` again: it goes on where it stopped",
    ),
)


def explain(task: str, output: str, log: Path) -> SetupProblem:
    """The problem behind a tool's failed run: its cause in words, its last lines, and where the rest stands."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip(" .\t")]
    tail = "\n".join(f"    {line}" for line in lines[-6:])
    for pattern, cause, remedy in _CAUSES:
        if re.search(pattern, output, re.IGNORECASE):
            return SetupProblem(f"{task}: {cause}.\n  To do: {remedy}.\n  The tool said (all of it in {log}):\n{tail}")
    return SetupProblem(
        f"{task} failed.\n  To do: read {log}; running `make setup` again goes on where it stopped.\n  The tool said:\n{tail}"
    )
