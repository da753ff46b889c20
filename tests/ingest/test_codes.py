"""Keys, folios and addresses of pages are published as they are: none of them says who somebody is or how to call them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from ingest.contract import load_contracts
from ingest.privacy.masks import masked

from .conftest import Office
from .test_delivery import ACUERDOS_PATH

CURP = "PEGJ800101HGTRRN09"
HEADER = "acuerdo_id,evento_id,fecha_acuerdo,tipo,tema,dependencia,folio_sac\n"


@pytest.mark.parametrize(
    "text",
    ["4771234567", "SAC-2026-104233", "ACU-250115-A12", "https://datos.leon.gob.mx/d/4771234567", "https://medium.com/@leon", "T-1", "https://maps.google.com/@21.12,-101.68,17z"],
)  # fmt: skip
def test_a_long_number_or_an_address_is_no_personal_datum_here(text: str) -> None:
    assert masked(text, codes=True) == (text, {})


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (CURP, "[CURP oculta]"),
        (f"INT-{CURP.lower()}", "INT-[CURP oculta]"),
        ("https://wa.me/524776139057", "https://wa.me/[teléfono oculto]"),
        ("https://api.whatsapp.com/send?phone=524776139057&text=hola", "https://api.whatsapp.com/send?phone=[teléfono oculto]&text=hola"),
        ("https://d.mx/lista?de=ana@x.mx", "https://d.mx/lista?de=[correo oculto]"),
    ],
)  # fmt: skip
def test_who_somebody_is_is_masked(text: str, clean: str) -> None:
    assert masked(text, codes=True)[0] == clean


def test_a_key_that_says_who_somebody_is_is_quarantined_and_not_repeated(office: Office) -> None:
    receipt = office.deliver(
        ACUERDOS_PATH,
        HEADER
        + f"{CURP},E1,01/07/2026,inmediato,Luz,Obra,\n{CURP},E1,02/07/2026,inmediato,Luz,Obra,\n"
        + f"A2,ana@x.mx,01/07/2026,inmediato,Luz,Obra,\nA3,E1,01/07/2026,inmediato,Luz,Obra,folio de {CURP}\n"
        + "4771234567,E1,01/07/2026,inmediato,Luz,Obra,4771234567\n",
    )
    assert (receipt.accepted, receipt.quarantined) == (2, 3)
    rows = {row["acuerdo_id"]: row for row in office.table(receipt).to_dicts()}
    assert rows["A3"]["folio_sac"] == "folio de [CURP oculta]" and rows["4771234567"]["folio_sac"] == "4771234567"
    rejects = office.table(receipt, "rejects")
    assert set(rejects["regla"].to_list()) == {"patron", "clave_repetida"}
    said = str(rejects.to_dicts()) + str(office.manifests())
    said += "".join(p.read_text(errors="ignore") for p in Path(str(receipt.folder)).rglob("*") if p.is_file())
    assert CURP not in said and "ana@x.mx" not in said


def test_every_text_that_lands_is_looked_through() -> None:
    """A new column is one of those that are masked, moderated, hashed, dropped, closed lists, or the public contact of an office."""
    from ingest.checks.people import _holds_codes

    left = [
        (export, column.nombre)
        for export, contract in load_contracts().items()
        for column in contract.columnas
        if column.tipo in ("texto", "lista", "url", "correo")
        and not (column.personal or column.seudonimo or column.moderado or column.texto_libre or column.valores or column.patron)
        and not _holds_codes(contract, column)
    ]  # fmt: skip
    assert {export for export, _ in left} == {"directorio"}, left
    assert pl.DataFrame(left, orient="row").height < 8
