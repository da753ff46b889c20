"""The approval step for real: a DAG waits for a person, who answers through Airflow's own API."""

from __future__ import annotations

import importlib
import json
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from pamga.settings import Settings
from publish.release import PublishResult
from quality import gate
from tests.dags.people import Answer, answering, ask_again_at_once, states_of
from tests.quality.specimen import RUN, make_run

pytestmark = pytest.mark.slow

ANA = "Ana Ruiz, Secretaria Técnica"


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


def run_and_answer(api: Any, *answers: Answer) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Task states of `publicar` at the end, and the questions that the person saw."""
    with answering(api, "publicar", *answers) as seen:
        states = run_publicar()
    return states, seen


def run_publicar() -> dict[str, str]:
    ask_again_at_once("publicar", "aprobar_candidata")
    return states_of("publicar")


def test_off_by_default(candidate: Settings, published: list[str]) -> None:
    states = run_publicar()
    assert states["aprobar_candidata"] == "skipped"
    assert published == [RUN]
    assert not (candidate.layout.log / "approvals").exists()


def test_a_named_person_approves(
    candidate: Settings, published: list[str], api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMGA_REQUIRE_APPROVAL", "true")
    _, (question,) = run_and_answer(api, ("aprobar", ANA, "Revisado en sesión."))
    assert RUN in question["subject"]
    assert "Es la primera publicación" in question["body"]
    assert published == [RUN]
    assert json.loads((candidate.layout.log / "approvals" / f"{RUN}.json").read_text()) == {
        "run": RUN, "release": "2026T3-r02", "decision": "aprobar", "persona": "Ana Ruiz, Secretaria Técnica (cuenta secretariado)",
        "motivo": "Revisado en sesión.", "fecha": "2026-10-20",
    }  # fmt: skip


def test_a_rejection_leaves_the_old_release_up(
    candidate: Settings, published: list[str], api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMGA_REQUIRE_APPROVAL", "true")
    states, _ = run_and_answer(api, ("rechazar", "", "Falta PP-1."))
    assert states["registrar_respuesta"] == "failed"  # in red, and told to whoever is told of failures
    (notice,) = (candidate.layout.notices).glob("*publicar.registrar_respuesta.txt")
    assert f"La candidata {RUN} no se publica: secretariado respondió que no. Motivo: Falta PP-1." in notice.read_text()
    assert states["escribir_verificar_y_publicar"] == "upstream_failed"
    assert published == []
    entry = json.loads((candidate.layout.log / "approvals" / f"{RUN}.json").read_text())
    assert (entry["decision"], entry["persona"], entry["motivo"]) == ("rechazar", "secretariado", "Falta PP-1.")


def test_a_yes_without_its_reason_is_asked_again(
    candidate: Settings, published: list[str], api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAMGA_REQUIRE_APPROVAL", "true")
    states, (first, second) = run_and_answer(api, ("aprobar", ANA, " "), ("aprobar", ANA, "Revisado en sesión."))
    assert "un «aprobar» sin motivo, o de quien lo pide, no cuenta" in first["body"] == second["body"]
    (notice,) = candidate.layout.notices.glob("*publicar.aprobar_candidata.txt")
    assert f"{ANA} (cuenta secretariado) respondió «aprobar» sin escribir el motivo: no cuenta." in notice.read_text()
    assert states["escribir_verificar_y_publicar"] == "success" and published == [RUN]
    (entry,) = (candidate.layout.log / "approvals").glob("*.json")
    assert json.loads(entry.read_text())["decision"] == "aprobar"


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
    assert states["registrar_respuesta"] == "failed"
    assert states["escribir_verificar_y_publicar"] == "upstream_failed"
    assert published == []
    entry = json.loads((candidate.layout.log / "approvals" / f"{RUN}.json").read_text())
    assert (entry["decision"], entry["persona"]) == ("rechazar", "sin respuesta")
    assert entry["motivo"] == "Nadie respondió en 0.001 horas: se rechaza por omisión."
