"""What lies in the inbox: a local folder, an SFTP mount or any fsspec URL. Listed, never moved, never deleted."""

from __future__ import annotations

import base64
import contextlib
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from pamga.addresses import without_secrets
from pamga.errors import PamgaError
from pamga.faults import first_line
from pamga.layout import EXAMPLE_MARKER
from pamga.settings import Settings
from pamga.storage import private_folder

_IGNORED_NAMES = ("thumbs.db", "desktop.ini", EXAMPLE_MARKER.lower(), "leeme.txt", "readme.txt")
_IGNORED_STARTS = (".", "~$")
_IGNORED_ENDS = (".tmp", ".part", ".partial", ".crdownload", ".filepart", "~")
RECEIPTS_FOLDER = "acuses"
"""Inside an office's folder: where its receipts come back by the way that its files went in (docs/production.md). Never a delivery."""
_DEEPEST = 4  # folders below the inbox that are looked into
_WEB_SECONDS = 60
_SETTLE_ROUNDS = 5  # how often a file that keeps growing is waited for before it is left for the next time


@dataclass(frozen=True)
class Entry:
    """One entry of the inbox as it was listed. `path` is relative to the inbox, with '/' between its parts."""

    inbox: str
    path: str
    size: int
    mtime_ns: int
    fault: str | None = None
    """Why it is no file to be read (Spanish), for a link, a folder named like a file, something unreadable."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


_SECRET: dict[str, str] = {}
"""In this process: an inbox by the name that is written down -> its address with account, password or signature."""


def inbox_url(settings: Settings, inbox: str | None = None) -> str:
    """The name of the inbox that is asked for, or of that of the settings: a local one by its full path, a remote one by its address
    without account, password and query. The name is what lake, receipts, registry and logs hold; this process remembers the rest."""
    url = inbox or settings.inbox_url
    if not is_remote(url):
        return str(local_root(url).resolve())
    name = without_secrets(url)
    if inbox is None or name != url:
        _SECRET[name] = url
    return name


def is_remote(inbox: str) -> bool:
    return "://" in inbox and not inbox.startswith("file://")


def local_root(inbox: str) -> Path:
    return Path(inbox.removeprefix("file://"))


def list_inbox(inbox: str) -> list[Entry]:
    """Everything in the inbox that a person dropped, by modification time, then name."""
    entries = _list_remote(inbox) if is_remote(inbox) else _list_local(inbox)
    return sorted(entries, key=lambda entry: (entry.mtime_ns, entry.path))


def is_example(inbox: str) -> bool:
    """The inbox holds the marker that its deliveries are example data."""
    if not is_remote(inbox):
        return (local_root(inbox) / EXAMPLE_MARKER).exists()
    with _reached(inbox) as (files, root):
        return bool(files.exists(f"{root.rstrip('/')}/{EXAMPLE_MARKER}"))


def settled(settings: Settings, entries: list[Entry], inbox: str) -> tuple[list[Entry], list[Entry]]:
    """Wait for files that are still being written. Returns the entries that hold still and those that do not yet.

    A file dated in the future (the clock of a mounted share runs ahead) has no age: it holds still when two looks, that long
    apart, find it the same.
    """
    wait = int(settings.settle_seconds * 1e9)
    still: set[Entry] = set()
    for _ in range(_SETTLE_ROUNDS):
        now = time.time_ns()
        young = [entry for entry in entries if entry.mtime_ns > now - wait and entry not in still]
        if not young:
            return entries, []
        youngest = max(entry.mtime_ns for entry in young)
        time.sleep(min(wait, youngest - (now - wait) + 10_000_000) / 1e9)
        found = {entry.path: entry for entry in list_inbox(inbox)}
        entries = [found[entry.path] for entry in entries if entry.path in found]
        still |= {entry for entry in young if entry.mtime_ns > now}.intersection(entries)
    limit = time.time_ns() - wait
    done = [entry for entry in entries if entry.mtime_ns <= limit or entry in still]
    return done, [entry for entry in entries if entry not in done]


@contextlib.contextmanager
def local_copy(entry: Entry) -> Iterator[Path]:
    """The entry as a local file: itself, or a private copy of a remote one."""
    if not is_remote(entry.inbox):
        yield local_root(entry.inbox) / entry.path
        return
    with private_folder() as folder:
        target = folder / ("entrega" + Path(entry.path).suffix)
        with _reached(entry.inbox) as (files, root):
            files.get_file(_address_of(entry.inbox, root, entry.path), str(target))
        yield target


def unchanged(entry: Entry) -> bool:
    """The file is still what was listed; false when it was written to, or went away, while it was being read."""
    if is_remote(entry.inbox):
        try:
            with _reached(entry.inbox) as (files, root):
                return _entry(entry.inbox, files, root, entry.path, None) == entry
        except FileNotFoundError:
            return False
    try:
        now = (local_root(entry.inbox) / entry.path).lstat()
    except OSError:
        return False
    return (now.st_size, now.st_mtime_ns) == (entry.size, entry.mtime_ns)


def _is_ignored(name: str) -> bool:
    low = name.lower()
    return low in _IGNORED_NAMES or low.startswith(_IGNORED_STARTS) or low.endswith(_IGNORED_ENDS)


def _is_receipts(path: str) -> bool:
    return path.split("/")[1:2] == [RECEIPTS_FOLDER]


def _list_local(inbox: str) -> list[Entry]:
    root = local_root(inbox)
    if not root.is_dir():
        return []
    return list(_walk(inbox, root, ""))


def _walk(inbox: str, folder: Path, above: str) -> Iterator[Entry]:
    depth = above.count("/")
    try:
        children = sorted(os.scandir(folder), key=lambda child: child.name)
    except FileNotFoundError:  # taken away while we looked
        return
    except OSError:
        facts = folder.lstat()
        yield Entry(inbox, above.rstrip("/"), 0, facts.st_mtime_ns, "No hay permiso para abrir la carpeta.")
        return
    for child in children:
        path = above + child.name
        if _is_ignored(child.name) or _is_receipts(path):
            continue
        try:
            facts = child.stat(follow_symlinks=False)
        except FileNotFoundError:  # taken away while we looked: a program saves by renaming
            continue
        if stat.S_ISDIR(facts.st_mode):
            if depth == 0 and "." not in child.name:
                yield from _walk(inbox, folder / child.name, f"{path}/")
            elif "." in child.name or depth >= _DEEPEST:
                yield Entry(inbox, path, 0, facts.st_mtime_ns, "Es una carpeta, no un archivo.")
            else:
                yield from _walk(inbox, folder / child.name, f"{path}/")
            continue
        yield Entry(inbox, path, facts.st_size, facts.st_mtime_ns, _fault(folder / child.name, facts.st_mode))


def _fault(path: Path, mode: int) -> str | None:
    if stat.S_ISLNK(mode):
        return "Es un enlace a otro archivo. Deje el archivo mismo."
    if not stat.S_ISREG(mode):
        return "No es un archivo común."
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))  # os.access does not know what a share's server will say
    except PermissionError:
        return "No hay permiso para leer el archivo. Pida a sistemas que lo permita, o déjelo de nuevo."
    except OSError:  # told when it is read
        return None
    return None


def _list_remote(inbox: str) -> list[Entry]:
    """What an address holds, listed once. Raises PamgaError when there is no such place: that is no empty inbox."""
    with _reached(inbox) as (files, root):
        base = f"{root.rstrip('/')}/"
        files.invalidate_cache()
        if not files.exists(root):
            if not _may_be_empty(files, root):
                raise PamgaError(f"There is no {inbox}.", "Mend PAMGA_INBOX, or make the folder or bucket.")
            return []
        entries = []
        for name, facts in files.find(root, detail=True).items():
            relative = name.removeprefix("/").removeprefix(base.removeprefix("/"))
            if is_web(inbox):
                if not relative or relative == name or relative.endswith("/") or "?" in relative or "#" in relative:
                    continue  # the page itself, a folder, and what sorts the page are no files
                relative = unquote(relative)
            if not any(_is_ignored(part) for part in relative.split("/")):
                entries.append(_entry(inbox, files, root, relative, facts))
        return entries


def _may_be_empty(files: Any, root: str) -> bool:
    """An object store has no folders: a place in a bucket that is there is empty as long as nothing lies in it."""
    protocol = files.protocol if isinstance(files.protocol, str) else files.protocol[0]
    return protocol == "memory" or (protocol in ("s3", "s3a") and bool(files.exists(root.partition("/")[0])))


def _entry(inbox: str, files: Any, root: str, relative: str, facts: dict[str, Any] | None) -> Entry:
    """One remote file; without `facts` they are asked for. A web server is always asked: a page of links tells neither size nor day."""
    address = _address_of(inbox, root, relative)
    if is_web(inbox):
        facts = _web_facts(address, _account(_SECRET.get(inbox, inbox)))
    elif facts is None:
        files.invalidate_cache()
        facts = files.info(address)
    return Entry(inbox, relative, int(facts.get("size") or 0), _remote_mtime(facts))


def _address_of(inbox: str, root: str, relative: str) -> str:
    return f"{root.rstrip('/')}/{quote(relative) if is_web(inbox) else relative}"


def is_web(inbox: str) -> bool:
    return inbox.startswith(("http://", "https://"))


def _web_facts(address: str, account: tuple[str, str] | None) -> dict[str, Any]:
    import requests

    answer = requests.head(address, auth=account, timeout=_WEB_SECONDS, allow_redirects=True)
    if answer.status_code == 404:
        raise FileNotFoundError(address)
    answer.raise_for_status()
    changed = answer.headers.get("Last-Modified")
    return {
        "size": int(answer.headers.get("Content-Length") or 0),
        "mtime": parsedate_to_datetime(changed) if changed else None,
    }


@contextlib.contextmanager
def _reached(inbox: str) -> Iterator[tuple[Any, str]]:
    """The file system of a remote inbox and its root there. What it says goes on without account, password and signature."""
    import fsspec

    address = _SECRET.get(inbox, inbox)
    try:
        if address.startswith("sftp://"):
            yield _sftp(address)
        elif is_web(address):
            yield _web(address)
        else:
            yield fsspec.core.url_to_fs(address)
    except PamgaError:
        raise
    except FileNotFoundError as error:
        raise FileNotFoundError(_without(address, str(error))) from None
    except Exception as error:  # each library has errors of its own, and they quote the address
        raise PamgaError(
            f"The inbox {inbox} cannot be read: {_without(address, first_line(error))}",
            "Mend the address, the account or the line, and do it again: nothing was taken and nothing is lost.",
        ) from None


def _sftp(address: str) -> tuple[Any, str]:
    """The server of an SFTP address; its account and password are written with %XX for what an address does not allow."""
    import fsspec

    parts = urlsplit(address)
    given = {"port": parts.port, "username": parts.username, "password": parts.password}
    options = {name: unquote(value) if isinstance(value, str) else value for name, value in given.items() if value}
    return fsspec.filesystem("sftp", host=parts.hostname, **options), unquote(parts.path) or "/"


def _web(address: str) -> tuple[Any, str]:
    """The server of a web address; account and password go apart, since libraries log the addresses that they ask."""
    import fsspec

    parts = urlsplit(address)
    account = _account(address)
    options: dict[str, Any] = {}
    if account:
        basic = base64.b64encode(":".join(account).encode()).decode()
        options["client_kwargs"] = {"headers": {"Authorization": f"Basic {basic}"}}
    bare = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))
    return fsspec.filesystem(parts.scheme, **options), bare


def _account(address: str) -> tuple[str, str] | None:
    parts = urlsplit(address)
    return (unquote(parts.username), unquote(parts.password or "")) if parts.username else None


def _without(address: str, said: str) -> str:
    """A text without what of an address is secret."""
    parts = urlsplit(address)
    account = parts.netloc.rpartition("@")[0]
    secrets = [account, unquote(account), parts.password or "", unquote(parts.password or ""), parts.query]
    for secret in sorted({secret for secret in secrets if secret}, key=len, reverse=True):
        said = said.replace(secret, "…")
    return said


def _remote_mtime(facts: dict[str, Any]) -> int:
    """Modification time in nanoseconds, as the store tells it; 0 when it does not."""
    for name in ("mtime", "LastModified", "last_modified", "modified", "created"):
        value = facts.get(name)
        if isinstance(value, datetime):
            return int(value.timestamp() * 1e9)
        if isinstance(value, int | float):
            return int(value * 1e9)
    return 0
