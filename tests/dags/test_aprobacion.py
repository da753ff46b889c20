"""The approval step for real: a DAG waits for a person, who answers through Airflow's own API."""

from __future__ import annotations

import importlib
import json
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pamga.settings import Settings
from publish.release import PublishResult
from quality import gate
from tests.quality.specimen import RUN, make_run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def checked_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A candidate that the gate has seen."""
    root = tmp_path_factory.mktemp("candidata")
    gate.check(make_run(root))
    return root


@pytest.fixture
def candidate(airflow_home: Path, checked_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    root = tmp_path / "data"
    shutil.copytree(checked_run, root, symlinks=True)
    monkeypatch.setenv("PAMGA_DATA", str(root))
    monkeypatch.setenv("PAMGA_HOY", "2026-10-20")
    return Settings()


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Runs that `publicar` went on to publish. Writing a release has its own tests; here only who may start it counts."""
    import publish.release

    calls: list[str] = []

    def publish_it(settings: Settings, run: str) -> PublishResult:
        calls.append(run)
        return PublishResult(release="2026T3-r02", flipped=True)

    monkeypatch.setattr(publish.release, "publish", publish_it)
    return calls


@pytest.fixture
def api(airflow_home: Path) -> Iterator[Any]:
    """Airflow's REST API in this process, signed in as the administrator of its simple auth manager."""
    from airflow.api_fastapi.app import create_app, get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from fastapi.testclient import TestClient

    client = TestClient(create_app(apps="core"))
    token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username="secretariado", role="admin"))
    client.headers["Authorization"] = f"Bearer {token}"
    yield client


def answer(api: Any, option: str, params: dict[str, str], seen: dict[str, Any]) -> None:
    """Wait until the question is there, keep it, answer it."""
    where = "/api/v2/dags/publicar/dagRuns/~"
    for _ in range(240):
        pending = api.get(f"{where}/hitlDetails", params={"response_received": "false"}).json().get("hitl_details", [])
        if pending:
            seen["question"] = pending[-1]
            instance = pending[-1]["task_instance"]
            reply = api.patch(
                f"/api/v2/dags/{instance['dag_id']}/dagRuns/{instance['dag_run_id']}/taskInstances/{instance['task_id']}/-1/hitlDetails",
                json={"chosen_options": [option], "params_input": params},
            )
            seen["reply"] = (reply.status_code, reply.text)
            return
        time.sleep(0.25)


def run_and_answer(api: Any, option: str, params: dict[str, str]) -> tuple[dict[str, str], dict[str, Any]]:
    """Task states of `publicar` at the end, and what the person saw."""
    seen: dict[str, Any] = {}
    person = threading.Thread(target=answer, args=(api, option, params, seen))
    person.start()
    states = run_publicar()
    person.join()
    return states, seen


def run_publicar() -> dict[str, str]:
    run = importlib.import_module("dags.publicar").DAG_OBJECT.test()
    return {ti.task_id: str(ti.state) for ti in run.get_task_instances()}


def test_off_by_default(candidate: Settings, published: list[str]) -> None:
    states = run_publicar()
    assert states["aprobar_candidata"] == "skipped"
    assert published == [RUN]
    assert not (candidate.layout.log / "approvals").exists()


def test_a_named_person_approves(
    candidate: Settings, published: list[str], api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMGA_REQUIRE_APPROVAL", "true")
    _, seen = run_and_answer(
        api, "aprobar", {"persona": "Ana Ruiz, Secretaria Técnica", "motivo": "Revisado en sesión."}
    )
    assert seen["reply"][0] == 200, seen["reply"]
    assert RUN in seen["question"]["subject"]
    assert "Es la primera publicación" in seen["question"]["body"]
    assert published == [RUN]
    assert json.loads((candidate.layout.log / "approvals" / f"{RUN}.json").read_text()) == {
        "run": RUN, "release": "2026T3-r02", "decision": "aprobar", "persona": "Ana Ruiz, Secretaria Técnica (cuenta secretariado)",
        "motivo": "Revisado en sesión.", "fecha": "2026-10-20",
    }  # fmt: skip


def test_a_rejection_leaves_the_old_release_up(
    candidate: Settings, published: list[str], api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMGA_REQUIRE_APPROVAL", "true")
    states, _ = run_and_answer(api, "rechazar", {"persona": "", "motivo": "Falta PP-1."})
    assert states["registrar_respuesta"] == "skipped"
    assert states["escribir_verificar_y_publicar"] == "skipped"
    assert published == []
    entry = json.loads((candidate.layout.log / "approvals" / f"{RUN}.json").read_text())
    assert (entry["decision"], entry["persona"], entry["motivo"]) == ("rechazar", "secretariado", "Falta PP-1.")


def sweep(done: threading.Event) -> None:
    """What Airflow's scheduler does every few seconds: questions past their limit are answered by their default."""
    from airflow.jobs.job import Job
    from airflow.jobs.scheduler_job_runner import SchedulerJobRunner

    scheduler = SchedulerJobRunner(job=Job())  # type: ignore[no-untyped-call]
    while not done.wait(0.5):
        scheduler.check_awaiting_input_timeouts()


def test_without_an_answer_in_time_the_default_is_no(
    candidate: Settings, published: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is fixed when Airflow reads the DAG, so it is read again with a short one, and once more as it was."""
    monkeypatch.setenv("PAMGA_REQUIRE_APPROVAL", "true")
    monkeypatch.setenv("PAMGA_APPROVAL_HOURS", "0.001")
    module, done = importlib.reload(importlib.import_module("dags.publicar")), threading.Event()
    scheduler = threading.Thread(target=sweep, args=(done,))
    scheduler.start()
    try:
        states = run_publicar()
    finally:
        done.set()
        scheduler.join()
        monkeypatch.delenv("PAMGA_APPROVAL_HOURS")
        importlib.reload(module)
    assert states["aprobar_candidata"] == "success"
    assert states["escribir_verificar_y_publicar"] == "skipped"
    assert published == []
    entry = json.loads((candidate.layout.log / "approvals" / f"{RUN}.json").read_text())
    assert (entry["decision"], entry["persona"]) == ("rechazar", "sin respuesta")
    assert entry["motivo"] == "Nadie respondió en 0.001 horas: se rechaza por omisión."
