"""The small deliveries that went wrong (../shared/cases/INDEX.md), end to end through `receive`: what must hold afterwards.

A case is one entry of EXPECTED; its export and its file ending follow from its name.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from pamga.documents.deliveries import Receipt

from .conftest import Office, page, summary
from .files import CASES, case

OFFICES = {"colonias": "implan"}


@dataclass(frozen=True)
class Expected:
    """What must hold after a case was received."""

    state: str
    accepted: int = 0
    bad: tuple[tuple[int, str, str], ...] = ()
    """(fila, columna, regla) of every reject."""
    values: dict[str, list[Any]] = field(default_factory=dict)
    """Columns of the rows that landed."""
    said: tuple[str, ...] = ()
    """Words that the receipt must say."""


LEON = ["León I"] * 6
EXPECTED = {
    "01_fechas_mes_primero__talleres.csv": Expected(
        "accepted",
        6,
        values={"fecha_programada": [date(2026, *day) for day in ((7, 15), (7, 4), (8, 22), (9, 1), (9, 28), (8, 3))]},
        said=("fecha_programada", "con el mes primero", "«07/04/2026» se leyó como «04/07/2026»"),
    ),
    "02_hojas_por_mes_una_leida__talleres.xlsx": Expected(
        "rejected",
        said=("«Agosto» no se leyó", "«Septiembre» no se leyó", "«tipo de la sede» donde se espera «tipo_sede»"),
    ),
    **dict.fromkeys(
        ("03_comillas_sin_escapar_columnas_corridas__talleres.csv", "03b_la_misma_fila_con_otra_vecina__talleres.csv"),
        Expected(
            "accepted_with_rejects",
            2,
            ((3, "taller_id", "no_legible"),),
            {"taller_id": ["T1", "T3"], "sede": ["Salon Verde", "Escuela 3"]},
        ),
    ),
    "03c_comillas_con_diagonal__talleres.csv": Expected(
        "accepted_with_rejects", 0, ((2, "taller_id", "no_legible"),), said=("comillas que no cierran",)
    ),
    "04_xls_de_10_filas_LibreOffice__proyectos_pp.xls": Expected(
        "accepted_with_rejects",
        9,
        ((3, "votos", "no_legible"),),
        {"avance_fisico_pct": [Decimal(85)] * 9},
        ("#DIV/0!",),
    ),
    **dict.fromkeys(
        ("05_xlsx_sin_atributo_r_PowerBI__proyectos_pp.xlsx", "05c_formula_con_v_vacio__proyectos_pp.xlsx"),
        Expected(
            "accepted_with_rejects",
            1,
            ((2, "votos", "no_legible"), (3, "votos", "no_legible")),
            {"avance_fisico_pct": [Decimal(100)]},
            ("#DIV/0!", "fórmula sin resultado guardado"),
        ),
    ),
    "06_clave_vuelta_fecha_por_Excel__talleres.xlsx": Expected(
        "accepted_with_rejects",
        1,
        ((2, "taller_id", "tipo"), (3, "taller_id", "tipo")),
        {"taller_id": ["T1"]},
        ("Dé a la columna formato de Texto",),
    ),
    "07_clave_con_formato_de_numero__talleres.xlsx": Expected(
        "accepted", 3, values={"taller_id": ["T-001", "002", "12/2026"]}
    ),
    "08_mitad_utf8_mitad_cp1252__talleres.csv": Expected(
        "accepted",
        6,
        values={"sede": ["Escuela José María"] * 6, "colonia": LEON},
        said=("mezcla",),
    ),
    "08c_mojibake__talleres.csv": Expected(
        "accepted",
        1,
        values={"sede": ["Escuela José María Morelos"], "colonia": ["León I"]},
        said=("se leyó como «Escuela José María Morelos»", "codificación"),
    ),
    "08d_caracter_de_reemplazo__talleres.csv": Expected(
        "accepted_with_rejects", 0, ((2, "sede", "no_legible"), (2, "colonia", "no_legible")), said=("letras perdidas",)
    ),
    "09_igual_comillas__talleres.csv": Expected(
        "accepted", 1, values={"taller_id": ["T-001"], "sede": ["Escuela 1"]}, said=("se leyó como «T-001»",)
    ),
    "09b_errores_de_hoja_y_notacion_cientifica_en_csv__talleres.csv": Expected(
        "accepted_with_rejects",
        0,
        (
            (2, "sede", "no_legible"),
            (2, "colonia", "no_legible"),
            (3, "taller_id", "no_legible"),
            (3, "colonia", "no_legible"),
            (4, "fecha_realizada", "no_legible"),
            (4, "colonia", "no_legible"),
            (5, "taller_id", "no_legible"),
            (5, "sede", "no_legible"),
        ),
        said=("#¡REF!", "recortado"),
    ),
    "10_encabezado_combinado_dos_filas__talleres.ods": Expected(
        "accepted", 2, values={"latitud": [21.12] * 2, "longitud": [-101.68] * 2}
    ),
    "11_colonias_como_punto_y_linea__colonias.geojson": Expected(
        "accepted_with_rejects",
        0,
        tuple((row, "geometria", "geometria") for row in (1, 2, 3)),
        said=("es un punto y se espera un polígono", "una mezcla de formas"),
    ),
    "12_lat_lon_cambiadas__colonias.geojson": Expected(
        "accepted_with_rejects", 0, ((1, "geometria", "geometria"),), said=("La latitud y la longitud están cambiadas",)
    ),
    "13_sep__talleres.csv": Expected(
        "accepted_with_rejects", 1, ((3, "fecha_programada", "tipo"),), {"latitud": [21.12], "longitud": [-101.68]}
    ),
    "14_control_z__talleres.csv": Expected("accepted", 1, values={"taller_id": ["T1"]}),
    "15_fila_entera_entre_comillas__talleres.csv": Expected(
        "accepted", 2, values={"sede": ["Esc", "Esc, sur"]}, said=("como si fuera una sola celda",)
    ),
    **dict.fromkeys(
        (f"16_html_{kind}__talleres.xls" for kind in ("comment", "meta", "mhtml")),
        Expected("rejected", said=("página web", "Libro de Excel (.xlsx)")),
    ),
    "17_xlsx_con_contrasena_llamado_xls__talleres.xls": Expected("rejected", said=("contraseña", "quítesela")),
    "19_clave_de_10_cifras_repetida__eventos_mbh.xlsx": Expected(
        "accepted_with_rejects",
        1,
        ((2, "evento_id", "clave_repetida"), (3, "evento_id", "clave_repetida")),
        {"evento_id": ["2026000124"]},
        ("La clave «2026000123» está repetida",),
    ),
}


def received(office: Office, name: str) -> Receipt:
    """A case dropped by the office that owes it, and received on 2026-10-10."""
    export = name.rpartition(".")[0].partition("__")[2]
    path = f"{OFFICES.get(export, 'presupuesto_participativo')}/{export}_2026T3.{name.rpartition('.')[2]}"
    return office.deliver(path, (CASES / "ingest" / name).read_bytes())


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_case(october: Office, name: str) -> None:
    expected, receipt = EXPECTED[name], received(october, name)
    assert (receipt.state, receipt.accepted) == (expected.state, expected.accepted), receipt.reasons
    if receipt.version is not None:
        assert tuple(october.rules(receipt)) == expected.bad
        rows = october.table(receipt)
        assert {column: rows[column].to_list() for column in expected.values} == expected.values
    words = (summary(receipt) + page(receipt)).replace("&#34;", '"').replace("&amp;", "&")
    assert [said for said in expected.said if said not in words] == []
    assert "oculto]" not in words


def test_poisoned_regexes(october: Office) -> None:
    """A line of 60 KB costs no more than its length."""
    content = case("3_redos").read_bytes()
    began = sum(os.times()[:4])  # ours and that of the child that reads it
    receipt = october.deliver("imju/mesas_trabajo_2026T1.csv", content)
    assert sum(os.times()[:4]) - began < 6
    assert receipt.rows_read == receipt.accepted + receipt.quarantined + receipt.out_of_scope
    rejects: pl.DataFrame = october.table(receipt, "rejects")
    assert "no_legible" in rejects["regla"].to_list()
    assert json.loads(json.dumps(october.manifests()[0]["interpreted"])) is not None
