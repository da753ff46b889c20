"""Files that are either whole or absent, also after a power cut: atomic writes, folders committed by a rename, locks, hashes.

What a caller is told is written has reached the disk, its name included: the bytes are synced, then the folder that holds them,
then they get their final name by a rename or a link, then the folder of that name is synced. A file whose name was synced
before its bytes is 0 bytes long after a power cut.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pamga.errors import PamgaError


class DamagedFile(PamgaError, ValueError):
    """A document of ours that does not parse: a disk or a person damaged it. Names the file and the way out."""

    def __init__(self, path: Path, problem: str) -> None:
        size = path.stat().st_size if path.exists() else 0
        super().__init__(
            f"{path} cannot be read ({size} bytes, {problem}).",
            "Put it back from the backup. A version of the lake that is in no backup: move its folder out of the lake and run "
            "`pamga receive`, which receives the file of the inbox again; a run: remove its folder and build again.",
        )


def sha256_file(path: Path) -> str:
    """Hex SHA-256 of a file, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_bytes(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def canonical_json(document: Any) -> bytes:
    """JSON with sorted keys and a final newline: equal documents give equal bytes."""
    return (json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1, default=str) + "\n").encode()


def sync(path: Path) -> None:
    """Bring a file's bytes, or a folder's names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Bring every file and folder below `folder`, and itself, to the disk: what other libraries wrote is not synced by them."""
    for parent, _, names in os.walk(folder, topdown=False):
        for name in names:
            path = Path(parent, name)
            if not path.is_symlink():
                sync(path)
        sync(Path(parent))


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Make a folder and those above it, each name on the disk before anything is put into it."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir(mode=mode, exist_ok=True)
        sync(path.parent)


def remove_durably(path: Path) -> None:
    """Take a file's name away so that no power cut brings it back; also where a killed run had removed it and come no further."""
    path.unlink(missing_ok=True)
    if path.parent.is_dir():
        sync(path.parent)


def remove_folder(folder: Path) -> None:
    """Take a folder away in one step: whoever is killed while its files go leaves a leftover, and no folder of that name that lacks some."""
    gone = folder.with_name(f".tmp-{uuid.uuid4().hex}")
    folder.rename(gone)
    sync(folder.parent)
    shutil.rmtree(gone)
    sync(folder.parent)


def write_atomically(path: Path, content: bytes, mode: int | None = None) -> None:
    """Write `content` so that a reader, or a run after a kill or a power cut, sees the whole file or the one before."""
    make_folder(path.parent)
    temporary = path.parent / f".tmp-{uuid.uuid4().hex}"
    try:
        _write_synced(temporary, content, mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)


def write_once(path: Path, content: bytes, mode: int | None = None) -> bool:
    """Create an immutable object. False when it is already there with the same bytes; other bytes raise FileExistsError."""
    make_folder(path.parent)
    temporary = path.parent / f".tmp-{uuid.uuid4().hex}"
    try:
        _write_synced(temporary, content, mode)
        os.link(temporary, path)  # fails when the name is taken, unlike rename
        return True
    except FileExistsError:
        if path.read_bytes() != content:
            raise
        return False
    finally:
        temporary.unlink(missing_ok=True)
        sync(path.parent)


def _write_synced(path: Path, content: bytes, mode: int | None = None) -> None:
    with path.open("wb") as file:
        if mode is not None:
            path.chmod(mode)  # before the first byte: nobody else reads it meanwhile
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def read_json(path: Path) -> Any:
    """A JSON document of ours. Raises DamagedFile when it does not parse, FileNotFoundError when it is not there."""
    return parsed_json(path.read_bytes(), path)


def parsed_json(content: bytes, path: Path) -> Any:
    """What these bytes of `path` say. Raises DamagedFile when they do not parse."""
    try:
        return json.loads(content)
    except ValueError as error:
        raise DamagedFile(path, f"no JSON: {error}") from error


@contextmanager
def staged_folder(final: Path) -> Iterator[Path]:
    """A temporary folder beside `final` that becomes `final` in one rename, wholly on the disk, when the block ends well.

    Raises FileExistsError when `final` appeared meanwhile (somebody else did the same work); the temporary folder is
    removed on any failure. Leftovers of a killed process start with `.tmp-` and are swept by `sweep_leftovers`.
    """
    make_folder(final.parent)
    temporary = final.parent / f".tmp-{uuid.uuid4().hex}"
    temporary.mkdir()
    try:
        yield temporary
        if final.exists():
            raise FileExistsError(final)
        commit_folder(temporary, final)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def commit_folder(temporary: Path, final: Path) -> None:
    """Give a finished folder its final name beside it: whole on the disk before, its name on the disk after."""
    sync_tree(temporary)
    temporary.rename(final)
    sync(final.parent)


def sweep_leftovers(folder: Path) -> int:
    """Remove what a killed process left below `folder`; returns how many entries went."""
    leftovers = sorted(folder.rglob(".tmp-*")) if folder.exists() else []
    for leftover in leftovers:
        remove_leftover(leftover)
    return len(leftovers)


def remove_leftover(leftover: Path) -> int:
    """Remove an unfinished file or folder; returns 1."""
    if leftover.is_dir() and not leftover.is_symlink():
        shutil.rmtree(leftover, ignore_errors=True)
    else:
        leftover.unlink(missing_ok=True)
    return 1


PRIVATE_FOLDER = "pamga-private-"


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder of this account's own for what must not stay (a decrypted original); what a killed process leaves, `sweep` removes."""
    with tempfile.TemporaryDirectory(prefix=PRIVATE_FOLDER) as name:
        yield Path(name)


def private_leftovers() -> Iterator[Path]:
    """The private folders of this account that are there now, in use or left by a killed process."""
    for path in sorted(Path(tempfile.gettempdir()).glob(f"{PRIVATE_FOLDER}*")):
        status = path.lstat()
        if path.is_dir() and not path.is_symlink() and status.st_uid == os.getuid():
            yield path


def flip_symlink(link: Path, target_name: str) -> None:
    """Point `link` at its sibling `target_name` in one atomic step that outlasts a power cut.

    A folder in the link's place (a program that follows links copied the data) is put aside, hidden, until a person removes it.
    """
    temporary = link.parent / f".tmp-{uuid.uuid4().hex}"
    temporary.symlink_to(target_name)
    try:
        if link.is_dir() and not link.is_symlink():
            link.rename(link.parent / f".aside-{link.name}-{uuid.uuid4().hex[:8]}")
        temporary.replace(link)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync(link.parent)


@contextmanager
def exclusive_lock(path: Path, shared: bool = False) -> Iterator[None]:
    """Hold an advisory lock; released by the kernel when the process dies, so a kill never leaves it behind.

    `shared`: others may hold it shared at the same time, and nobody holds it alone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield
