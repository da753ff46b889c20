"""cierre_trimestre closes nothing over an empty lake or half an inbox, and neither is a failure on the first day."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dags.people import states_of

pytestmark = pytest.mark.slow


@pytest.fixture
def installation(airflow_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in (("DATA", str(tmp_path)), ("HOY", "2026-10-20"), ("SETTLE_SECONDS", "0.2")):
        monkeypatch.setenv(f"PAMGA_{name}", value)
    return tmp_path


@pytest.fixture
def upload(installation: Path) -> Iterator[Path]:
    """A file that an office is still sending."""
    path = installation / "inbox" / "presupuesto_participativo" / "entregas" / "eventos_mbh_2026T3.csv"
    path.parent.mkdir(parents=True)
    done = threading.Event()

    def send() -> None:
        number = 0
        while not done.wait(0.02):
            with path.open("a") as file:
                file.write(f"EV-{number},2026-08-05,Centro,2,1\n")
            number += 1

    path.write_text("evento_id,fecha,colonia,funcionarios_seguridad,operadores_sac\n")
    sender = threading.Thread(target=send)
    sender.start()
    yield path
    done.set()
    sender.join()


def test_a_first_start_is_not_red(installation: Path) -> None:
    assert states_of("cierre_trimestre", trimestre="2026T3") == {
        "recibir": "success", "construir": "skipped", "revisar": "skipped", "anunciar": "skipped", "construir_lo_posterior": "skipped",
    }  # fmt: skip
    assert not list((installation / "lake" / "_log").glob("closings/*"))


def test_nothing_is_closed_while_a_file_is_on_its_way(upload: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAMGA_SETTLE_SECONDS", "1")  # on a busy machine whoever sends pauses too
    from dags.cierre_trimestre import DAG_OBJECT
    from pamga.errors import PamgaError

    receive: Any = DAG_OBJECT.get_task("recibir")
    assert receive.retries >= 8
    with pytest.raises(PamgaError, match="1 files of the inbox are not in yet"):
        receive.python_callable()
