"""DAGs that run for real, and persons who answer their questions through Airflow's own API meanwhile."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

Answer = tuple[str, str, str]
"""Option, the name that is typed, the reason."""


def states_of(dag_id: str, **conf: str) -> dict[str, str]:
    """Run a DAG for real; the states of its tasks."""
    run = importlib.import_module(f"dags.{dag_id}").DAG_OBJECT.test(run_conf=conf or None)
    return {instance.task_id: str(instance.state) for instance in run.get_task_instances()}


def ask_again_at_once(dag_id: str, task_id: str) -> None:
    """A question that is asked again waits a second here, and no half minute."""
    dag: Any = importlib.import_module(f"dags.{dag_id}").DAG_OBJECT
    dag.get_task(task_id).retry_delay = timedelta(seconds=1)


@contextmanager
def answering(api: Any, dag_id: str, *answers: Answer) -> Iterator[list[dict[str, Any]]]:
    """While the block runs, each question of the DAG gets the next answer; gives the questions, as they are asked."""
    seen: list[dict[str, Any]] = []
    problems: list[str] = []
    done = threading.Event()

    def person() -> None:
        for option, name, reason in answers:
            question = _wait_for(api, dag_id, done)
            if question is None:
                return
            seen.append(question)
            instance = question["task_instance"]
            reply = api.patch(
                f"/api/v2/dags/{dag_id}/dagRuns/{instance['dag_run_id']}/taskInstances/{instance['task_id']}/-1/hitlDetails",
                json={"chosen_options": [option], "params_input": {"persona": name, "motivo": reason}},
            )
            if reply.status_code != 200:
                problems.append(reply.text)

    thread = threading.Thread(target=person)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()
    assert problems == []
    assert len(seen) == len(answers)


def _wait_for(api: Any, dag_id: str, done: threading.Event) -> dict[str, Any] | None:
    """The question that nobody has answered yet."""
    while not done.is_set():
        answer = api.get(f"/api/v2/dags/{dag_id}/dagRuns/~/hitlDetails", params={"response_received": "false"})
        pending: list[dict[str, Any]] = answer.json().get("hitl_details", [])
        waiting = [each for each in pending if each["task_instance"]["state"] in ("awaiting_input", "deferred")]
        if waiting:
            return waiting[-1]
        time.sleep(0.25)
    return None
