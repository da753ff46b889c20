"""Markup of cells as a download holds it, and who may read a receipt; functions that run where Superset does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.dashboards.instance import in_superset


def told(code: str) -> Any:
    return json.loads(in_superset(f"import json; {code}"))


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


@pytest.mark.servers
@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/recibos/imju/nada_2026T3/", 404, "No hay recibo de esa entrega"),
        ("/recibos/imju/acuerdos_2026T3_v0001/errores.csv", 404, "Ese archivo no existe"),
        ("/recibos/implan/acuerdos_2026T3/", 403, "Este recibo no se puede ver"),
    ],
)
def test_a_receipt_that_is_not_there_is_said_in_a_page_and_to_a_program_in_a_line(
    tmp_path: Path, address: str, status: int, words: str
) -> None:
    asked = f"""
import pages, receipts
from pathlib import Path
from types import SimpleNamespace as N
from flask import Flask
from flask_login import LoginManager
app = Flask("x")
app.register_blueprint(receipts.blueprint(Path({str(tmp_path)!r})))
app.after_request(pages.error_as_page)
office = N(name=receipts.load_yaml(receipts.HERE / "access.yaml")["departments"]["imju"])
LoginManager(app).request_loader(lambda request: N(is_authenticated=True, roles=[office]))
answers = [app.test_client().get({address!r}, headers={{"Accept": kind}}) for kind in ("text/html,*/*", "*/*")]
print(json.dumps([[a.status_code, a.mimetype, a.headers["Vary"], a.text] for a in answers]))
"""
    page, line = told(asked)
    assert page[:3] == [status, "text/html", "Accept"] and line[:3] == [status, "text/plain", "Accept"]
    assert f"<h1>{words}</h1>" in page[3] and '<html lang="es-MX">' in page[3]
    assert line[3].startswith(words) and line[3].count("\n") == 1
