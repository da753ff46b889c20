"""Servers of the tests: a port on which nobody listens, an application that is served by a thread of this process."""

from __future__ import annotations

import itertools
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import uvicorn

HANGS = 600
"""Seconds after which no machine is slow any more: what has not come by then does not come. Nothing that a test waits for is given less."""

_PORTS = range(12_000, 32_000)
"""Below those that the system gives to whoever connects: until the server has begun, nobody is given its port by chance, and who knocks at
it meanwhile is not connected to himself (both happen, now and then, to a port that the system chose)."""
_next_port = itertools.count(os.getpid() * 307)  # two processes that ask at once begin at different places
_given: list[socket.socket] = []
"""A name for each port that was given, as long as this process lives: a server may take its port a minute later, and no other process of
the tests is given it meanwhile."""


def free_port() -> int:
    """A port of the loopback that nobody uses, another one at each call."""
    for number in _next_port:
        port = _PORTS[number % len(_PORTS)]
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            _given.append(_named(port))
            return port
    raise AssertionError("without an end")


def _named(port: int) -> socket.socket:
    """Raises OSError where another process has it."""
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0pamga-port-{port}")
    except OSError:
        name.close()
        raise
    return name


def listens(port: int) -> bool:
    """Whether somebody does on this port of the loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(
    what: str, holds: Callable[[], object], seconds: float, log: Path | None = None, every: float = 0.5
) -> None:
    """Wait until something holds. Raises AssertionError, with the end of the log, when it does not in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            said = log.read_text(errors="replace")[-3000:] if log and log.exists() else ""
            raise AssertionError(f"{what}: not within {seconds:.0f} s\n{said}")
        time.sleep(every)


@contextmanager
def serving(app: Any, port: int = 0) -> Iterator[str]:
    """The address of an application while it is served; by default on a free port of the loopback."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    server.should_exit = True
    thread.join(10)
