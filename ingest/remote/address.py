"""The address of an inbox elsewhere: what of it may be written down, and the way there that this process remembers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from ingest.remote.found import OtherBytes, Place
from pamga.addresses import scheme_of, without_secrets
from pamga.errors import PamgaError
from pamga.faults import ALWAYS_OURS, first_line
from pamga.settings import Settings


@dataclass(frozen=True)
class _Way:
    """How to get to an inbox: its address with account, password or signature, and by what its SFTP server is known."""

    url: str
    host_key: str | None


_WAYS: dict[str, _Way] = {}
"""In this process: the way to an inbox by the name that is written down."""


def is_remote(inbox: str) -> bool:
    return "://" in inbox and not inbox.startswith("file://")


def name_of(settings: Settings, url: str) -> str:
    """The address without account, password and query: what lake, receipts, registry and logs hold. This process remembers the rest."""
    name = without_secrets(url)
    if name != url or name not in _WAYS or url == settings.inbox_url:
        _WAYS[name] = _Way(url, settings.inbox_host_key)
    return name


@contextlib.contextmanager
def reached(inbox: str) -> Iterator[Place]:
    """The place of this name. What it says goes on without account, password and signature: OtherBytes and FileNotFoundError are about
    one file, PamgaError about the place."""
    way = _WAYS.get(inbox, _Way(inbox, None))
    try:
        yield _place(way)
    except PamgaError:
        raise
    except OtherBytes as error:
        raise OtherBytes(_without(way.url, str(error))) from None
    except FileNotFoundError as error:
        raise FileNotFoundError(_without(way.url, str(error))) from None
    except Exception as error:  # each library has errors of its own, and they quote the address
        if isinstance(error, OSError) and error.errno in ALWAYS_OURS:
            raise
        raise PamgaError(
            f"The inbox {inbox} cannot be read: {_without(way.url, first_line(error))}",
            "Mend the address, the account or the line, and do it again: nothing was taken and nothing is lost.",
        ) from None


def _place(way: _Way) -> Place:
    scheme = scheme_of(way.url)
    if scheme == "sftp":
        from ingest.remote.sftp import SftpServer

        return SftpServer(way.url, way.host_key)
    if scheme in ("http", "https"):
        from ingest.remote.web import WebServer

        return WebServer(way.url)
    from ingest.remote.store import ObjectStore

    return ObjectStore(way.url)


def _without(address: str, said: str) -> str:
    """A text without what of an address is secret."""
    parts = urlsplit(address)
    account = parts.netloc.rpartition("@")[0]
    secrets = [account, unquote(account), parts.password or "", unquote(parts.password or ""), parts.query]
    for secret in sorted({secret for secret in secrets if secret}, key=len, reverse=True):
        said = said.replace(secret, "…")
    return said
