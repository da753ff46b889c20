"""What the data folder's file system must be able to do, tried out before anything is trusted to it.

Locks, hard links, symbolic links and renames carry every promise that a killed process or a second machine breaks nothing. An object
store that is mounted as a folder (s3fs, rclone, gcsfuse) has some of them on paper, and none that hold across machines.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from pamga.errors import PamgaError
from pamga.faults import ALWAYS_OURS
from pamga.storage import sync

OBJECT_STORES = (
    "fuse.s3fs", "fuse.goofys", "fuse.rclone", "fuse.gcsfuse", "fuse.blobfuse", "fuse.blobfuse2", "fuse.mount-s3", "fuse.geesefs",
    "fuse.sshfs", "fuse.davfs", "davfs",
)  # fmt: skip
"""Kinds of mount whose locks end at this machine, or whose renames are copies, whatever a trial on one machine says."""
LOCAL_LOCKS = ("nolock", "local_lock=all", "local_lock=flock", "localflocks")
MOUNTS = Path("/proc/self/mounts")
REMEDY = "Put PAMGA_DATA on a local disk, or on a shared file system with locks of its own (NFS 4, CephFS, GlusterFS, Lustre with -o flock)."


class UnfitFileSystem(PamgaError):
    """The file system of the data folder cannot keep what is promised."""


@lru_cache(maxsize=16)
def require_fit(root: Path) -> None:
    """Raise UnfitFileSystem when the folder's file system lacks something; tried once a process and folder.

    A disk that is full, read-only or closed to this account is fit and out of order: its own OSError says so (pamga.faults).
    """
    problems = problems_of(root)
    if problems:
        raise UnfitFileSystem(f"The file system of {root} will not do: {'; '.join(problems)}.", REMEDY)


def problems_of(root: Path) -> list[str]:
    """What the file system below a folder cannot do, in words; empty when it is fit. Tries it in a folder that goes again.

    Raises OSError when nothing can be written now.
    """
    mounts = MOUNTS.read_text(encoding="utf-8") if MOUNTS.exists() else ""
    return [*problems_of_mount(root, mounts), *_tried_out(root)]


def _tried_out(root: Path) -> list[str]:
    """What a trial shows to be lacking. Raises OSError when nothing can be written now."""
    problems = []
    folder = root / f".tmp-probe-{uuid.uuid4().hex}"
    folder.mkdir(parents=True)
    try:
        for attempt in (_locks, _hard_links, _symbolic_links, _renames, _folder_renames, _synced_folders):
            try:
                attempt(folder)
            except _Lacking as lacking:
                problems.append(str(lacking))
            except OSError as error:
                if error.errno in ALWAYS_OURS:
                    raise
                name = (attempt.__doc__ or "").rstrip(".")
                problems.append(f"{name[0].lower()}{name[1:]}: {error.strerror or error}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return problems


def problems_of_mount(root: Path, mounts: str) -> Iterator[str]:
    """What the table of mounts says of the one that holds the folder."""
    best, kind, options = "", "", ""
    for line in mounts.splitlines():
        parts = line.split(" ")
        if len(parts) < 4:
            continue
        point = parts[1].encode().decode("unicode_escape")
        if root.is_relative_to(point) and len(point) >= len(best):
            best, kind, options = point, parts[2], parts[3]
    if kind in OBJECT_STORES:
        yield f"{best} is mounted by {kind.removeprefix('fuse.')}, whose locks and renames do not hold across machines"
    held = set(options.split(",")).intersection(LOCAL_LOCKS)
    if held:
        yield f"{best} is mounted with {', '.join(sorted(held))}, so its locks end at this machine"


class _Lacking(Exception):
    """Something was accepted and did not do what it says."""


def _locks(folder: Path) -> None:
    """Locks (flock)."""
    with (folder / "lock").open("a") as one, (folder / "lock").open("a") as other:
        fcntl.flock(one, fcntl.LOCK_EX)
        with suppress(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            raise _Lacking("a lock (flock) is given to two at once")
        fcntl.flock(one, fcntl.LOCK_UN)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _hard_links(folder: Path) -> None:
    """Hard links."""
    first, second = folder / "first", folder / "second"
    first.write_bytes(b"1")
    os.link(first, second)
    if first.stat().st_ino != second.stat().st_ino:
        raise _Lacking("a hard link is a copy")
    _refused(lambda: os.link(first, second), errno.EEXIST, "a hard link takes a name that is taken")


def _symbolic_links(folder: Path) -> None:
    """Symbolic links."""
    for target in ("one", "two"):
        (folder / ".new").symlink_to(target)
        (folder / ".new").replace(folder / "pointer")
    if os.readlink(folder / "pointer") != "two":  # noqa: PTH115 - the text, not a path
        raise _Lacking("a symbolic link is not replaced by a rename")


def _renames(folder: Path) -> None:
    """Renames over a file that is open."""
    (folder / "old").write_bytes(b"old")
    with (folder / "old").open("rb") as reader:
        (folder / "new").write_bytes(b"new")
        (folder / "new").replace(folder / "old")
        if reader.read() != b"old" or (folder / "old").read_bytes() != b"new":
            raise _Lacking("whoever reads a file while it is replaced gets a mixture")


def _folder_renames(folder: Path) -> None:
    """Renames of folders."""
    for name in ("made", "there"):
        (folder / name).mkdir()
        (folder / name / "file").write_bytes(b"1")
    _refused(
        lambda: os.rename(folder / "made", folder / "there"),  # noqa: PTH104
        errno.ENOTEMPTY,
        "a folder takes the place of one that holds something",
    )
    (folder / "made").rename(folder / "final")
    if not (folder / "final" / "file").exists():
        raise _Lacking("a renamed folder comes without its files")


def _synced_folders(folder: Path) -> None:
    """Syncing a folder."""
    sync(folder)


def _refused(step: Callable[[], object], number: int, lacking: str) -> None:
    try:
        step()
    except OSError as error:
        if error.errno not in (number, errno.EEXIST):
            raise
    else:
        raise _Lacking(lacking)
