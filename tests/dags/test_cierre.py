"""cierre_trimestre closes nothing over an empty lake or half an inbox, and neither is a failure on the first day."""

from __future__ import annotations

import time
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


def test_a_first_start_is_not_red(installation: Path) -> None:
    assert states_of("cierre_trimestre", trimestre="2026T3") == {
        "recibir": "success", "construir": "skipped", "revisar": "skipped", "anunciar": "skipped", "construir_lo_posterior": "skipped",
    }  # fmt: skip
    assert not list((installation / "lake" / "_log").glob("closings/*"))


class Sending:
    """The clock of whoever waits until a file holds still: whenever they sleep, an office sends another line of it."""

    time_ns = staticmethod(time.time_ns)

    def __init__(self, path: Path) -> None:
        self._path, self.sent = path, 0

    def sleep(self, _: float) -> None:
        with self._path.open("a") as file:
            file.write(f"EV-{self.sent},2026-08-05,Centro,2,1\n")
        self.sent += 1


def test_nothing_is_closed_while_a_file_is_on_its_way(installation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = installation / "inbox" / "presupuesto_participativo" / "entregas" / "eventos_mbh_2026T3.csv"
    path.parent.mkdir(parents=True)
    path.write_text("evento_id,fecha,colonia,funcionarios_seguridad,operadores_sac\n")
    office = Sending(path)
    monkeypatch.setattr("ingest.dropped.time", office)
    monkeypatch.setenv("PAMGA_SETTLE_SECONDS", "600")
    from dags.cierre_trimestre import DAG_OBJECT
    from pamga.errors import PamgaError

    receive: Any = DAG_OBJECT.get_task("recibir")
    assert receive.retries >= 8
    with pytest.raises(PamgaError, match="1 files of the inbox are not in yet"):
        receive.python_callable()
    assert office.sent > 1
