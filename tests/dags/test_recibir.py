"""A file that cannot be received: the failure notice names it, since the task is one of many."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


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


def test_one_file_holds_the_others_for_a_bounded_time() -> None:
    from dags.recibir_entregas import DAG_OBJECT
    from pamga.settings import Settings

    limit = DAG_OBJECT.get_task("recibir").execution_timeout
    assert timedelta(seconds=Settings.model_fields["file_seconds"].default) < limit < timedelta(hours=1)
