"""What lies in the inbox: a local folder, an SFTP mount or any fsspec URL. Listed, never moved, never deleted."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pamga.layout import EXAMPLE_MARKER
from pamga.settings import Settings
from pamga.storage import private_folder

_IGNORED_NAMES = ("thumbs.db", "desktop.ini", EXAMPLE_MARKER.lower(), "leeme.txt", "readme.txt")
_IGNORED_STARTS = (".", "~$")
_IGNORED_ENDS = (".tmp", ".part", ".partial", ".crdownload", ".filepart", "~")
RECEIPTS_FOLDER = "acuses"
"""Inside an office's folder: where its receipts come back by the way that its files went in (docs/production.md). Never a delivery."""
_DEEPEST = 4  # folders below the inbox that are looked into
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


def inbox_url(settings: Settings, inbox: str | None = None) -> str:
    """The inbox that is asked for, or that of the settings; a local one by its full path, so that it has one name."""
    url = inbox or settings.inbox_url
    return url if is_remote(url) else str(local_root(url).resolve())


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
    import fsspec

    files, root = fsspec.core.url_to_fs(inbox)
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
    import fsspec

    files, root = fsspec.core.url_to_fs(entry.inbox)
    with private_folder() as folder:
        target = folder / ("entrega" + Path(entry.path).suffix)
        files.get_file(f"{root.rstrip('/')}/{entry.path}", str(target))
        yield target


def unchanged(entry: Entry) -> bool:
    """The file is still what was listed; false when it was written to, or went away, while it was being read."""
    if is_remote(entry.inbox):
        return any(e == entry for e in _list_remote(entry.inbox))
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
    import fsspec

    files, root = fsspec.core.url_to_fs(inbox)
    base = root.rstrip("/") + "/"
    if not files.exists(root):
        return []
    found = files.find(root, detail=True)
    entries = []
    for name, facts in found.items():
        relative = name.removeprefix("/").removeprefix(base.removeprefix("/"))
        if _is_receipts(relative) or any(_is_ignored(part) for part in relative.split("/")):
            continue
        entries.append(Entry(inbox, relative, int(facts.get("size") or 0), _remote_mtime(facts)))
    return entries


def _remote_mtime(facts: dict[str, Any]) -> int:
    """Modification time in nanoseconds, as the store tells it; 0 when it does not."""
    for name in ("mtime", "LastModified", "last_modified", "modified", "created"):
        value = facts.get(name)
        if isinstance(value, datetime):
            return int(value.timestamp() * 1e9)
        if isinstance(value, int | float):
            return int(value * 1e9)
    return 0
