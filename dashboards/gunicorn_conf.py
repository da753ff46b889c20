"""gunicorn's hooks for Superset: no worker inherits a connection that the master opened.

With --preload the application is made once, in the master, and making it reads the metadata. Two workers that went on with
that one connection would read each other's answers. SQLite has no connection to share; PostgreSQL has.
"""

from __future__ import annotations

from typing import Any


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
