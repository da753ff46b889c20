"""Who approves, with production's accounts (FAB): the Secretariado, and nobody of IT."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from operation.roles import PERMISSIONS
from quality import gate
from tests.quality.specimen import RUN, make_run

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]


def test_only_the_secretariado_approves_and_does_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    gate.check(make_run(tmp_path / "data"))
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PAMGA_"))}
    done = subprocess.run(
        [sys.executable, "-m", "tests.dags.fab_scene", str(tmp_path)], cwd=ROOT, env=clean, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads((tmp_path / "said.json").read_text())
    assert said["role"] == said["again"] == sorted(map(list, set(PERMISSIONS)))
    assert said["answers"] == {"ti": 403, "guardia": 403, "ana": 200}
    assert said["twice"] == [409, 409], "neither a second yes nor a no after it"
    assert said["forged"] == dict.fromkeys(("ti", "guardia", "ana"), [403] * 4), (
        "nobody writes an answer that was not given"
    )
    assert set(said["anonymous"]) == {401}
    assert said["sees"] == 200  # IT sees what waits for whom
    assert set(said["forbidden"].values()) == {403}, said["forbidden"]
    assert set(said["dags"]) <= {"publicar", "retirar_publicacion"}
    assert said["states"]["escribir_verificar_y_publicar"] == "success"
    assert said["published"] == [RUN]
    (approval,) = (tmp_path / "data" / "lake" / "_log" / "approvals").glob("*.json")
    assert json.loads(approval.read_text())["persona"] == "Ana Ruiz, Secretaria Técnica (cuenta ana)"
