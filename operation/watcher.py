"""`make up` looks at the inbox itself, so that a receipt does not wait for the next minute of the schedule.

Whenever the files of a local inbox changed and have come to rest, the DAG recibir_entregas is started through Airflow's API; the
schedule stays, for what this misses and for inboxes that are elsewhere.
"""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime
from pathlib import Path

import requests

from pamga.settings import Settings

DAG = "recibir_entregas"
SECONDS = 10

log = logging.getLogger("pamga.watcher")
Seen = frozenset[tuple[str, int, int]]


class Watcher:
    """What lay in the inbox when it was last looked at, and when the DAG was last started."""

    def __init__(self, settings: Settings, airflow: str) -> None:
        self.settings, self.airflow = settings, airflow.rstrip("/")
        self.inbox = None if "://" in settings.inbox_url else Path(settings.inbox_url)
        self.started = self.before = self._look()

    def look(self) -> bool:
        """Start the DAG when something new came to rest. True when it was started."""
        now = self._look()
        rests, self.before = now == self.before, now
        if not rests or now == self.started:
            return False
        try:
            self._start()
        except (requests.RequestException, OSError, ValueError, KeyError) as error:
            log.warning("The DAG %s could not be started; its schedule will. %s", DAG, error)
        self.started = now
        return True

    def _look(self) -> Seen:
        if self.inbox is None or not self.inbox.is_dir():
            return frozenset()
        found = set()
        for folder, _, names in os.walk(self.inbox):
            for name in names:
                path = Path(folder) / name
                try:
                    stat = path.stat()
                except OSError:  # it went away meanwhile
                    continue
                found.add((str(path), stat.st_size, stat.st_mtime_ns))
        return frozenset(found)

    def _start(self) -> None:
        passwords = json.loads(Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]).read_text())
        person = {"username": "admin", "password": passwords["admin"]}
        token = requests.post(f"{self.airflow}/auth/token", json=person, timeout=SECONDS)
        token.raise_for_status()
        answer = requests.post(
            f"{self.airflow}/api/v2/dags/{DAG}/dagRuns",
            json={"logical_date": None, "run_after": datetime.now(UTC).isoformat()},
            headers={"Authorization": f"Bearer {token.json()['access_token']}"},
            timeout=SECONDS,
        )
        answer.raise_for_status()
