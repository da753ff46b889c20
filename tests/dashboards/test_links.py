"""Markup of cells as a download holds it, and who may read a receipt; functions that run where Superset does."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.dashboards.instance import PYTHON, ROOT


def told(code: str) -> Any:
    done = subprocess.run(
        [str(PYTHON), "-c", "import sys, json; sys.path.insert(0, 'dashboards'); " + code],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.mark.servers
def test_a_download_holds_words_and_no_markup() -> None:
    cells = [
        '<a href="/indicador/DA-1">DA-1</a> Fases<br>Datos Abiertos', '● <b>3</b> de 12', '<a href="https://leon.mx/a">Minuta</a>',
        "5 < 6", None, 7,
    ]  # fmt: skip
    assert told(f"import links; print(json.dumps([links.plain(c) for c in {cells!r}]))") == [
        "DA-1 Fases; Datos Abiertos", "● 3 de 12", "Minuta https://leon.mx/a", "5 < 6", None, 7,
    ]  # fmt: skip


@pytest.mark.servers
def test_the_newest_receipt_is_found_and_only_its_office_reads_it(tmp_path: Path) -> None:
    for name in (
        "acuerdos_2026T3_v0001",
        "acuerdos_2026T3_v0002",
        "acuerdos_2026T3_v0002_duplicado",
        "otra_2026T3_v0009",
    ):
        (tmp_path / "receipts/imju" / name).mkdir(parents=True)
        (tmp_path / "receipts/imju" / name / "index.html").touch()
    (tmp_path / "receipts/imju/acuerdos_2026T3_v0003").mkdir()  # being written
    newest = (
        f"import receipts; from pathlib import Path; print(json.dumps(receipts.newest(Path({str(tmp_path)!r}), 'imju', "
    )
    assert told(newest + "'acuerdos_2026T3')))") == "acuerdos_2026T3_v0002"
    assert told(newest + "'nada_2026T3')))") is None
    offices = {"imju": "Dependencia: IMJU", "implan": "Dependencia: IMPLAN"}
    asked = [({"Dependencia: IMJU"}, "imju"), ({"Dependencia: IMJU"}, "implan"), ({"Secretariado"}, "implan"), (set(), "imju"),
             ({"Public"}, "desconocida")]  # fmt: skip
    assert told(
        f"import receipts; print(json.dumps([receipts.may_read(r, o, {offices!r}) for r, o in {asked!r}]))"
    ) == [True, False, True, False, False]
