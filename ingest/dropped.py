"""What lies in the inbox: a local folder, an SFTP mount or any fsspec URL. Listed, never moved, never deleted."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ingest.remote import Found, OtherBytes, is_remote, name_of, reached
from ingest.remote.found import (
    A_FOLDER,
    A_LINK,
    CLOSED_FILE,
    CLOSED_FOLDER,
    DEEPEST,
    FOLDERS,
    NO_FILE,
    closed_inbox,
    is_ignored,
    is_receipts,
    write_exactly,
)
from pamga.addresses import local_path
from pamga.errors import PamgaError
from pamga.layout import EXAMPLE_MARKER
from pamga.settings import Settings
from pamga.storage import private_folder

_SETTLE_ROUNDS = 5  # how often a file that keeps growing is waited for before it is left for the next time
_LARGEST = 2**63 - 1  # of what a database keeps as a number: nanoseconds until the year 2262
_BLOCK = 1 << 20
_IN_ITS_PLACE = frozenset({errno.ELOOP, errno.ENOTDIR, errno.ENXIO})
"""What opening answers where a link, a file in the place of a folder, or a socket is."""
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,10}")


@dataclass(frozen=True)
class Entry:
    """One entry of the inbox as it was listed. `path` is relative to the inbox, with '/' between its parts."""

    inbox: str
    path: str
    size: int
    mtime_ns: int
    fault: str | None = None
    """Why it is no file to be read (Spanish), for a link, a folder named like a file, something unreadable."""

    @property
    def is_folder(self) -> bool:
        return self.fault in FOLDERS

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def inbox_url(settings: Settings, inbox: str | None = None) -> str:
    """The name of the inbox that is asked for, or of that of the settings: a local one by its full path, a remote one by its address
    without account, password and query. The name is what lake, receipts, registry and logs hold."""
    url = inbox or settings.inbox_url
    return name_of(settings, url) if is_remote(url) else str(local_path(url).resolve())


def list_inbox(inbox: str) -> list[Entry]:
    """Everything in the inbox that a person dropped, by modification time, then name."""
    entries: Iterable[Entry] = _list_remote(inbox) if is_remote(inbox) else _list_local(inbox)
    return sorted(entries, key=lambda entry: (entry.mtime_ns, entry.path))


def is_example(inbox: str) -> bool:
    """The inbox holds the marker that its deliveries are example data."""
    if not is_remote(inbox):
        return (local_path(inbox) / EXAMPLE_MARKER).exists()
    with reached(inbox) as place:
        return place.exists(EXAMPLE_MARKER)


def settled(settings: Settings, entries: list[Entry], inbox: str) -> list[Entry]:
    """Wait for files that are still being written. Returns the entries that hold still.

    A file dated in the future (the clock of a mounted share runs ahead) has no age: it holds still when two looks, that long
    apart, find it the same.
    """
    wait = int(settings.settle_seconds * 1e9)
    still: set[Entry] = set()
    for _ in range(_SETTLE_ROUNDS):
        now = time.time_ns()
        young = [entry for entry in entries if entry.mtime_ns > now - wait and entry not in still]
        if not young:
            return entries
        youngest = max(entry.mtime_ns for entry in young)
        time.sleep(min(wait, youngest - (now - wait) + 10_000_000) / 1e9)
        found = {entry.path: entry for entry in list_inbox(inbox)}
        entries = [found[entry.path] for entry in entries if entry.path in found]
        still |= {entry for entry in young if entry.mtime_ns > now}.intersection(entries)
    limit = time.time_ns() - wait
    return [entry for entry in entries if entry.mtime_ns <= limit or entry in still]


@contextlib.contextmanager
def local_copy(entry: Entry) -> Iterator[Path]:
    """A private copy of the entry as it was listed: what is kept, judged and answered are the same bytes, whatever is done to the
    dropped file meanwhile. Raises OtherBytes when it is no longer what was listed."""
    with private_folder() as folder:
        suffix = Path(entry.path).suffix
        target = folder / ("entrega" + (suffix if _SUFFIX.fullmatch(suffix) else ""))
        if is_remote(entry.inbox):
            with reached(entry.inbox) as place:
                place.bring(entry.path, target, entry.size)
        else:
            _bring(entry, target)
        yield target


def is_readable(entry: Entry) -> bool:
    """Whether the dropped file can be read from end to end now."""
    try:
        if is_remote(entry.inbox):
            with local_copy(entry):
                return True
        with _opened(entry) as source:
            while os.read(source, _BLOCK):
                pass
    except OSError:
        return False
    return True


def _bring(entry: Entry, target: Path) -> None:
    with _opened(entry) as source, target.open("xb") as copy:
        before = os.fstat(source)
        write_exactly(lambda size: os.read(source, size), copy, entry.size, lambda: False)
        # who may write to a file may set its date, but not the moment of its last change
        if os.fstat(source).st_ctime_ns != before.st_ctime_ns:
            raise OtherBytes("it was written to while it was read")


@contextlib.contextmanager
def _opened(entry: Entry) -> Iterator[int]:
    """A descriptor of the very file that was listed. No link is followed on the way and no pipe waited for: whoever may write to the
    inbox may put one in the place of a file, or of the folder that holds it, after it was looked at."""
    *folders, name = entry.path.split("/")
    with contextlib.ExitStack() as opened:
        at = _descriptor(opened, local_path(entry.inbox), os.O_DIRECTORY)
        for folder in folders:
            at = _descriptor(opened, folder, os.O_DIRECTORY | os.O_NOFOLLOW, at)
        source = _descriptor(opened, name, os.O_NONBLOCK | os.O_NOFOLLOW, at)
        now = os.fstat(source)
        if not stat.S_ISREG(now.st_mode) or (now.st_size, _moment(now.st_mtime_ns)) != (entry.size, entry.mtime_ns):
            raise OtherBytes("it is another file than the one that was listed")
        yield source


def _descriptor(opened: contextlib.ExitStack, path: str | Path, flags: int, at: int | None = None) -> int:
    try:
        descriptor = os.open(path, os.O_RDONLY | flags, dir_fd=at)
    except OSError as error:
        if error.errno in _IN_ITS_PLACE:
            raise OtherBytes("something else was put in its place") from error
        raise
    opened.callback(os.close, descriptor)
    return descriptor


def unchanged(entry: Entry) -> bool:
    """The file is still what was listed; false when it was written to, or went away, while it was being read."""
    if is_remote(entry.inbox):
        try:
            with reached(entry.inbox) as place:
                return _entry(entry.inbox, place.look(entry.path)) == entry
        except FileNotFoundError:
            return False
    try:
        now = (local_path(entry.inbox) / entry.path).lstat()
    except OSError:
        return False
    return (now.st_size, _moment(now.st_mtime_ns)) == (entry.size, entry.mtime_ns)


def _list_local(inbox: str) -> Iterable[Entry]:
    root = local_path(inbox)
    return _walk(inbox, root, "") if root.is_dir() else ()


def _walk(inbox: str, folder: Path, above: str) -> Iterator[Entry]:
    try:
        children = sorted(os.scandir(folder), key=lambda child: child.name)
    except FileNotFoundError:  # taken away while we looked
        return
    except OSError:
        if not above:
            raise closed_inbox(inbox) from None
        facts = folder.lstat()
        yield Entry(inbox, above.rstrip("/"), 0, _moment(facts.st_mtime_ns), CLOSED_FOLDER)
        return
    for child in children:
        path = above + child.name
        if is_ignored(child.name) or is_receipts(path):
            continue
        try:
            facts = child.stat(follow_symlinks=False)
        except FileNotFoundError:  # taken away while we looked: a program saves by renaming
            continue
        if stat.S_ISDIR(facts.st_mode):
            if "." in child.name or above.count("/") >= DEEPEST:
                yield Entry(inbox, path, 0, _moment(facts.st_mtime_ns), A_FOLDER)
            else:
                yield from _walk(inbox, folder / child.name, f"{path}/")
            continue
        yield Entry(inbox, path, facts.st_size, _moment(facts.st_mtime_ns), _fault(folder / child.name, facts.st_mode))


def _moment(mtime_ns: int) -> int:
    """A file's date as the registry can keep it: one of a clock that is centuries off is the last or the first moment that it knows."""
    return max(-_LARGEST, min(_LARGEST, mtime_ns))


def _fault(path: Path, mode: int) -> str | None:
    if stat.S_ISLNK(mode):
        return A_LINK
    if not stat.S_ISREG(mode):
        return NO_FILE
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))  # os.access does not know what a share's server will say
    except PermissionError:
        return CLOSED_FILE
    except OSError:  # told when it is read
        return None
    return None


def _list_remote(inbox: str) -> list[Entry]:
    """What an address holds, listed once. Raises PamgaError when there is no such place: that is no empty inbox."""
    with reached(inbox) as place:
        if not place.exists():
            raise PamgaError(f"There is no {inbox}.", "Mend PAMGA_INBOX, or make the folder or bucket.")
        return [_entry(inbox, found) for found in place.files()]


def _entry(inbox: str, found: Found) -> Entry:
    return Entry(inbox, found.path, found.size, _moment(found.mtime_ns), found.fault)
