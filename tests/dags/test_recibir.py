"""A file that cannot be received: the failure notice names it, since the task is one of many."""

from __future__ import annotations

import html
from datetime import timedelta
from pathlib import Path

import pytest

from tests.dags.conftest import MailBox

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("airflow_home")]


def test_the_notice_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dags.shared import notify_failure

    monkeypatch.setenv("PAMGA_DATA", str(tmp_path))
    monkeypatch.setenv("PAMGA_HOY", "2026-10-20")

    class Instance:
        dag_id, task_id = "recibir_entregas", "recibir"

    notify_failure(
        {"task_instance": Instance(), "exception": TimeoutError("slow"), "entrega": "imju/mesas_trabajo/2026T3"}
    )
    (notice,) = (tmp_path / "notices").iterdir()
    assert "recibir_entregas.recibir (imju/mesas_trabajo/2026T3) failed: slow" in notice.read_text()


def test_the_receipts_go_to_the_office_by_mail_once(
    mail_server: MailBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dags.recibir_entregas import DAG_OBJECT

    for name, value in (("DATA", str(tmp_path)), ("HOY", "2026-10-20"), ("SETTLE_SECONDS", "0")):
        monkeypatch.setenv(f"PAMGA_{name}", value)
    office = tmp_path / "inbox" / "presupuesto_participativo"
    office.mkdir(parents=True)
    header = "evento_id,fecha,colonia,funcionarios_seguridad,operadores_sac\n"
    (office / "eventos_mbh_2026T3.csv").write_text(f"{header}EV-1,2026-08-01,Centro,2,1\n", encoding="utf-8")
    (office / "eventos_mbh_2026T2.csv").write_text("nada que sirva\n", encoding="utf-8")
    for _ in range(2):
        run = DAG_OBJECT.test()
        assert "failed" not in {str(instance.state) for instance in run.get_task_instances()}
    assert mail_server.subjects == ["Acuse de recibo: 2 archivos"]
    body = html.unescape(mail_server.body(0))
    assert "eventos_mbh_2026T3.csv" in body and "eventos_mbh_2026T2.csv" in body


def test_one_file_holds_the_others_for_a_bounded_time() -> None:
    from dags.recibir_entregas import DAG_OBJECT
    from pamga.settings import Settings

    limit = DAG_OBJECT.get_task("recibir").execution_timeout
    assert limit is not None
    assert timedelta(seconds=Settings.model_fields["file_seconds"].default) < limit < timedelta(hours=1)
