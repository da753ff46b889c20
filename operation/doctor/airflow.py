"""Airflow: its parts, the queue of its tasks, the pool of builds."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from operation import queue
from operation.airflow_env import BUILD_POOL
from operation.airflow_health import WELL, airflow_parts, airflow_url
from operation.doctor.databases import reached
from operation.doctor.found import FAIL, OK, WARN, Found
from pamga.backup.databases import SQLITE, database_of
from pamga.faults import first_line
from pamga.settings import Settings

_BROKER_WAY = "docker compose logs redis, then docker compose restart redis"
_BROKER_WAYS = {
    "maxmemory": "Redis is full: docker compose exec redis redis-cli info memory says of what; its maxmemory is in docker/redis/start.sh.",
    "unable to persist": "Redis cannot write its disk: see to the volume redis, then docker compose restart redis.",
    "username-password": "secrets/broker_password is not what Redis was started with: python3 docker/make_secrets.py, then docker compose up -d --wait --force-recreate.",
    "Authentication required": "secrets/broker_url holds no password: python3 docker/make_secrets.py, then docker compose up -d --wait --force-recreate.",
    "permission": "The account of the queue's address is not that of the queue (docker/redis/start.sh): mend secrets/broker_url.",
}
"""By words of Redis' answer; its client leaves out the code."""


def airflow(settings: Settings) -> Iterator[Found]:
    """Its parts, where their API is known: without the scheduler or the DAG processor nothing is received, and nothing is red."""
    url = airflow_url()
    if url is None:
        return
    for part, said in airflow_parts(url).items():
        if said == WELL:
            yield Found(OK, f"Airflow's {part} is well.")
        else:
            service = f"airflow-{part.replace('_', '-')}".replace("airflow-metadatabase", "postgres")
            yield Found(
                FAIL, f"Airflow's {part}: {said}.", f"Read its log and restart it: docker compose restart {service}."
            )


def tasks(settings: Settings) -> Iterator[Found]:
    """Celery's: whether somebody takes the tasks, since when they wait, and whether those that run are still heard of."""
    if not queue.uses_queue():
        return
    worker = "docker compose logs airflow-worker, then docker compose restart airflow-worker"
    try:
        seen = queue.look(settings)
    except Exception as error:  # kombu's, redis' and SQLAlchemy's have no common one
        said = f"The queue cannot be looked at: {type(error).__name__}: {first_line(error)}"
        mend = next((way for words, way in _BROKER_WAYS.items() if words in str(error)), _BROKER_WAY)
        yield Found(FAIL, said, mend)
        return
    waiting = f"{seen.in_broker} in the queue, {seen.queued} given out, the oldest {seen.oldest_seconds:.0f} s ago"
    problems = [
        Found(FAIL, f"{name} answers and takes no tasks.", worker) for name in seen.deaf
    ]  # fmt: skip
    if not seen.workers:
        problems.append(Found(FAIL, f"No worker takes tasks ({waiting}).", worker))
    elif seen.oldest_seconds > queue.WAITS_SECONDS:
        more = "See what the workers do (`airflow tasks`, their log); start more of them, or wait."
        problems.append(Found(WARN, f"Tasks wait for long: {waiting}.", more))
    if seen.silent:
        said = f"{seen.silent} tasks run on a worker of which nothing is heard since {queue.SILENT_SECONDS} s."
        problems.append(
            Found(
                FAIL, said, "docker compose ps; the scheduler tries them again: docker compose logs airflow-scheduler"
            )
        )
    yield from problems or [Found(OK, f"{len(seen.workers)} workers take tasks: {waiting}.")]


def pool(settings: Settings) -> Iterator[Found]:
    """The pool of one slot: DuckDB lets one process write."""
    database = database_of(settings, "airflow")
    mend = f"airflow pools set {BUILD_POOL} 1 'One build at a time'"
    if database.kind == SQLITE and not database.file.exists():
        yield Found(OK, "Airflow was not started yet; its first start makes the pool.")
        return
    engine = reached(database)
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("slot_pool"):
            yield Found(FAIL, "Airflow's metadata were not made.", "airflow db migrate, then " + mend)
            return
        slots = connection.execute(
            sa.text("select slots from slot_pool where pool = :pool"), {"pool": BUILD_POOL}
        ).scalar()
    if slots == 1:
        yield Found(OK, f"The pool {BUILD_POOL} has one slot.")
    elif slots is None and not settings.require_keys:
        yield Found(WARN, f"The pool {BUILD_POOL} is not there yet.", "`make up` makes it.")
    else:
        there = (
            "is not there: nothing would ever be built"
            if slots is None
            else f"has {slots} slots: builds would get in one another's way"
        )
        yield Found(FAIL, f"The pool {BUILD_POOL} {there}.", mend)
