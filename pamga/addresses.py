"""Addresses of places elsewhere (s3, sftp, https): a folder or a URL, and what of a URL may be written down."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+):/")


def scheme_of(address: str) -> str | None:
    """The scheme of a URL, also of one whose two slashes became one (`s3:/bucket`); None for a path of this machine."""
    match = _SCHEME.match(address.strip())
    return match[1].lower() if match else None


def local_path(address: str) -> Path:
    """The folder that a path of this machine, or its `file:` address, names."""
    return Path(unquote(urlsplit(address).path)) if scheme_of(address) == "file" else Path(address)


def why_no_path(given: str) -> str | None:
    """Why a text names no folder of this machine, where it would silently become a strange one; None when it may."""
    if not given.strip():
        return "it is empty. Give the path of a folder"
    if given.startswith("~"):
        return "only a shell knows what ~ stands for. Give the whole path"
    return None


def without_secrets(address: str) -> str:
    """The URL without account, password, query and fragment: what may stand in lake, receipts, registry and logs."""
    if scheme_of(address) is None:
        return address
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
