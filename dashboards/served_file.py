"""How a served DuckDB file is opened: read-only, locked, and with one connection that stays open.

Superset connects anew for every query. Without another connection to the same file in the process, DuckDB opens the file, reads
its catalogue and forgets what it read, each time: a quarter of a query's time. DuckDB shares an instance between connections of
one process to the same path, if their configuration is the same to the letter: so whoever opens a served file does it from here.
When the pointer moves, the next reader's connection to the new file lets go of the old one; queries that still run on it finish.
"""

from __future__ import annotations

import atexit
import os
import threading
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
from sqlalchemy import create_engine
from sqlalchemy.engine.url import URL
from sqlalchemy.pool import NullPool


def connect_args() -> dict[str, Any]:
    """What every connection to a served file is made with."""
    return {
        "read_only": True,
        "config": {
            "enable_external_access": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "memory_limit": os.environ.get("PAMGA_SUPERSET_DUCKDB_MEMORY", "512MB"),
            "threads": 1,  # the workers are the parallelism
            "temp_directory": "",  # what does not fit in memory fails; it is not written beside the release
            "lock_configuration": True,
        },
    }


def connect(database: Path) -> Any:
    """A connection (PEP 249) to a served file, as readers have."""
    address = URL.create("duckdb", database=str(database))
    return create_engine(address, poolclass=NullPool, connect_args=connect_args()).raw_connection()


class Held(NamedTuple):
    """An open connection and the very file that it reads."""

    file: tuple[int, str, int, int]
    connection: Any


_held: dict[str, Held] = {}
_lock = threading.Lock()


def keep_open(served: str, database: Path) -> None:
    """Hold a connection to `database`, the file that `served` (a path under PAMGA_DATA) names now, and let go of an older one.

    Before the first release there is no file and nothing is held; the reader's own connection says so.
    """
    try:
        found = database.stat()
    except FileNotFoundError:
        return
    # another process (gunicorn forks) and another file under the same name need an instance of their own
    file = (os.getpid(), str(database), found.st_ino, found.st_mtime_ns)
    with _lock:
        known = _held.get(served)
        if known and known.file == file:
            return
        if known:
            known.connection.close()
        _held[served] = Held(file, connect(database))


def stop_long_queries(seconds: int) -> None:
    """Interrupt a query of a reader after `seconds`; DuckDB has no time limit of its own."""
    from superset.db_engine_specs.duckdb import DuckDBEngineSpec

    own = DuckDBEngineSpec.execute.__func__

    def execute(cls: type, cursor: Any, query: str, database: Any, **kwargs: Any) -> None:
        stop = threading.Timer(seconds, cursor.interrupt)
        stop.daemon = True
        stop.start()
        try:
            own(cls, cursor, query, database, **kwargs)
        except duckdb.InterruptException as interrupted:
            raise TimeoutError(f"La consulta tardó más de {seconds} s y se detuvo.") from interrupted
        finally:
            stop.cancel()

    DuckDBEngineSpec.execute = classmethod(execute)  # type: ignore[arg-type]


@atexit.register
def _let_go() -> None:
    """DuckDB crashes when the interpreter tears down around an open connection."""
    with _lock:
        for held in _held.values():
            held.connection.close()
        _held.clear()
