"""The certificate of the releases' address, as whoever asks for them is shown it."""

from __future__ import annotations

import os
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from cryptography import x509

_SECONDS = 10


@dataclass(frozen=True)
class Shown:
    """A certificate: until when it is good, and why a browser would not take it all the same."""

    name: str
    until: datetime
    refused: str | None

    @property
    def seconds_left(self) -> float:
        return (self.until - datetime.now(UTC)).total_seconds()


def shown_at(address: str) -> Shown | None:
    """What is shown to whoever opens this address; None where it has no TLS. Raises OSError when nobody answers.

    PAMGA_PROXY (name:port) is where the proxy is reached from a service that is beside it; without it, where the address leads.
    """
    parts = urlsplit(address)
    if parts.scheme != "https" or parts.hostname is None:
        return None
    place = urlsplit(f"//{os.environ['PAMGA_PROXY']}") if os.environ.get("PAMGA_PROXY") else parts
    host, port = place.hostname or parts.hostname, place.port or 443
    try:
        return Shown(parts.hostname, _until(_handshake(host, port, parts.hostname, ssl.create_default_context())), None)
    except ssl.SSLCertVerificationError as error:
        anyhow = ssl.create_default_context()
        anyhow.check_hostname, anyhow.verify_mode = False, ssl.CERT_NONE  # to read it; nothing is sent
        return Shown(parts.hostname, _until(_handshake(host, port, parts.hostname, anyhow)), error.verify_message)


def _handshake(host: str, port: int, name: str, context: ssl.SSLContext) -> bytes:
    with (
        socket.create_connection((host, port), timeout=_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=name) as opened,
    ):
        return opened.getpeercert(binary_form=True) or b""


def _until(certificate: bytes) -> datetime:
    return x509.load_der_x509_certificate(certificate).not_valid_after_utc
