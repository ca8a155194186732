"""A trust store for Java with the certificates that Python trusts.

The Java of a wheel knows only public authorities; behind a company's proxy pip works through
SSL_CERT_FILE and Java would not.
"""

import hashlib
import struct
from pathlib import Path

PASSWORD = "changeit"  # noqa: S105 - Java's own default; the file holds public certificates


def write_trust_store(path: Path) -> list[str]:
    """Write the machine's authorities to a trust store; returns the options that make Java use it,
    none when Python lists none.
    """
    import ssl  # noqa: PLC0415 - 60 ms that a run with nothing to do need not pay

    certificates = ssl.create_default_context().get_ca_certs(binary_form=True)
    if not certificates:
        return []
    path.write_bytes(as_jks(certificates))
    return [
        f"-Djavax.net.ssl.trustStore={path}",
        f"-Djavax.net.ssl.trustStorePassword={PASSWORD}",
        "-Djavax.net.ssl.trustStoreType=JKS",
    ]


def as_jks(certificates: list[bytes]) -> bytes:
    """The certificates (DER) in Java's JKS layout, version 2, as sun.security.provider.JavaKeyStore
    reads it.
    """
    body = struct.pack(">III", 0xFEEDFEED, 2, len(certificates))
    for number, certificate in enumerate(certificates):
        body += struct.pack(">I", 2) + _text(f"authority-{number}") + struct.pack(">Q", 0)
        body += _text("X.509") + struct.pack(">I", len(certificate)) + certificate
    salt = PASSWORD.encode("utf-16-be") + b"Mighty Aphrodite"
    return body + hashlib.sha1(salt + body, usedforsecurity=False).digest()


def _text(value: str) -> bytes:
    return struct.pack(">H", len(value)) + value.encode()
