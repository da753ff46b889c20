"""gunicorn's settings and hooks for Superset: no thread waits for a client, no worker inherits a connection that the master opened.

With --preload the application is made once, in the master, and making it reads the metadata. Two workers that went on with
that one connection would read each other's answers. SQLite has no connection to share; PostgreSQL has.
"""

from __future__ import annotations

import fcntl
import logging
import os
import resource
import sys
from contextlib import suppress
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parent))

LARGEST_LOG = 20_000_000

worker_class = "slow_clients.Worker"
sendfile = False  # it would make a thread wait for the client
worker_connections = min(4000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2)


def when_ready(server: Any) -> None:
    """In the master, before the first worker is forked: end what making the application opened."""
    from superset.extensions import db

    with server.app.wsgi().app_context():
        db.session.remove()
        db.engine.dispose()


def post_fork(server: Any, worker: Any) -> None:
    """In each worker: forget, without closing, whatever the master may have opened since."""
    from superset.extensions import db

    with server.app.wsgi().app_context():
        db.engine.dispose(close=False)
    keep_errors(os.environ.get("PAMGA_SUPERSET_ERROR_LOG", ""))


class ErrorLog(WatchedFileHandler):
    """The errors of all workers in one file. What is large gives way to a new one, whenever that is: a service that fails at every
    question would otherwise fill the disk before its next start. The one before is kept."""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError):  # what cannot give way is written on
            self._give_way(Path(self.baseFilename))
        super().emit(record)

    def _give_way(self, file: Path) -> None:
        if file.stat().st_size <= LARGEST_LOG:
            return
        with file.with_suffix(".lock").open("w") as lock:  # two at once would put the new file where the old one went
            fcntl.flock(lock, fcntl.LOCK_EX)
            if file.stat().st_size > LARGEST_LOG:
                file.replace(file.with_suffix(".1"))


def keep_errors(path: str) -> None:
    """Errors go to this file too, where `pamga monitor` counts them."""
    if not path:
        return
    kept = ErrorLog(path, encoding="utf-8", delay=True)
    kept.setLevel(logging.ERROR)
    kept.setFormatter(logging.Formatter("%(asctime)s:%(levelname)s:%(name)s:%(message)s"))
    logging.getLogger().addHandler(kept)
