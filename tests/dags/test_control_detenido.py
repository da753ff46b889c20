"""When the gate says no: the failed task and its notice say what is wrong, who mends it and how; nothing is tried again."""

from __future__ import annotations

import html
from pathlib import Path

import pytest

from tests.dags.conftest import MailBox
from tests.quality.specimen import RUN, make_run

pytestmark = pytest.mark.slow


def test_the_notice_tells_who_must_do_what(
    mail_server: MailBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from dags.building import check_candidate
    from dags.shared import notify_failure

    settings = make_run(tmp_path)
    monkeypatch.setenv("PAMGA_DATA", str(tmp_path))
    monkeypatch.setenv("PAMGA_HOY", "2026-10-20")
    monkeypatch.setenv("PAMGA_ALERT_EMAIL", "datos@leon.example")
    metas = settings.layout.candidate(RUN) / "data" / "metas.parquet"
    metas.write_bytes(metas.read_bytes() + b"changed after the build")

    with pytest.raises(AirflowFailException) as stopped:  # Airflow does not retry after this one
        check_candidate({"run": RUN, "release": "2026T3-r02"})
    text = str(stopped.value)
    assert "Los archivos por publicar (candidata.archivos_intactos)" in text
    assert "    - archivo: data/metas.parquet" in text
    assert "  Le toca a: Equipo de datos" in text
    assert "  Qué hacer: " in text

    class Instance:
        dag_id, task_id = "construir_candidata", "revisar"

    notify_failure({"task_instance": Instance(), "exception": stopped.value})
    assert mail_server.recipients == [["datos@leon.example"]]
    assert mail_server.subjects[0].startswith("[pamga] construir_candidata.revisar failed: The gate stopped run")
    assert text in html.unescape(mail_server.body(0))
