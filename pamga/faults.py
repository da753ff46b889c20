"""Whose fault is it? What our own disk, rights or database say, whichever library passes it on, in one line with the next step.

A full disk is never told to a department as a file that cannot be read.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator

from pamga.errors import PamgaError

_TOLD = {
    errno.ENOSPC: ("There is no space left on the disk", "Free space (`pamga` prunes runs in `mantenimiento`)"),
    errno.EDQUOT: ("The disk quota is used up", "Raise the quota or free space"),
    errno.EROFS: ("The file system is read-only", "Look at the disk's health (dmesg) and mount it for writing"),
    errno.EACCES: ("This account may not write or read there", "Give the account of the pipeline its folders back (chown, chmod)"),
    errno.EPERM: ("This account may not write or read there", "Give the account of the pipeline its folders back (chown, chmod)"),
    errno.EIO: ("The disk does not answer (I/O error)", "Look at the disk's health (dmesg); restore from the backup if it is gone"),
    errno.EMFILE: ("Too many files are open", "Raise the limit of open files (ulimit -n)"),
    errno.ENFILE: ("Too many files are open", "Raise the limit of open files of the machine"),
    errno.ENOTDIR: ("Part of that path is no folder", "Mend the path (PAMGA_DATA names the folder of the data)"),
    errno.ELOOP: ("That path leads round in a circle of links", "Mend the links (PAMGA_DATA names the folder of the data)"),
    errno.ENAMETOOLONG: ("That path is longer than the file system allows", "Give a shorter one"),
    errno.ESTALE: ("The shared folder was taken away and came back (stale handle)", "Mount it again and start the service anew"),
    errno.ENOTCONN: ("The shared folder is not connected", "Mount it again"),
    errno.EAGAIN: ("No further thread or process may be started", "Raise the limits of memory and processes (ulimit -v, ulimit -u; mem_limit, pids_limit)"),
    errno.ENOMEM: ("There is not enough memory", "Raise PAMGA_MEMORY_LIMIT where the machine has more than that, else give the machine more"),
}  # fmt: skip
ALWAYS_OURS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""What reading somebody's file never answers: it comes from where we write."""
_WORDS = {
    "no space left on device": errno.ENOSPC,
    "database or disk is full": errno.ENOSPC,
    "disk quota exceeded": errno.EDQUOT,
    "read-only file system": errno.EROFS,
    "readonly database": errno.EROFS,
    "permission denied": errno.EACCES,
    "unable to open database file": errno.EACCES,
    "input/output error": errno.EIO,
    "disk i/o error": errno.EIO,
    "fsync failed": errno.EIO,
    "too many open files": errno.EMFILE,
    "out of memory error": errno.ENOMEM,
    "cannot allocate memory": errno.ENOMEM,
    "memory allocation": errno.ENOMEM,
    "can't start new thread": errno.EAGAIN,
    "failed to spawn": errno.EAGAIN,
    "failed to map segment from shared object": errno.ENOMEM,
}
"""What libraries that wrap the operating system's answer leave of it."""
_DATABASE_GONE = ("connection refused", "could not connect", "could not translate host name", "server closed the connection",
                  "connection timed out", "terminating connection", "is starting up", "password authentication failed")  # fmt: skip
_DATABASE_DAMAGED = ("file is not a database", "database disk image is malformed")
_NOTHING_LOST = "then do it again: nothing was lost and nothing is half done."


class OurFault(PamgaError):
    """The installation's disk, rights, memory or database failed; the file or the figures have nothing to do with it."""


def our_fault(error: BaseException, *, by_words: bool = True) -> OurFault | None:
    """What an error says about the installation itself; None when it says nothing of the kind.

    `by_words` also looks at what libraries wrote; not where they may quote a file that somebody dropped.
    """
    for link in _chain(error):
        if isinstance(link, OurFault):
            return link
        if isinstance(link, OSError) and link.errno in _TOLD:
            return _told(link.errno, link.filename)
        text = str(link).lower() if by_words else ""
        code = next((code for words, code in _WORDS.items() if words in text), None)
        if code is not None or isinstance(link, MemoryError):
            return _told(code or errno.ENOMEM, None)
        if not type(link).__module__.startswith("sqlalchemy"):
            continue
        if any(words in text for words in _DATABASE_GONE):
            return OurFault(
                "The registry's database does not answer (PAMGA_REGISTRY_URL).",
                f"Start it, or mend the address, {_NOTHING_LOST}",
            )
        if any(words in text for words in _DATABASE_DAMAGED):
            return OurFault(
                "The registry is damaged.",
                "`pamga audit --registro` puts it aside and makes it again from the lake and the inbox; receipts and figures do not depend on it.",
            )
    return None


def first_line(error: BaseException, length: int = 300) -> str:
    """The beginning of what an error says, on one line."""
    words = " ".join(str(error).split()) or type(error).__name__
    return words if len(words) <= length else f"{words[:length]}…"


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def _told(code: int, filename: object) -> OurFault:
    cause, step = _TOLD[code]
    where = f": {filename}" if filename else ""
    return OurFault(f"{cause}{where}.", f"{step}, {_NOTHING_LOST}")
