"""What can be missing on a machine, said so that its owner can mend it."""

import re
from pathlib import Path


class SetupProblem(Exception):
    """Set-up cannot go on; the message says what is missing and what to do."""


_NO_NETWORK = (
    "dns error",
    "(name|host) .*(not known|not found|resolution|resolve)",
    "unknownhost",
    "failed to fetch",
    "error sending request",
    "tunnel error",
    "connect(ion)? ?(error|refused|reset|timed out|exception)",
    "newconnectionerror",
    "network is unreachable",
    "no ?route ?to ?host",
    "timed out",
    "no matching distribution found",
    "server access error",
    "sslhandshake",
    "invalid peer certificate",
    "certificate verify failed",
)

# Pattern in a tool's output, what it means, what to do; the first that is found counts.
_CAUSES = (
    (
        "no space left on device|os error 28|errno 28|quota exceeded",
        "the disk is full",
        "free at least 4 GB and run `make setup` again",
    ),
    (
        "hash(es)? mismatch|do not match the hashes",
        "a downloaded package is not the one that the lock file names",
        (
            "the download is damaged, or a proxy changes packages: remove the installer's cache"
            " (~/.cache/uv), then run `make setup` again"
        ),
    ),
    (
        "|".join(_NO_NETWORK),
        "the package index was not reached",
        (
            "check the network, the proxy (HTTPS_PROXY) and its certificate (SSL_CERT_FILE); `make"
            " setup` goes on where it stopped"
        ),
    ),
)


def explain(task: str, output: str, log: Path) -> SetupProblem:
    """The problem behind a tool's failed run: its cause in words, its last lines, and where the
    rest stands.
    """
    lines = [line.rstrip() for line in output.splitlines() if line.strip(" .:|-\t")]
    tail = "\n".join(f"    {line}" for line in lines[-6:])
    for pattern, cause, remedy in _CAUSES:
        if re.search(pattern, output, re.IGNORECASE):
            return SetupProblem(
                f"{task}: {cause}.\n  To do: {remedy}.\n  The tool said (all of it in"
                f" {log}):\n{tail}"
            )
    return SetupProblem(
        f"{task} failed.\n  To do: read {log}; running `make setup` again goes on where it"
        f" stopped.\n  The tool said:\n{tail}"
    )
