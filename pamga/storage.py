"""Files that are either whole or absent: atomic writes, folders committed by a rename, locks, hashes."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def sha256_file(path: Path) -> str:
    """Hex SHA-256 of a file, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_bytes(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def canonical_json(document: Any) -> bytes:
    """JSON with sorted keys and a final newline: equal documents give equal bytes."""
    return (json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1, default=str) + "\n").encode()


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` so that a reader, or a run after a kill, sees the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".tmp-{uuid.uuid4().hex}"
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def write_once(path: Path, content: bytes) -> bool:
    """Create an immutable object. False when it is already there with the same bytes; other bytes raise FileExistsError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".tmp-{uuid.uuid4().hex}"
    temporary.write_bytes(content)
    try:
        os.link(temporary, path)  # fails when the name is taken, unlike rename
        return True
    except FileExistsError:
        if path.read_bytes() != content:
            raise
        return False
    finally:
        temporary.unlink()


def read_json(path: Path) -> Any:
    return json.loads(path.read_bytes())


@contextmanager
def staged_folder(final: Path) -> Iterator[Path]:
    """A temporary folder beside `final` that becomes `final` in one rename when the block ends well.

    Raises FileExistsError when `final` appeared meanwhile (somebody else did the same work); the temporary folder is
    removed on any failure. Leftovers of a killed process start with `.tmp-` and are swept by `sweep_leftovers`.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    temporary = final.parent / f".tmp-{uuid.uuid4().hex}"
    temporary.mkdir()
    try:
        yield temporary
        if final.exists():
            raise FileExistsError(final)
        temporary.rename(final)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def sweep_leftovers(folder: Path) -> int:
    """Remove what a killed process left below `folder`; returns how many entries went."""
    leftovers = sorted(folder.rglob(".tmp-*")) if folder.exists() else []
    for leftover in leftovers:
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)
    return len(leftovers)


def flip_symlink(link: Path, target_name: str) -> None:
    """Point `link` at its sibling `target_name` in one atomic step."""
    temporary = link.parent / f".tmp-{uuid.uuid4().hex}"
    temporary.symlink_to(target_name)
    temporary.replace(link)


@contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Hold an advisory lock; released by the kernel when the process dies, so a kill never leaves it behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
