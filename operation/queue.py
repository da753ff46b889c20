"""The queue of Airflow's tasks: how many wait, since when, who takes them, and which tasks run on a worker that says nothing any more.

Only where the executor is Celery. Whoever knows queue and database (a worker, at its own health check) looks, and leaves what was seen
in a document that `pamga monitor`, which knows no secret, reads.
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from pamga.airflow_settings import airflow_setting
from pamga.backup.databases import SQLITE, database_of
from pamga.documents.status import SeenQueue
from pamga.settings import Settings
from pamga.storage import write_atomically

NOTE = "queue.json"  # under locks/
SILENT_SECONDS = 120
"""A task that runs tells so every few seconds; Airflow gives it up after 60 and looks for such ones every 10."""
WAITS_SECONDS = 600
"""Twice what Airflow itself waits before it gives out a task again that nobody began ([scheduler] task_queued_timeout)."""
_SECONDS, _ANSWER_SECONDS = 5, 2
_COUNT = """
select count(*) filter (where state = 'queued'),
       coalesce(max(extract(epoch from clock_timestamp() - queued_dttm)) filter (where state = 'queued'), 0),
       count(*) filter (where state = 'running' and last_heartbeat_at < clock_timestamp() - make_interval(secs => :silent)),
       extract(epoch from clock_timestamp())
  from task_instance where state in ('queued', 'running')"""


def uses_queue() -> bool:
    """Whether Airflow hands its tasks to workers."""
    return (airflow_setting("core", "executor") or "").endswith("CeleryExecutor")


def look(settings: Settings) -> SeenQueue:
    """What the queue is like now. Raises kombu's, redis' or SQLAlchemy's errors when broker or database does not answer."""
    from celery import Celery  # type: ignore[import-untyped]

    name = airflow_setting("operators", "default_queue") or "default"
    app = Celery(broker=airflow_setting("celery", "broker_url"))
    app.conf.broker_transport_options = {"socket_timeout": _SECONDS, "socket_connect_timeout": _SECONDS}
    with app.connection_for_read() as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=_SECONDS)
        in_broker = connection.default_channel.queue_declare(name, durable=True).message_count
        answers = app.control.inspect(timeout=_ANSWER_SECONDS, connection=connection).active_queues() or {}
    takes = {worker: any(queue["name"] == name for queue in queues) for worker, queues in answers.items()}
    queued, oldest, silent, apart = _told_by_airflow(settings)
    return SeenQueue(
        seen=datetime.now(UTC).isoformat(timespec="seconds"), in_broker=in_broker, queued=queued, oldest_seconds=oldest, silent=silent,
        workers=sorted(worker for worker, any_task in takes.items() if any_task),
        deaf=sorted(worker for worker, any_task in takes.items() if not any_task), clock_seconds=apart,
    )  # fmt: skip


def _told_by_airflow(settings: Settings) -> tuple[int, float, int, float]:
    """Tasks given out, since when the oldest waits, tasks that are silent, and by how much the clocks differ."""
    database = database_of(settings, "airflow")
    if database.kind == SQLITE:
        return 0, 0.0, 0, 0.0
    engine = sa.create_engine(database.url, poolclass=sa.NullPool, connect_args={"connect_timeout": _SECONDS})
    with engine.connect() as connection:
        told = connection.execute(sa.text(_COUNT), {"silent": SILENT_SECONDS}).one()
        queued, oldest, silent, now = (float(value) for value in told)  # type: ignore[arg-type]
    return int(queued), round(oldest, 1), int(silent), round(abs(now - datetime.now(UTC).timestamp()), 1)


def note(settings: Settings) -> SeenQueue:
    """Look, and leave what was seen for whoever watches."""
    seen = look(settings)
    write_atomically(settings.layout.locks / NOTE, seen.content())
    return seen


def noted(settings: Settings) -> SeenQueue | None:
    """What was seen last; None where no worker ever looked."""
    return SeenQueue.if_there(settings.layout.locks / NOTE)


def age_of(seen: SeenQueue) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(seen.seen)).total_seconds()
