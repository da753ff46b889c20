"""An inbox on an SFTP server, which is known by its host key before an account or a password is sent to it."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import paramiko  # type: ignore[import-untyped]

from ingest.remote.found import (
    A_FOLDER,
    A_LINK,
    CLOSED_FILE,
    CLOSED_FOLDER,
    DEEPEST,
    NO_FILE,
    SECONDS,
    SECONDS_OF_A_FILE,
    Found,
    OtherBytes,
    bounded,
    closed_inbox,
    is_ignored,
    is_receipts,
    write_exactly,
)
from pamga.errors import PamgaError

_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}=?")
_SECOND = 1_000_000_000
_KINDS_OF_KEYS = 6
_CONNECTED: dict[tuple[int, str, str | None], paramiko.SSHClient] = {}
"""By process, address and host key: a run asks for every file several times."""


class SftpServer:
    """A folder of a server. Account and password are written with %XX for what an address does not allow."""

    def __init__(self, address: str, host_key: str | None) -> None:
        self._root = unquote(urlsplit(address).path).rstrip("/") or "/"
        who = (os.getpid(), address, host_key)
        client = _CONNECTED.get(who)
        if client is None or not _alive(client):
            client = _CONNECTED[who] = _connect(address, host_key)
        files = _Files.from_transport(client.get_transport())
        assert files is not None  # noqa: S101 - the line has just been made
        self._files = files
        self._files.get_channel().settimeout(SECONDS)

    def __del__(self) -> None:
        files = getattr(self, "_files", None)
        if files is not None:
            files.close()

    def exists(self, path: str = "") -> bool:
        try:
            self._files.stat(self._address(path))
        except FileNotFoundError:
            return False
        return True

    def files(self) -> Iterator[Found]:
        return bounded(self._walk(""))

    def _walk(self, above: str) -> Iterator[Found]:
        try:
            children = sorted(self._files.listdir_attr(self._address(above)), key=lambda child: str(child.filename))
        except FileNotFoundError:  # taken away while we looked
            return
        except PermissionError:
            if not above:
                raise closed_inbox(self._root) from None
            yield Found(above.rstrip("/"), 0, 0, CLOSED_FOLDER)
            return
        for child in children:
            path = above + str(child.filename)
            if is_ignored(str(child.filename)) or is_receipts(path):
                continue
            if stat.S_ISDIR(child.st_mode or 0):
                if path.count("/") >= DEEPEST or "." in str(child.filename):
                    yield Found(path, 0, _mtime(child), A_FOLDER)
                else:
                    yield from self._walk(f"{path}/")
            else:
                yield _told(path, child)

    def look(self, path: str) -> Found:
        return _told(path, self._files.lstat(self._address(path)))

    def bring(self, path: str, target: Path, size: int) -> None:
        end = time.monotonic() + SECONDS_OF_A_FILE
        try:
            with self._files.open(self._address(path), "rb") as source, target.open("wb") as file:
                source.prefetch(size, max_concurrent_requests=64)
                write_exactly(source.read, file, size, lambda: time.monotonic() > end)
        except PermissionError:
            raise OtherBytes(CLOSED_FILE) from None
        except TimeoutError:
            raise OtherBytes(f"the server was silent for {SECONDS:.0f} s") from None

    def _address(self, path: str) -> bytes:
        whole = f"{self._root.rstrip('/')}/{path}".rstrip("/") or "/"
        return whole.encode("utf-8", "surrogateescape")


class _Files(paramiko.SFTPClient):  # type: ignore[misc]
    """One name that is not UTF-8 would keep the library from telling any of its folder."""

    def _request(self, kind: Any, *arguments: Any) -> Any:
        number, message = super()._request(kind, *arguments)
        if message is not None:
            message.get_text = lambda: message.get_string().decode("utf-8", "surrogateescape")
        return number, message


def _told(path: str, facts: Any) -> Found:
    mode = facts.st_mode or stat.S_IFREG
    fault = A_LINK if stat.S_ISLNK(mode) else None if stat.S_ISREG(mode) else NO_FILE
    return Found(path, int(facts.st_size or 0), _mtime(facts), fault)


def _mtime(facts: Any) -> int:
    return int(facts.st_mtime or 0) * _SECOND


def _alive(client: paramiko.SSHClient) -> bool:
    transport = client.get_transport()
    return transport is not None and bool(transport.is_active())


# ---- the server's identity -----------------------------------------------------------------------------------------------


class _OtherKey(Exception):
    """The server showed a key that nobody vouched for; it may have another, of another kind, that somebody did."""

    def __init__(self, kind: str, stranger: PamgaError) -> None:
        self.stranger = stranger
        self.algorithms = [kind, "rsa-sha2-256", "rsa-sha2-512"] if kind == "ssh-rsa" else [kind]


class _NoSuchKey(paramiko.SSHException):  # type: ignore[misc]
    """The server said who it is, and then that it has no key of a kind that was asked for: in a word, or by hanging up."""


def _has_no_such_key(line: paramiko.Transport | None) -> bool:
    """A server that greeted, showed no key and left. One that did not greet, or is silent, may be slow: that says nothing of keys."""
    return line is not None and bool(line.remote_version) and line.host_key is None and not line.is_active()


class _Vouched(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]
    """A key that no file of known hosts holds is accepted when its fingerprint is one of those that somebody gave."""

    def __init__(self, server: str, port: int, fingerprints: frozenset[str], given: bool) -> None:
        self._server, self._port, self._fingerprints, self._given = server, port, fingerprints, given

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        if fingerprint(key) not in self._fingerprints:
            stranger = _stranger(self._server, self._port, key, self._given)
            raise _OtherKey(key.get_name(), stranger) if self._fingerprints else stranger


def fingerprint(key: paramiko.PKey) -> str:
    """As `ssh-keygen -l` writes it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")


