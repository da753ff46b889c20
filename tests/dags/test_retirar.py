"""The DAG retirar_publicacion, run for real: the dataset is gone, and the dashboards are told."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from pamga.settings import Settings
from pamga.takedowns import datasets_down, takedowns
from publish.release import publish
from publish.verify import verify_release
from tests.dags.people import answering, ask_again_at_once, states_of
from tests.publish.scene import DAY, Scene, make_run

pytestmark = pytest.mark.slow


ASKED = {"que": "observaciones", "motivo": "Llevaba un nombre.", "persona": "Ana Ruiz, Unidad de Transparencia"}
OTHER = "Beto Sol, Secretario Técnico"


@pytest.fixture
def published(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings = Settings(data=tmp_path / "datos", hoy=DAY)
    workshop = Settings(data=tmp_path / "taller")
    run = make_run(workshop, Scene())
    shutil.copytree(workshop.layout.run(run), settings.layout.run(run))
    publish(settings, run)
    monkeypatch.setenv("PAMGA_DATA", str(settings.data))
    monkeypatch.setenv("PAMGA_HOY", DAY.isoformat())
    return settings


def take_down() -> dict[str, str]:
    """The DAG, run for real; its tasks' states."""
    ask_again_at_once("retirar_publicacion", "confirmar_retiro")
    return states_of("retirar_publicacion", **ASKED)


def refuse_still_there(settings: Settings) -> None:
    assert takedowns(settings.layout.log) == []
    assert list(settings.layout.releases.rglob("observaciones.csv"))


def test_a_takedown_by_hand(published: Settings) -> None:
    states = take_down()
    assert states["retirar"] == "success" and states["confirmar_retiro"] == "skipped", states
    down = datasets_down(takedowns(published.layout.log))
    assert down["observaciones"].persona == ASKED["persona"]
    assert not list(published.layout.releases.rglob("observaciones.csv"))
    assert verify_release(published, "2026T3-r01") == []


def test_a_second_person_says_yes(published: Settings, api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A yes without its reason does not count and is asked again; both names are published with the takedown."""
    monkeypatch.setenv("PAMGA_REQUIRE_APPROVAL", "true")
    yes = ("aprobar", OTHER, "Es un dato personal.")
    with answering(api, "retirar_publicacion", ("aprobar", OTHER, ""), yes) as seen:
        states = take_down()
    assert states["retirar"] == "success", states
    assert seen[0]["subject"] == "¿Se retira observaciones de todas las publicaciones?"
    assert ASKED["persona"] in seen[0]["body"] and ASKED["motivo"] in seen[0]["body"]
    down = datasets_down(takedowns(published.layout.log))
    assert down["observaciones"].persona == f"{ASKED['persona']}; confirmó: {OTHER} (cuenta secretariado)"
    assert not list(published.layout.releases.rglob("observaciones.csv"))
    assert verify_release(published, "2026T3-r01") == []


def test_a_second_person_says_no(published: Settings, api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMGA_REQUIRE_APPROVAL", "true")
    with answering(api, "retirar_publicacion", ("rechazar", OTHER, "No es un dato personal.")):
        states = take_down()
    assert (states["registrar_confirmacion"], states["retirar"]) == ("failed", "upstream_failed")
    refuse_still_there(published)
    (notice,) = published.layout.notices.glob("*retirar_publicacion.registrar_confirmacion.txt")
    assert "No se retira nada: Beto Sol" in notice.read_text() and "No es un dato personal." in notice.read_text()
