"""The disk fails or the process dies at the Nth operation below a folder: raised by an audit hook, before the operation is done.

    with failing(root, number=17, how="ENOSPC"): ...      # also EIO, EROFS, EDQUOT, EACCES; kill

Counted are the operations that change something: opening for writing, naming, removing, syncing. What native libraries do between
two of them goes on undisturbed.
"""

# ruff: noqa: PTH100
from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOWS = ("kill", "ENOSPC", "EIO", "EROFS", "EDQUOT", "EACCES")
_CHANGES = {"os.rename": 1, "os.link": 1, "os.symlink": 1, "os.mkdir": 0, "os.remove": 0, "os.rmdir": 0, "os.chmod": 0}
"""Audit events that change something, and which of their arguments is the path that changes."""
_UNTOUCHED = ("inbox", "locks")


@dataclass
class Failing:
    root: str
    number: int
    how: str
    persistent: bool = False
    count: int = 0


_failing: Failing | None = None


@contextmanager
def failing(root: Path, number: int, how: str, persistent: bool = False) -> Iterator[Failing]:
    """Fail the `number`th change below `root`, and with `persistent` all after it; number 0 only counts."""
    global _failing
    real_fsync = os.fsync

    def fsync(fd: Any) -> None:
        number_of = fd if isinstance(fd, int) else fd.fileno()
        _change(os.readlink(f"/proc/self/fd/{number_of}"))  # noqa: PTH115
        real_fsync(fd)

    _failing, os.fsync = Failing(str(root), number, how, persistent), fsync
    try:
        yield _failing
    finally:
        _failing, os.fsync = None, real_fsync


def _hook(name: str, arguments: tuple[Any, ...]) -> None:
    if _failing is None:
        return
    if name == "open":
        path, _, flags = arguments[:3]
        if isinstance(path, str | bytes | os.PathLike) and flags & (os.O_WRONLY | os.O_RDWR):
            _change(os.fsdecode(path))
    elif name in _CHANGES and isinstance(arguments[_CHANGES[name]], str | bytes | os.PathLike):
        _change(os.fsdecode(arguments[_CHANGES[name]]))


def _change(path: str) -> None:
    state, absolute = _failing, os.path.abspath(path)
    if state is None or not absolute.startswith(state.root + "/"):
        return
    if absolute[len(state.root) + 1 :].split("/")[0] in _UNTOUCHED:
        return
    state.count += 1
    if state.number and (state.count == state.number or (state.persistent and state.count > state.number)):
        if state.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        raise OSError(getattr(errno, state.how), os.strerror(getattr(errno, state.how)), absolute)


sys.addaudithook(_hook)
