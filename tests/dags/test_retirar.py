"""The DAG retirar_publicacion, run for real: the dataset is gone, and the dashboards are told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pamga.settings import Settings
from pamga.takedowns import datasets_down, takedowns
from publish.release import publish
from publish.verify import verify_release
from tests.publish.scene import DAY, Scene, make_run

pytestmark = pytest.mark.slow


def test_a_takedown_by_hand(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(data=tmp_path / "datos", hoy=DAY)
    workshop = Settings(data=tmp_path / "taller")
    run = make_run(workshop, Scene())
    shutil.copytree(workshop.layout.run(run), settings.layout.run(run))
    publish(settings, run)
    monkeypatch.setenv("PAMGA_DATA", str(settings.data))
    monkeypatch.setenv("PAMGA_HOY", DAY.isoformat())

    from dags.retirar_publicacion import DAG_OBJECT

    asked = {"que": "observaciones", "motivo": "Llevaba un nombre.", "persona": "Ana Ruiz, Unidad de Transparencia"}
    done = DAG_OBJECT.test(run_conf=asked)
    states = {task.task_id: str(task.state) for task in done.get_task_instances()}
    assert states["retirar"] == "success" and states["confirmar_retiro"] == "skipped", states
    down = datasets_down(takedowns(settings.layout.log))
    assert down["observaciones"].persona == asked["persona"]
    assert not list(settings.layout.releases.rglob("observaciones.csv"))
    assert verify_release(settings, "2026T3-r01") == []
