"""Whether a service is well, for the container's health check: exit 0 or 1 and a line that says why.

python docker/health.py http http://127.0.0.1:8974/health      it answers, and says of no part that it is unhealthy
python docker/health.py component triggerer                    the API has heard of this part of Airflow lately
python docker/health.py worker                                 this machine's Celery worker answers through the queue
"""

from __future__ import annotations

import json
import socket
import sys
import urllib.request
from pathlib import Path

API = "http://airflow-api:8080/api/v2/monitor/health"
SECONDS = 5


def _get(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=SECONDS) as answer:  # noqa: S310 - our own services
        body: bytes = answer.read()
        return body


def http(address: str) -> str | None:
    said = _get(address)
    return "it says unhealthy" if b'"unhealthy"' in said else None


def component(name: str) -> str | None:
    status = json.loads(_get(API))[name]["status"]
    return None if status == "healthy" else f"{name} is {status}"


def worker() -> str | None:
    from celery import Celery

    name = f"celery@{socket.gethostname()}"
    broker = Path("/run/secrets/broker_url").read_text(encoding="utf-8").strip()
    answers = Celery(broker=broker).control.ping(destination=[name], timeout=SECONDS)
    if not answers:
        return f"{name} does not answer"
    return _noted(name)


def _noted(name: str) -> str | None:
    """What the queue is like, for the monitor; a worker that answers and takes no tasks is not well."""
    from operation.queue import note
    from pamga.settings import Settings

    try:
        seen = note(Settings())
    except Exception as error:  # that the database or the data folder is away is no fault of the worker's
        print(f"the queue was not looked at: {type(error).__name__}")
        return None
    return f"{name} takes no tasks" if name in seen.deaf else None


def main() -> int:
    checks = {"http": http, "component": component}
    try:
        problem = worker() if sys.argv[1:] == ["worker"] else checks[sys.argv[1]](sys.argv[2])
    except Exception as error:  # whatever it is, the service is not well
        problem = f"{type(error).__name__}: {error}"
    print(problem or "well")
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