def _connect(address: str, host_key: str | None) -> paramiko.SSHClient:
    """A server has a key of each kind and shows the one that is asked for first: where another's fingerprint was given, that is asked for."""
    fingerprints = frozenset(each.rstrip("=") for each in _FINGERPRINT.findall(host_key or ""))
    shown: list[_OtherKey] = []
    for _ in range(_KINDS_OF_KEYS):
        try:
            return _connect_unless(
                address, host_key, fingerprints, [name for other in shown for name in other.algorithms]
            )
        except _OtherKey as other:
            shown.append(other)
        except _NoSuchKey:
            if not shown:
                raise
            break
    raise shown[0].stranger


def _connect_unless(
    address: str, host_key: str | None, fingerprints: frozenset[str], not_these: list[str]
) -> paramiko.SSHClient:
    parts = urlsplit(address)
    server, port = parts.hostname or "", parts.port or 22
    client = paramiko.SSHClient()
    if host_key and not fingerprints:
        _load(client, Path(host_key))
    elif not host_key:
        client.load_system_host_keys()  # what this account's own ssh knows
    client.set_missing_host_key_policy(_Vouched(server, port, fingerprints, bool(host_key)))
    try:
        client.connect(
            server, port, unquote(parts.username) if parts.username else None, unquote(parts.password) if parts.password else None,
            timeout=SECONDS, banner_timeout=SECONDS, auth_timeout=SECONDS, channel_timeout=SECONDS, disabled_algorithms={"keys": not_these},
        )  # fmt: skip
    except paramiko.BadHostKeyException as error:
        client.close()
        raise _stranger(server, port, error.key, given=True) from None
    except (paramiko.SSHException, EOFError, ConnectionError) as error:
        none = _has_no_such_key(client.get_transport())
        client.close()
        if none:
            raise _NoSuchKey(str(error)) from error
        raise
    except BaseException:
        client.close()
        raise
    return client


def _load(client: paramiko.SSHClient, path: Path) -> None:
    try:
        client.load_system_host_keys(str(path))
    except (OSError, UnicodeDecodeError):
        raise PamgaError(
            f"PAMGA_INBOX_HOST_KEY is neither a fingerprint (SHA256:…) nor a file of known hosts that can be read: {path}.",
            "Give what `ssh-keygen -lf` tells of the server's key, or the path of a file such as ~/.ssh/known_hosts.",
        ) from None


def _stranger(server: str, port: int, key: paramiko.PKey, given: bool) -> PamgaError:
    """Who answers is not known to be who is meant."""
    shown = f"{key.get_name()} {fingerprint(key)}"
    at = server if port == 22 else f"{server}:{port}"
    look = f"`ssh-keyscan -p {port} {server} | ssh-keygen -lf -` shows what the server sends"
    if given:
        return PamgaError(
            f"The SFTP server {at} shows the host key {shown}, which PAMGA_INBOX_HOST_KEY does not vouch for: it was set up anew, or "
            "somebody stands in between. No account and no password was sent.",
            f"Ask whoever runs it, by another way than this line, whether the key changed; {look}. Then mend PAMGA_INBOX_HOST_KEY.",
        )
    return PamgaError(
        f"Nobody vouched for the host key of the SFTP server {at}: {shown}. No account and no password was sent.",
        f"Ask whoever runs it for the key's fingerprint and compare ({look}); then set PAMGA_INBOX_HOST_KEY to that SHA256:…, or to a file "
        "of known hosts.",
    )
