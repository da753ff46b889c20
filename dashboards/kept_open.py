"""One connection per served file that stays open, so that a reader's connection shares its DuckDB instance.

Superset connects anew for every query. Without another connection to the same file in the process, DuckDB opens the file, reads
its catalogue and forgets what it read, each time: a quarter of a query's time. DuckDB shares an instance between connections of
one process to the same path with the same configuration; this module holds that one connection. When the pointer moves, the
next reader's connection to the new file lets go of the old one; queries that still run on it finish.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

if TYPE_CHECKING:
    from sqlalchemy.engine.url import URL


class Held(NamedTuple):
    """An open connection and the very file that it reads."""

    file: tuple[int, str, int, int]
    connection: Any


_held: dict[str, Held] = {}
_lock = threading.Lock()


def keep_open(served: str, uri: URL, params: dict[str, Any]) -> None:
    """Hold a connection to the file that `served` (a path under PAMGA_DATA) names now, and let go of an older one.

    `uri` and `params` are what a reader's engine is made of: the same configuration, else DuckDB refuses to share.
    Raises what the connection raises when the file cannot be opened, as the reader's own would.
    """
    found = Path(str(uri.database)).stat()
    # another process (gunicorn forks) and another file under the same name need an instance of their own
    file = (os.getpid(), str(uri.database), found.st_ino, found.st_mtime_ns)
    with _lock:
        known = _held.get(served)
        if known and known.file == file:
            return
        if known:
            known.connection.close()
        engine = create_engine(uri, poolclass=NullPool, connect_args=params["connect_args"])
        _held[served] = Held(file, engine.raw_connection())
